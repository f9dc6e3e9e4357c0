"""Figures from counts must be those of scikit-learn from single predictions."""

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from pixelmill.pipelines.reporting.counts import ConfusionCount, ImageCount
from pixelmill.pipelines.reporting.scores import (
    class_scores,
    largest_class_share,
    natural_order,
    overall_scores,
    usable_images,
    wilson_interval,
)

LABELS = st.sampled_from(["cat", "dog", "10", "2", "Ünïcode", "<b>"])
COUNTS = st.dictionaries(st.tuples(LABELS, LABELS), st.integers(1, 40), min_size=1).map(
    lambda cells: [ConfusionCount(*pair, images) for pair, images in cells.items()]
)


def expanded(counts):
    pairs = [(count.label, count.prediction) for count in counts for _ in range(count.images)]
    return zip(*pairs, strict=True)


@settings(deadline=None)  # a busy machine is no failure
@given(COUNTS)
def test_averages_are_those_of_single_predictions(counts):
    truth, predicted = expanded(counts)
    measured = overall_scores(counts)
    assert measured["accuracy"] == pytest.approx(metrics.accuracy_score(truth, predicted))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of classes that are only predicted
        balanced = metrics.balanced_accuracy_score(truth, predicted)
    assert measured["balanced_accuracy"] == pytest.approx(balanced)
    for average in ("macro", "weighted"):
        expected = metrics.precision_recall_fscore_support(
            truth, predicted, average=average, zero_division=0
        )
        found = [measured[name][average] for name in ("precision", "recall", "f1")]
        assert found == pytest.approx(expected[:3])


@settings(deadline=None)
@given(COUNTS)
def test_each_class_is_that_of_single_predictions(counts):
    truth, predicted = expanded(counts)
    labels = natural_order({*truth, *predicted})
    scores = class_scores(counts, [])
    expected = metrics.precision_recall_fscore_support(
        truth, predicted, labels=labels, zero_division=0
    )
    assert [one.label for one in scores] == labels
    for one, precision, recall, f1, support in zip(scores, *expected, strict=True):
        assert one.test == support
        if support:
            assert (one.precision, one.recall, one.f1) == pytest.approx((precision, recall, f1))
        else:
            assert (one.precision, one.recall, one.f1) == (pytest.approx(precision), None, None)


def test_nothing_predicted_has_no_figures():
    assert overall_scores([]) == {
        "accuracy": None,
        "balanced_accuracy": None,
        "precision": {"macro": None, "weighted": None},
        "recall": {"macro": None, "weighted": None},
        "f1": {"macro": None, "weighted": None},
    }


def test_a_class_without_predictions_keeps_its_training_images():
    images = [ImageCount("train", "owl", None, 3), ImageCount("train", "owl", "truncated", 2)]
    (owl,) = class_scores([], images)
    assert owl == ("owl", 3, 0, None, None, None)
    assert class_scores([ConfusionCount("cat", "cat", 1)], images)[1] == owl


def test_images_without_features_are_not_usable():
    images = [
        ImageCount("test", "owl", None, 3),
        ImageCount("test", None, None, 4),
        ImageCount("test", "owl", "truncated", 5),
        ImageCount("train", "owl", None, 6),
    ]
    assert usable_images(images, "test") == {"owl": 3, None: 4}


def test_numbers_in_labels_are_sorted_as_numbers():
    assert natural_order(["10", "9", "a10", "A9", "a", "²"]) == ["9", "10", "a", "A9", "a10", "²"]
    assert natural_order(["1" * 5000, "0009", "9", "010"]) == ["0009", "9", "010", "1" * 5000]


def test_baseline_is_the_largest_class():
    counts = [ConfusionCount("a", "b", 6), ConfusionCount("a", "a", 1), ConfusionCount("b", "b", 3)]
    assert largest_class_share(counts) == 0.7


def test_interval_is_wilsons():
    # Newcombe (1998), Two-sided confidence intervals for the single proportion, table I.
    assert wilson_interval(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(0 / 20, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert wilson_interval(1.0, 20)[1] == pytest.approx(1.0)
