"""Confident learning gives cleanlab's answers; classifiers never see what they judge."""

import json
from pathlib import Path

import numpy as np
import pytest

from pixelmill.exploration import label_errors
from pixelmill.exploration.label_errors import (
    ask_witnesses,
    confident_classes,
    find_label_errors,
    out_of_fold,
)
from pixelmill.exploration.label_noise import fit_label_noise
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


def found(rows, labels, names=None, **parameters):
    names = names or [str(number) for number in range(labels.max() + 1)]
    scores = ask_witnesses(rows, rows, labels, np.arange(len(rows)), 5)
    paths, wanted = [str(number) for number in range(len(rows))], LabelErrorParameters(**parameters)
    return list(find_label_errors(paths, labels, names, fit_label_noise(labels, scores), wanted))


def test_swapped_labels_are_found_with_their_evidence():
    rows, truth = clusters(150)
    labels = truth.copy()
    labels[:6] = (labels[:6] + 1) % 3
    findings = found(rows, labels, ["cat", "dog", "eel"])
    assert {int(one.path) for one in findings} == set(range(6))
    assert findings[0].evidence.startswith("The label is dog with a probability of 0.")
    assert "but cat has 1.00: it is wrong with a probability of 1.00" in findings[0].evidence


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


def test_an_image_whose_class_is_in_no_other_fold_has_no_probabilities():
    rows, labels = clusters(30)
    labels[4] = 3
    assert not out_of_fold(rows, labels, np.arange(30), 5)[4].any()


def test_features_that_separate_no_classes_make_no_flood_of_label_errors():
    draw = np.random.default_rng(2)
    for classes, each in ((10, 7), (10, 40), (2, 50)):
        labels = np.repeat(np.arange(classes), each)
        rows = draw.normal(size=(len(labels), 12)).astype(np.float32)
        assert len(found(rows, labels)) <= 1


def test_a_rare_class_that_looks_like_a_common_one_is_not_doubted():
    rows = np.random.default_rng(0).normal(size=(203, 4)).astype(np.float32)
    assert found(rows, np.repeat([0, 1], [200, 3])) == []


def test_right_labels_are_not_doubted():
    for images in (30, 150):
        assert found(*clusters(images)) == []


def test_swapped_labels_among_few_images_of_a_class_are_found():
    draw = np.random.default_rng(1)
    classes, each = 30, 7
    means = draw.normal(size=(classes, 64))
    right = np.repeat(np.arange(classes), each)
    rows = (means[right] + 0.8 * draw.normal(size=(len(right), 64)) + 3).astype(np.float32)
    labels, wrong = right.copy(), draw.permutation(len(right))[:15]
    labels[wrong] = (right[wrong] + draw.integers(1, classes, 15)) % classes
    findings = found(rows, labels)
    assert {one.path for one in findings} == set(map(str, wrong))
    assert all(0 < one.score <= 1 for one in findings)
    assert f"but {right[int(findings[0].path)]} has " in findings[0].evidence


def test_of_many_classes_similarities_alone_are_asked(monkeypatch):
    monkeypatch.setattr(label_errors, "MOST_CLASSES", 3)
    rows, labels = clusters(30)
    assert len(ask_witnesses(rows, rows, labels, np.arange(30), 5)) == 2
    labels[:3] = 3
    assert len(ask_witnesses(rows, rows, labels, np.arange(30), 5)) == 1
