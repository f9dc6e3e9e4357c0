"""Confident learning gives cleanlab's answers; classifiers never see what they judge."""

import json
from pathlib import Path

import numpy as np
import pytest

from pixelmill.exploration.label_errors import (
    confident_classes,
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
