"""What the reader is warned of."""

import pytest

from pixelmill.pipelines.reporting.findings import about_images, findings, why_no_classifier
from pixelmill.pipelines.reporting.scores import ClassScores

METRICS = {"images": 100, "failed": 0, "accuracy": 0.9, "classes": 3}


def test_all_is_well():
    scores = [ClassScores("a", 5, 4, 1.0, 1.0, 1.0)]
    assert list(findings(METRICS, scores, {"warnings": []})) == []


def test_what_is_thin_is_said():
    scores = [ClassScores(f"c{n}", 1, 4, 1.0, 1.0, 1.0) for n in range(7)]
    scores.append(ClassScores("alone", 9, 0, None, None, None))
    scores.append(ClassScores("broken", 0, 0, None, None, None))
    failed, unseen, single, untested, absent = findings(
        METRICS | {"failed": 12}, scores, {"warnings": ["Classes without a training image: owl."]}
    )
    assert failed.startswith("12 of 100 images have no features")
    assert unseen == "Classes without a training image: owl."
    assert single.startswith("7 classes have a single training image (c0, c1, c2, c3, c4 and 2 mo")
    assert untested.startswith("1 class has no test image with features (alone)")
    assert absent.startswith("1 class has no image with features in the splits (broken)")


def test_what_is_left_out_and_what_was_found_is_said():
    (message,) = findings(METRICS | {"left_out": {"duplicates": 1200, "odd_aspect": 3}}, [], {})
    assert message == "Left out of training and test: 1,200 duplicates, 3 odd aspect."
    assert about_images({}) == []
    assert about_images({"most_important": ["4 images are blurred."]}) == ["4 images are blurred."]


def test_without_a_classifier_nothing_is_said_of_classes():
    scores = [ClassScores("a", 1, 0, None, None, None)]
    assert list(findings(METRICS | {"accuracy": None}, scores, {})) == []


@pytest.mark.parametrize(
    ("metrics", "classifier", "sentence"),
    [
        ({}, {"reason": "All training images are of one class."}, "All training images"),
        ({"images": 0}, {}, "There are no images"),
        ({"failed": 100}, {}, "No image has features"),
        ({}, {"trained": True}, "no labelled test image"),
        ({"classes": 0}, {}, "The images have no labels"),
        ({}, {}, "No classifier was trained"),
    ],
)
def test_why_there_is_no_classifier(metrics, classifier, sentence):
    assert sentence in why_no_classifier(METRICS | metrics, classifier)
