"""Which pairs of one-vs-one the report shows, and how."""

import itertools
import time

import numpy as np
import pandas as pd
import pytest

from pixelmill.pipelines.reporting.pair_map import pair_map
from pixelmill.pipelines.reporting.pairs import hardest_pairs, pair_images, pair_matrix
from pixelmill.pipelines.reporting.tables import no_rows

COLUMNS = ["class_a", "class_b", "train", "test", "success_rate"]
PAIRS = pd.DataFrame(
    [
        ("10", "2", 20, 10, 0.9),
        ("10", "cat", 20, 10, 0.6),
        ("2", "cat", 20, 10, 1.0),
        ("2", "owl", 20, 0, float("nan")),
    ],
    columns=COLUMNS,
)


def every_pair(classes, hard):
    """All pairs are separated, but for one of each ten of the hard classes."""
    labels = np.array([f"class {n}" for n in range(classes)], dtype=object)
    a, b = np.triu_indices(classes, 1)
    table = pd.DataFrame({"class_a": labels[a], "class_b": labels[b], "train": 40, "test": 20})
    return table.assign(success_rate=np.where((a < hard) & (b < hard) & (a + 1 == b), 0.75, 1.0))


def test_the_hardest_pairs_come_first():
    first, second = hardest_pairs(PAIRS, limit=2)
    assert first == ("10", "cat", 20, 10, 0.6)
    assert second.class_b == "2"
    assert len(hardest_pairs(PAIRS)) == 3  # without test images nobody knows


def test_the_matrix_is_the_same_above_and_below():
    matrix = pair_matrix(PAIRS)
    assert matrix.labels == ["2", "10", "cat"]
    rates = [[pair and pair.success_rate for pair in row] for row in matrix.pairs]
    assert rates == [[None, 0.9, 1.0], [0.9, None, 0.6], [1.0, 0.6, None]]


def test_too_many_classes_leave_the_hardest():
    matrix = pair_matrix(every_pair(100, hard=30), limit=30)
    assert matrix.classes == 100
    assert matrix.labels == [f"class {n}" for n in range(30)]


def test_a_single_pair_is_no_matrix():
    laid = pair_map(PAIRS.head(1))
    assert laid.matrix is None
    assert [pair.class_b for pair in laid.hardest] == ["2"]


@pytest.mark.parametrize("nothing", [PAIRS.head(0), no_rows(), PAIRS.tail(1)])
def test_nothing_tested_is_no_map(nothing):
    assert pair_map(nothing) is None


def test_guessing_has_the_full_colour_and_a_single_mistake_a_faint_one():
    (_, first, third), *_ = pair_map(PAIRS).rows
    assert (first.opacity, third.opacity) == (0.28, 0.0)
    guessed = pair_map(PAIRS.assign(success_rate=0.5)).rows[0][1]
    assert guessed.opacity == 1.0


def test_images_of_a_pair_are_named_after_what_they_were_taken_for():
    known = {"class_a": "10", "class_b": "cat"}
    mistakes = [known | {"path": f"{n}", "label": "cat", "margin": -n} for n in range(9)]
    mistakes.append(known | {"path": "other way", "label": "10", "margin": 1.5})
    images, none = pair_images(hardest_pairs(PAIRS, 2), mistakes[::-1])
    assert none == []
    assert len(images) == 6
    assert (images[0].label, images[0].prediction, images[0].score) == ("10", "cat", 1.5)
    assert (images[1].label, images[1].prediction) == ("cat", "10")


def test_half_a_million_pairs_take_a_moment():
    pairs = every_pair(1000, hard=80)
    begun = time.process_time()
    laid = pair_map(pairs)
    assert time.process_time() - begun < 5
    assert laid.trained == 499_500
    assert len(laid.rows) == 60


def test_numbers_of_numpy_become_plain():
    pair = hardest_pairs(every_pair(4, 4))[0]
    assert [type(value) for value in pair] == [str, str, int, int, float]
    assert len(list(itertools.chain(*pair_matrix(every_pair(4, 4)).pairs))) == 16
