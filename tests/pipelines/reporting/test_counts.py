"""What Spark counts."""

import pytest

from pixelmill.pipelines.reporting.counts import (
    NO_ROW,
    confusion_counts,
    count_images,
    failure_examples,
    tally_reasons,
)

FAILED = "truncated"


@pytest.fixture(scope="module")
def features(spark):
    rows = [
        *((f"good {n}", None) for n in range(6)),
        *((f"cut {n}", f"{FAILED}: at byte {n}") for n in range(4)),
        ("text", "not an image"),
    ]
    return spark.createDataFrame(rows, "path string, error string")


def test_every_image_of_the_split_is_counted_once(spark, features):
    rows = [
        *((f"good {n}", "a" if n < 4 else None, "train" if n < 2 else "test") for n in range(6)),
        *((f"cut {n}", "a", "train") for n in range(4)),
        ("not there", "b", "test"),
    ]
    splits = spark.createDataFrame(rows, "path string, label string, split string")
    counted = count_images(splits, features)
    assert set(counted) == set(count_images(splits.toArrow(), features.toArrow()))
    assert set(counted) == {
        ("train", "a", None, 2),
        ("test", "a", None, 2),
        ("test", None, None, 2),
        ("train", "a", FAILED, 4),
        ("test", "b", NO_ROW, 1),
    }
    assert tally_reasons(counted) == {FAILED: 4, NO_ROW: 1}


def test_examples_are_the_first_of_each_reason(features):
    found = failure_examples(features, [FAILED, "not an image"], each=2)
    assert found == failure_examples(features.toArrow(), [FAILED, "not an image"], each=2)
    assert [(row["reason"], row["path"]) for row in found] == [
        ("not an image", "text"),
        (FAILED, "cut 0"),
        (FAILED, "cut 1"),
    ]
    assert found[1]["error"] == "truncated: at byte 0"
    assert {row["reason"] for row in failure_examples(features, [FAILED], 9)} == {FAILED}


def test_predictions_without_a_label_are_no_confusion(spark):
    rows = [("a", "b"), ("a", "b"), ("a", "a"), (None, "a")]
    predictions = spark.createDataFrame(rows, "label string, prediction string")
    for table in (predictions, predictions.toArrow()):
        assert set(confusion_counts(table)) == {("a", "b", 2), ("a", "a", 1)}
