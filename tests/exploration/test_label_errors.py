"""Confident learning gives cleanlab's answers; classifiers never see what they judge."""

import json
from pathlib import Path

import numpy as np
import pytest

from pixelmill.exploration.label_errors import (
    class_cosines,
    confident_classes,
    find_among_few,
    find_label_errors,
    out_of_fold,
)
from pixelmill.parameters import LabelErrorParameters

# What cleanlab 2.9.0 answers: find_label_issues(…, filter_by="confident_learning").
CASES = json.loads(Path(__file__).with_name("confident_learning.json").read_text())


@pytest.mark.parametrize("case", CASES)
def test_confident_learning_finds_what_cleanlab_finds(case):
    labels = np.array(case["labels"])
    confident = confident_classes(labels, np.array(case["probabilities"]))
    assert np.flatnonzero(confident != labels).tolist() == case["issues"]


def clusters(images, seed=0):
    labels = np.arange(images) % 3
    noise = np.random.default_rng(seed).normal(size=(images, 8))
    return (noise + 4 * np.eye(3, 8)[labels]).astype(np.float32), labels


def test_swapped_labels_are_found_with_their_evidence():
    rows, truth = clusters(150)
    labels = truth.copy()
    labels[:6] = (labels[:6] + 1) % 3
    probabilities = out_of_fold(rows, labels, np.arange(150), 5)
    paths, names = [str(number) for number in range(150)], ["cat", "dog", "eel"]
    findings = list(find_label_errors(paths, labels, names, probabilities, LabelErrorParameters()))
    assert {int(one.path) for one in findings} == set(range(6))
    assert findings[0].evidence.startswith("The label is dog with a probability of 0.")
    assert "but cat has 0." in findings[0].evidence


def test_probabilities_of_an_image_do_not_depend_on_its_own_label():
    rows, labels = clusters(60)
    before = out_of_fold(rows, labels, np.arange(60), 5)
    assert np.allclose(before.sum(axis=1), 1)
    assert (before.argmax(axis=1) == labels).mean() > 0.9


def test_copies_stay_in_one_fold():
    """Two far images with a wrong label each: were one in training, it would confirm the other."""
    rows, labels = clusters(90)
    rows[:2], labels[:2] = 9 * np.eye(3, 8)[2], [0, 0]
    pictures = np.arange(90)
    pictures[1] = 0
    probabilities = out_of_fold(rows, labels, pictures, 5)
    assert (probabilities[:2].argmax(axis=1) == 2).all()
    assert probabilities[0] == pytest.approx(probabilities[1])


def test_cosines_leave_the_image_and_its_copies_out():
    draw = np.random.default_rng(0)
    rows = draw.normal(size=(12, 5)).astype(np.float32)
    rows[3] = rows[0]  # a copy of another label, and one of the same label
    rows[6] = rows[0]
    labels = np.array([0, 0, 0, 1, 1, 1, 0, 1, 2, 2, 2, 3])
    pictures = np.array([0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 10, 11])
    found = class_cosines(rows, labels, pictures, np.arange(12) != 2)
    units = rows - rows.mean(axis=0)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    mean = units[[1, 2]].sum(axis=0)
    assert found[0, 0] == pytest.approx(units[0] @ mean / np.linalg.norm(mean), abs=1e-5)
    other = units[[3, 4, 5, 7]].sum(axis=0)
    assert found[1, 1] == pytest.approx(units[1] @ other / np.linalg.norm(other), abs=1e-5)
    assert found[10, 3] == 0, "the only picture of its class"
    assert len(found) == 11


def test_features_that_tell_no_classes_apart_make_no_flood_of_label_errors():
    """Of noise, a fifth of the images is nearer to another class by the margin alone."""
    draw = np.random.default_rng(2)
    labels = np.repeat(np.arange(10), 7)
    rows = draw.normal(size=(70, 12)).astype(np.float32)
    cosines = class_cosines(rows, labels, np.arange(70), np.ones(70, np.bool_))
    paths, names = [str(n) for n in range(70)], [str(n) for n in range(10)]
    by_margin = LabelErrorParameters(few_fence=0)
    found = [
        len(list(find_among_few(paths, labels, names, cosines, wanted)))
        for wanted in (by_margin, LabelErrorParameters())
    ]
    assert found[0] >= 14
    assert found[1] <= 2


def test_the_limit_is_the_stricter_of_margin_and_fence():
    labels = np.zeros(8, np.intp)
    differences = np.array([-0.4, -0.4, -0.2, -0.2, 0.0, 0.0, 0.3, 0.5])
    cosines = np.stack([np.zeros(8), differences], axis=1)
    paths, names = list("abcdefgh"), ["own", "other"]

    def found(fence):
        wanted = LabelErrorParameters(few_margin=0.25, few_fence=fence)
        return {one.path for one in find_among_few(paths, labels, names, cosines, wanted)}

    assert found(0.5) == {"g", "h"}
    assert found(1) == {"h"}
    assert list(find_among_few([], labels[:0], names, cosines[:0], LabelErrorParameters())) == []


def test_swapped_labels_among_few_images_of_a_class_are_found():
    draw = np.random.default_rng(1)
    classes, each = 30, 7
    means = draw.normal(size=(classes, 64))
    right = np.repeat(np.arange(classes), each)
    rows = (means[right] + 0.8 * draw.normal(size=(len(right), 64)) + 3).astype(np.float32)
    labels, wrong = right.copy(), draw.permutation(len(right))[:15]
    labels[wrong] = (right[wrong] + draw.integers(1, classes, 15)) % classes
    every = np.ones(len(right), np.bool_)
    cosines = class_cosines(rows, labels, np.arange(len(right)), every)
    paths, names = [str(n) for n in range(len(right))], [str(n) for n in range(classes)]
    found = list(find_among_few(paths, labels, names, cosines, LabelErrorParameters()))
    assert {one.path for one in found} == set(map(str, wrong))
    assert all(0 < one.score <= 1 for one in found)
    assert f"of {right[int(found[0].path)]} " in found[0].evidence
