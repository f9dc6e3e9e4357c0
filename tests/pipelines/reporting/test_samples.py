"""Which images the report shows, and in which order."""

import pyarrow as pa
import pytest

from pixelmill.pipelines.reporting.samples import (
    Chosen,
    any_predictions,
    some_images,
    with_pictures,
    worst_predictions,
)

SCHEMA = pa.schema(
    {
        "path": pa.string(),
        "label": pa.string(),
        "prediction": pa.string(),
        "scores": pa.list_(pa.float64()),
    }
)
LABELS = ["a", "b"]


@pytest.fixture(scope="module")
def predictions():
    rows = [
        ("sure and right", "a", "a", [0.9, 0.1]),
        ("sure and wrong", "a", "b", [0.05, 0.95]),
        ("unlabelled", None, "b", [0.4, 0.6]),
        ("barely right", "b", "b", [0.49, 0.51]),
        ("barely wrong", "b", "a", [0.55, 0.45]),
        ("no number", "b", "b", [float("nan"), float("nan")]),
        ("voted for the lower score", "a", "b", [0.7, 0.3]),
    ]
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in rows], SCHEMA)


def test_worst_mistakes_come_first(predictions):
    chosen = worst_predictions(predictions, LABELS, limit=10)
    assert [image.path for image in chosen] == [
        "sure and wrong",
        "barely wrong",
        "voted for the lower score",
        "barely right",
        "sure and right",
        "no number",
        "unlabelled",
    ]
    assert [image.score for image in chosen] == [0.95, 0.55, 0.3, 0.51, 0.9, None, 0.6]
    assert worst_predictions(predictions, LABELS, limit=2) == chosen[:2]


def test_spark_chooses_what_the_driver_does(spark, predictions):
    """Of many partitions, some of which have no row."""
    many = spark.createDataFrame(predictions.slice(1)).repartition(9)
    few = predictions.slice(1)
    for choose in (worst_predictions, any_predictions):
        assert choose(many, LABELS, 4) == choose(few, LABELS, 4)


def test_unknown_labels_leave_no_score(predictions):
    assert {image.score for image in worst_predictions(predictions, [], 10)} == {None}
    assert {image.score for image in worst_predictions(predictions, ["z"], 10)} == {None}


def test_of_no_predictions_none_is_chosen(predictions):
    assert worst_predictions(predictions.slice(0, 0), [], 10) == []
    assert any_predictions(predictions.slice(0, 0), [], 10) == []


def test_some_images_are_always_the_same_and_have_features(spark):
    rows = [{"path": f"{n}.png", "error": "truncated" if n % 2 else None} for n in range(40)]
    first = some_images(pa.Table.from_pylist(rows), 8)
    again = some_images(spark.createDataFrame(pa.Table.from_pylist(rows[::-1])), 8)
    assert first == again
    assert len(first) == 8
    assert all(int(image.path[:-4]) % 2 == 0 for image in first)


def test_what_cannot_be_shown_keeps_its_place(assets, tmp_path):
    digit = next((assets / "bengali_digits" / "3").iterdir())
    (tmp_path / "good.png").write_bytes(digit.read_bytes())
    (tmp_path / "text.jpg").write_text("no picture")
    chosen = [Chosen("gone.png", "3"), Chosen("good.png", "3", "3", 0.5), Chosen("text.jpg")]
    gone, good, text = with_pictures(chosen, str(tmp_path), 16)
    assert (gone.label, gone.picture) == ("3", None)
    assert "vanished" in gone.problem
    assert good.picture.startswith(b"RIFF")
    assert good.problem is None
    assert text.problem.startswith("no thumbnail")
    assert [image.outcome for image in (gone, good, text)] == ["unlabelled", "right", "unlabelled"]
