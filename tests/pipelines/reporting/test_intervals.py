"""Intervals from counts must be those that drawing single predictions again and again gives."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.pipelines.reporting.counts import ConfusionCount
from pixelmill.pipelines.reporting.intervals import NAMES, bootstrap_intervals
from pixelmill.pipelines.reporting.scores import overall_scores

COUNTS = [
    *(ConfusionCount(label, label, n) for label, n in zip("abcd", (30, 22, 9, 14), strict=True)),
    ConfusionCount("a", "b", 6),
    ConfusionCount("b", "a", 3),
    ConfusionCount("c", "d", 5),
    ConfusionCount("d", "a", 1),
]
LABELS = st.sampled_from(["cat", "dog", "10", "2", "<b>"])
ANY_COUNTS = st.dictionaries(st.tuples(LABELS, LABELS), st.integers(1, 40), min_size=1).map(
    lambda cells: [ConfusionCount(*pair, images) for pair, images in cells.items()]
)


def by_drawing_images(counts, resamples):
    """The figures of confusion matrices of single images; percentiles moved by the median."""
    cells = np.repeat(
        [4 * "abcd".index(one.label) + "abcd".index(one.prediction) for one in counts],
        [one.images for one in counts],
    )
    random = np.random.default_rng(1)

    def figures(drawn):
        matrix = np.bincount(drawn, minlength=16).reshape(4, 4)
        right, support, guessed = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
        f1 = 2 * right / (support + guessed)
        return right.sum() / len(drawn), f1.mean(), (right / support).mean()

    found = np.array([figures(random.choice(cells, len(cells))) for _ in range(resamples)])
    moved = np.median(found, axis=0) - figures(cells)
    return (np.quantile(found, (0.025, 0.975), axis=0) - moved).T


def thousand_classes():
    """Of each class eight images right and two taken for one of three others."""
    random = np.random.default_rng(0)
    right = [ConfusionCount(f"{n}", f"{n}", 8) for n in range(1000)]
    wrong = {(n, (n + random.integers(1, 4)) % 1000) for n in range(1000)}
    return right + [ConfusionCount(f"{n}", f"{other}", 2) for n, other in wrong]


def test_drawing_counts_is_drawing_images():
    counts = [one._replace(images=10 * one.images) for one in COUNTS]
    found = bootstrap_intervals(counts, resamples=8000)
    expected = by_drawing_images(counts, resamples=8000)
    # The intervals are 0.05 wide; an image is 0.001, and so many draws wander by as much.
    assert np.array([found[name] for name in NAMES]) == pytest.approx(expected, abs=0.0025)


@settings(deadline=None, max_examples=40)
@given(ANY_COUNTS)
def test_the_interval_holds_the_figure(counts):
    figures = overall_scores(counts)
    figures["f1_macro"] = figures["f1"]["macro"]
    for name, (low, high) in bootstrap_intervals(counts, resamples=50).items():
        assert 0 <= low <= figures[name] + 1e-9
        assert figures[name] - 1e-9 <= high <= 1


def test_the_seed_decides():
    assert bootstrap_intervals(COUNTS, 100) == bootstrap_intervals(COUNTS, 100)
    assert bootstrap_intervals(COUNTS, 100) != bootstrap_intervals(COUNTS, 100, seed=1)


def test_no_mistake_has_no_width():
    right = [ConfusionCount("a", "a", 7), ConfusionCount("b", "b", 3)]
    assert bootstrap_intervals(right) == {name: [1.0, 1.0] for name in NAMES}
    wrong = [ConfusionCount("a", "b", 7)]
    assert bootstrap_intervals(wrong) == {name: [0.0, 0.0] for name in NAMES}


def test_nothing_predicted_has_none():
    assert bootstrap_intervals([]) is None


def test_a_thousand_classes_take_a_moment():
    counts = thousand_classes()
    begun = time.process_time()
    intervals = bootstrap_intervals(counts)
    assert time.process_time() - begun < 3
    low, high = intervals["accuracy"]
    assert (high - low) / 2 == pytest.approx(1.96 * (0.8 * 0.2 / 10_000) ** 0.5, rel=0.15)


@settings(max_examples=20)
@given(ANY_COUNTS, st.randoms(use_true_random=False))
def test_the_order_in_which_spark_counts_changes_nothing(counts, random):
    shuffled = random.sample(counts, len(counts))
    assert bootstrap_intervals(shuffled, 50) == bootstrap_intervals(counts, 50)
