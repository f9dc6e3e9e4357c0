"""The pipeline on real predictions, and on the runs that leave nothing to measure."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sklearn_metrics
from sklearn.calibration import calibration_curve

from pixelmill.classifier.manifest import cpu_model
from pixelmill.errors import InputError
from pixelmill.parameters import ReportingParameters
from pixelmill.pipelines.reporting.counts import ConfusionCount, ImageCount
from pixelmill.pipelines.reporting.nodes import count_predictions, score_classifier
from pixelmill.pipelines.reporting.score_counts import ScoreCount
from tests.pipelines.reporting.described import FEATURIZER
from tests.pipelines.reporting.results import FIGURES

FILES = ("metrics", "failures")


def strict_json(path):
    """JSON as the standard has it: without NaN and Infinity."""

    def refuse(constant):
        raise AssertionError(f"{constant} in {path}")

    return json.loads(path.read_text(), parse_constant=refuse)


def written(outputs):
    return {name: strict_json(outputs.folder / f"{name}.json") for name in FILES}


def test_metrics_are_scikit_learns(digits, digits_report):
    truth = [label for _, label, _, _ in digits.predictions]
    predicted = [guess for _, _, guess, _ in digits.predictions]
    metrics = written(digits_report)["metrics"]
    assert 0.3 < metrics["accuracy"] < 1  # a real classifier, with real mistakes
    assert metrics["accuracy"] == pytest.approx(sklearn_metrics.accuracy_score(truth, predicted))
    for average in ("macro", "weighted"):
        expected = sklearn_metrics.precision_recall_fscore_support(
            truth, predicted, average=average, zero_division=0
        )
        found = [metrics[name][average] for name in ("precision", "recall", "f1")]
        assert found == pytest.approx(expected[:3])
    counted = {name: metrics[name] for name in ("classes", "images", "train", "test", "failed")}
    assert counted == {"classes": 10, "images": 123, "train": 60, "test": 60, "failed": 3}
    assert metrics["dataset"] == "digits & more"
    assert metrics["featurizer"] == "0123456789abcdef"
    assert metrics["images_per_second"] == 30.0
    assert metrics["cpu"] == cpu_model()


def test_three_highest_scores_and_calibration_are_scikit_learns(digits, digits_report):
    truth = [label for _, label, _, _ in digits.predictions]
    scores = np.array([row for _, _, _, row in digits.predictions])
    right = np.array([label == guess for _, label, guess, _ in digits.predictions])
    metrics = written(digits_report)["metrics"]
    assert metrics["balanced_accuracy"] == pytest.approx(
        sklearn_metrics.balanced_accuracy_score(truth, [row[2] for row in digits.predictions])
    )
    assert metrics["top_3"] == pytest.approx(
        sklearn_metrics.top_k_accuracy_score(truth, scores, k=3, labels=digits.labels)
    )
    shares, means = calibration_curve(right, scores.max(axis=1), n_bins=10)
    bins = [one for one in metrics["calibration"]["bins"] if one["images"]]
    assert [one["accuracy"] for one in bins] == pytest.approx(shares)
    assert [one["confidence"] for one in bins] == pytest.approx(means)
    assert set(metrics["intervals"]) == {"accuracy", "f1_macro", "balanced_accuracy"}
    low, high = metrics["intervals"]["accuracy"]
    assert low < metrics["accuracy"] < high


def test_scores_that_are_no_probabilities_are_not_calibrated():
    counts = [ScoreCount(4, 20, 9, 15, 9.1)]
    summary = {"labels": ["a", "b", "c", "d"], "probabilities": False}
    metrics, _ = score_classifier([], counts, [], summary, {}, {}, "digits")
    assert metrics["calibration"] is None
    assert metrics["top_3"] == 0.75


def test_figures_count_the_images_that_the_classifier_saw():
    """One pair of four classes, by features that one of 18 training images lacks."""
    images = [
        ImageCount(split, label, None, count)
        for label in "abcd"
        for split, count in (("train", 9), ("test", 5))
    ]
    images += [ImageCount("test", None, None, 3), ImageCount("train", "a", "truncated", 2)]
    summary = {
        "trained": True,
        "labels": ["a", "c"],
        "pairs": [["a", "c"]],
        "train_by_class": {"a": 8, "c": 9},
        "components": 7,
        "identity": "0123",
    }
    cells = [ConfusionCount("a", "a", 5), ConfusionCount("c", "c", 4)]
    metrics, classes = score_classifier(cells, [], images, summary, {}, {}, "pets")
    counted = {name: metrics[name] for name in ("classes", "train", "test", "images", "failed")}
    assert counted == {"classes": 2, "train": 17, "test": 9, "images": 61, "failed": 2}
    assert [(one.label, one.train, one.test) for one in classes] == [("a", 8, 5), ("c", 9, 4)]
    assert [metrics[name] for name in ("components", "trained", "classifier")] == [7, True, "0123"]


def test_classes_without_an_image_that_could_be_used_are_not_counted():
    images = [ImageCount(split, label, None, 5) for label in "ab" for split in ("train", "test")]
    images += [ImageCount("train", "broken", "truncated", 3)]
    images += [ImageCount("left_out: blank", "white", None, 2)]
    cells = [ConfusionCount("a", "a", 5), ConfusionCount("b", "b", 5)]
    summary = {"trained": True, "labels": ["a", "b"], "train_by_class": {"a": 5, "b": 5}}
    metrics, classes = score_classifier(cells, [], images, summary, {}, {}, "pets")
    assert (metrics["classes"], metrics["failed"]) == (2, 3)
    assert metrics["left_out"] == {"blank": 2}
    assert [one.label for one in classes] == ["a", "b", "broken", "white"]


def test_predictions_of_another_classifier_are_not_counted(spark):
    rows = spark.createDataFrame([("a", "b")], "label string, prediction string")
    trained, results = {"identity": "0123"}, (FEATURIZER, {}, pd.DataFrame())
    assert count_predictions(rows, trained, trained, *results) == [ConfusionCount("a", "b", 1)]
    with pytest.raises(InputError, match=r"not all of one classifier.*: run `kedro run"):
        count_predictions(rows, trained, {"identity": "4567"}, *results)


def test_classes_are_a_table(full_report):
    table = full_report["classes"]
    scores = full_report["metrics"]
    assert list(table["label"]) == [f"{digit}" for digit in range(10)]
    assert table["train"].sum() == scores["train"]
    assert table["test"].sum() == scores["test"]
    assert table["f1"].mean() == pytest.approx(scores["f1"]["macro"])
    assert set(table["success_rate"]) == {0.9}


def test_classes_have_no_success_rate_without_one_vs_rest(digits_report):
    assert digits_report["classes"]["success_rate"].isna().all()


def test_pairs_have_their_pictures(full_report):
    (gone,), images, *others = full_report["pair_samples"]
    assert (gone.label, gone.prediction, gone.picture) == ("0", "1", None)
    assert [image.label for image in images] == ["1"] * 6
    assert all(image.picture.startswith(b"RIFF") for image in images)
    assert [len(other) for other in others] == [0] * 8


def test_the_table_shows_right_and_wrong_as_they_come(digits, digits_report):
    images = digits_report["table_samples"]
    known = {path: (label, guess) for path, label, guess, _ in digits.predictions}
    assert len(images) == 60
    assert {image.path: (image.label, image.prediction) for image in images} == known
    assert [image.path for image in images] == sorted(known)


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_in_the_page_or_say_why_they_are_not(full_report, digits_report, name):
    html = full_report.report.read_text(encoding="utf-8")
    assert full_report[name] in html
    if name != "calibration_curve":
        assert "No " in digits_report[name]
        assert digits_report[name] not in digits_report.report.read_text(encoding="utf-8")


def test_confusion_matrix_is_scikit_learns(digits, digits_report):
    truth = [label for _, label, _, _ in digits.predictions]
    predicted = [guess for _, _, guess, _ in digits.predictions]
    found = digits_report["confusion_matrix"]
    matrix = found.pivot(index="label", columns="prediction", values="images").fillna(0)
    assert np.array_equal(matrix, sklearn_metrics.confusion_matrix(truth, predicted))
    wrong = found["label"] != found["prediction"]
    assert list(wrong) == sorted(wrong, reverse=True)  # mistakes first


def test_failures_are_listed_by_reason(digits_report):
    failures = written(digits_report)["failures"]
    assert (failures["images"], failures["failed"]) == (123, 3)
    assert failures["reasons"] == [
        {
            "reason": "truncated",
            "images": 2,
            "examples": [
                {"path": "0/cut.jpg", "error": "truncated: at byte 8192"},
                {"path": "1/cut.jpg", "error": "truncated: at byte 99"},
            ],
        },
        {
            "reason": "not an image",
            "images": 1,
            "examples": [{"path": "2/notes.jpg", "error": "not an image"}],
        },
    ]


def test_samples_are_the_worst_with_their_pictures(digits, digits_report):
    samples = digits_report["samples"]
    mistakes = [row for row in digits.predictions if row[1] != row[2]]
    assert len(samples) == 60
    assert [sample.outcome for sample in samples[: len(mistakes)]] == ["wrong"] * len(mistakes)
    assert samples[0].score == pytest.approx(max(max(row[3]) for row in mistakes))
    right = [sample.score for sample in samples[len(mistakes) :]]
    assert right == sorted(right)
    assert all(sample.picture.startswith(b"RIFF") for sample in samples)


def test_the_sheet_is_a_picture(digits_report):
    sheet = digits_report["prediction_sheet"]
    assert sheet.width > 900
    assert sheet.height > 1900


def test_unlabelled_images_get_a_report(run, digits):
    nothing = {"trained": False, "reason": "No image has a label: set ingestion.label."}
    outputs = run(
        replace(
            digits,
            splits=[(path, None, "test") for path, _, _ in digits.splits],
            predictions=[],
            labels=[],
            classifier=nothing,
            reporting=ReportingParameters(samples=5, thumbnail=32),
        )
    )
    metrics = written(outputs)["metrics"]
    assert metrics["accuracy"] is None
    assert metrics["f1"] == {"macro": None, "weighted": None}
    assert (metrics["classes"], metrics["train"], metrics["test"]) == (0, 0, 120)
    assert len(outputs["samples"]) == 5
    page = outputs.report.read_text(encoding="utf-8")
    assert "No image has a label: set ingestion.label." in page
    assert page.count("data:image/webp") == 5
    assert "<h2>Confusion matrix" not in page


def test_everything_failed(run, digits, tmp_path):
    rows = [(f"{n}.jpg", f"{n % 2}", "test") for n in range(8)]
    outputs = run(
        replace(
            digits,
            root=tmp_path,
            splits=rows,
            features=[(path, "not an image") for path, _, _ in rows],
            predictions=[],
            classifier={"trained": False},
        )
    )
    metrics = written(outputs)["metrics"]
    assert (metrics["images"], metrics["failed"], metrics["test"]) == (8, 8, 0)
    page = outputs.report.read_text(encoding="utf-8")
    assert "No image has features, so there is nothing to train a classifier on." in page
    assert "8 of 8 images (100.0%) have no features" in page


def test_no_images_and_nothing_new(run, digits, idle_profile):
    outputs = run(
        replace(
            digits,
            splits=[],
            features=[],
            predictions=[],
            classifier={"trained": False},
            profile=idle_profile,
            reporting=ReportingParameters(samples=0),
        )
    )
    assert written(outputs)["metrics"]["images_per_second"] is None
    page = outputs.report.read_text(encoding="utf-8")
    assert "There were no images." in page
    assert "Nothing to do. Every image of the index has its features." in page
