"""What Spark counts of scores must be scikit-learn's figures of single images."""

import math

import numpy as np
import pyarrow as pa
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import top_k_accuracy_score

from pixelmill.pipelines.reporting.calibration import calibration, top_3
from pixelmill.pipelines.reporting.score_counts import among_first, score_counts

TYPES = {
    "path": pa.string(),
    "label": pa.string(),
    "prediction": pa.string(),
    "scores": pa.list_(pa.float64()),
}
LABELS = ["owl", "10", "2", "<b>", ""]


@pytest.fixture(scope="module")
def scored():
    """True classes and probabilities of 400 images; some lie on the edges of the bins."""
    random = np.random.default_rng(0)
    truth = random.integers(0, 5, 400)
    raw = random.normal(size=(400, 5)) * 1.5
    raw[np.arange(400), truth] += 1.0
    scores = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    for row, edge in enumerate((0.3, 0.6, 0.7, 0.9, 1.0)):
        scores[row] = (1 - edge) * np.array([0.1, 0, 0.2, 0.3, 0.4])
        scores[row, 1] = edge
        truth[row] = 1
    return truth, scores


def table_of(rows):
    """Predictions in memory."""
    named = [dict(zip(TYPES, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(named, pa.schema(TYPES))


def predicted(truth, scores, labels=LABELS):
    """Predictions of images whose positions are their paths."""
    rows = [
        (f"{n}", labels[true], labels[int(row.argmax())], row.tolist())
        for n, (true, row) in enumerate(zip(truth, scores, strict=True))
    ]
    return table_of(rows)


def counted(truth, scores, labels=LABELS):
    return score_counts(predicted(truth, scores, labels), labels)


def test_spark_counts_what_the_driver_does(spark, scored):
    few = predicted(*scored)
    many = spark.createDataFrame(few).repartition(3)
    found, expected = score_counts(many, LABELS), score_counts(few, LABELS)
    assert [one[:-1] for one in found] == [one[:-1] for one in expected]
    sums = [one.confidence for one in expected]
    assert [one.confidence for one in found] == pytest.approx(sums)


def test_top_three_is_scikit_learns(scored):
    truth, scores = scored
    expected = top_k_accuracy_score(truth, scores, k=3, labels=range(5))
    assert 0.8 < expected < 1
    assert top_3(counted(truth, scores), 5) == pytest.approx(expected)


def test_the_curve_is_scikit_learns(scored):
    truth, scores = scored
    confidence, right = scores.max(axis=1), scores.argmax(axis=1) == truth
    shares, means = calibration_curve(right, confidence, n_bins=10)
    found = calibration(counted(truth, scores))
    bins = [one for one in found["bins"] if one["images"]]
    assert [one["accuracy"] for one in bins] == pytest.approx(shares)
    assert [one["confidence"] for one in bins] == pytest.approx(means)
    assert len(found["bins"]) == 10
    assert found["bins"][0] == {
        "from": 0.0,
        "to": 0.1,
        "images": 0,
        "confidence": None,
        "accuracy": None,
    }
    weights = [one["images"] / 400 for one in bins]
    error = sum(w * abs(a - b) for w, a, b in zip(weights, shares, means, strict=True))
    assert found["expected_calibration_error"] == pytest.approx(error)
    assert found["images"] == 400


def test_of_equal_scores_the_first_counts():
    # The prediction is the first of the highest: a right one must be among the first three.
    scores = np.array([[0.2] * 5] * 5)
    assert top_3(counted(range(5), scores), 5) == 3 / 5


def test_what_cannot_be_ranked_is_not_among_the_first():
    nan = math.nan
    rows = [
        ("not a number", "owl", "owl", [nan, nan, nan, nan, nan]),
        ("a class that nobody trained", "unknown", "owl", [0.6, 0.1, 0.1, 0.1, 0.1]),
        ("no label", None, "owl", [1.0, 0.0, 0.0, 0.0, 0.0]),
    ]
    (without, with_score) = sorted(
        score_counts(table_of(rows), LABELS), key=lambda one: one.bin or -1
    )
    assert without == (None, 1, 1, 0, 0.0)
    assert with_score == (5, 1, 0, 0, 0.6)
    assert calibration([without]) is None


def test_few_classes_and_no_predictions_have_no_top_three(scored):
    truth, scores = scored
    three = counted(truth % 3, scores[:, :3], LABELS[:3])
    assert top_3(three, 3) is None
    assert top_3([], 5) is None
    assert calibration([]) is None
    assert score_counts(table_of([]), []) == []


def test_among_the_first_one_are_the_right_predictions():
    random = np.random.default_rng(0)
    scores = random.integers(0, 3, size=(500, 6)).astype(float)  # equal ones everywhere
    truth = random.integers(0, 6, 500)
    assert np.array_equal(among_first(scores, truth, 1), scores.argmax(axis=1) == truth)
    assert among_first(scores, truth, 6).all()
    assert not among_first(scores, np.full(500, -1), 6).any()
