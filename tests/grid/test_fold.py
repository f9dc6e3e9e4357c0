"""One fit of a grid, the work of a task: scikit-learn's score, or a reason; nothing leaks."""

import re

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import get_scorer
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from pixelmill.grid import fold
from pixelmill.grid.fold import fit_fold
from pixelmill.grid.training import FoldedImages
from pixelmill.parameters import ModellingParameters

LOGISTIC = {"estimator": "sklearn.linear_model.LogisticRegression"}
FOLDS = 3


@pytest.fixture(scope="module")
def images():
    """300 of scikit-learn's digits, classes of unequal sizes; every third image a fold."""
    pixels, digits = load_digits(return_X_y=True)
    kept = np.flatnonzero((digits != 3) | (np.arange(len(digits)) % 3 == 0))[:300]
    features, target = pixels[kept].astype(np.float32), digits[kept]
    return FoldedImages(features, target, np.arange(300) % FOLDS, list("0123456789"))


@pytest.mark.parametrize(
    ("scoring", "scorer"),
    [("accuracy", "accuracy"), ("f1", "f1_macro"), ("balanced_accuracy", "balanced_accuracy")],
)
@pytest.mark.parametrize(
    ("preparation", "steps"),
    [
        ({"scale": True}, [StandardScaler()]),
        ({"scale": False, "normalize": True}, [Normalizer()]),
        ({"normalize": True, "pca": 0.8}, [StandardScaler(), Normalizer(), PCA(0.8)]),
    ],
    ids=["scaled", "normalized", "all"],
)
def test_the_score_is_that_of_scikit_learn(images, scoring, scorer, preparation, steps):
    modelling = ModellingParameters(**LOGISTIC, preparation=preparation)
    pipeline = make_pipeline(*steps, LogisticRegression())
    for number in range(FOLDS):
        out = images.fold == number
        pipeline.fit(images.features[~out].astype(np.float64), images.target[~out])
        held_out = images.features[out].astype(np.float64)
        expected = get_scorer(scorer)(pipeline, held_out, images.target[out])
        outcome = fit_fold(images, number, modelling, scoring)
        assert outcome.error is None
        assert outcome.score == pytest.approx(expected, abs=1e-6)
        assert 0.5 < outcome.score < 1
        assert outcome.seconds > 0


def test_the_preparation_never_sees_the_fold_that_is_held_out(images):
    """Features that are enormous in the held-out fold alone would be seen in mean and variance."""
    strange = images.features.copy()
    strange[images.fold == 0] *= 1e6
    other = FoldedImages(strange, images.target, images.fold, images.labels)
    modelling = ModellingParameters(preparation={"pca": 10})
    usual, changed = (
        fold._prepare(each, 0, modelling.preparation).train.features for each in (images, other)
    )
    np.testing.assert_array_equal(usual, changed)


def test_points_of_the_same_fold_share_its_preparation(images):
    first = fold._prepared(images, 0, ModellingParameters().preparation)
    assert fold._prepared(images, 0, ModellingParameters().preparation) is first
    for other in (
        fold._prepared(images, 1, ModellingParameters().preparation),
        fold._prepared(images, 0, ModellingParameters(preparation={"pca": 3}).preparation),
        fold._prepared(FoldedImages(**vars(images)), 0, ModellingParameters().preparation),
    ):
        assert other is not first
    assert len(fold._LAST) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"estimator": "sklearn.naive_bayes.MultinomialNB"},
            r"MultinomialNB cannot learn .*Negative values in data",
        ),
        (LOGISTIC | {"parameters": {"C": -1}}, r"'C' parameter of LogisticRegression"),
        (LOGISTIC | {"preparation": {"pca": 65}}, r"65 components are unavailable from 200"),
        ({"estimator": "svm_sgd"}, r"two classes"),
        ({"estimator": "linear_svc"}, r"an estimator of Spark ML .* grid candidate"),
    ],
)
def test_a_fit_that_fails_is_a_reason(images, changes, reason):
    outcome = fit_fold(images, 0, ModellingParameters(**changes), "accuracy")
    assert outcome.score is None
    assert not outcome.retry
    assert outcome.error is not None
    assert "\n" not in outcome.error
    assert re.search(reason, outcome.error)


def test_constant_features_do_no_harm(images):
    features = np.hstack([images.features, np.full((300, 2), 7, np.float32)])
    wider = FoldedImages(features, images.target, images.fold, images.labels)
    modelling = ModellingParameters(**LOGISTIC, preparation={"pca": 0.9})
    outcome = fit_fold(wider, 0, modelling, "accuracy")
    assert outcome.score == pytest.approx(fit_fold(images, 0, modelling, "accuracy").score)


def test_strategies_of_two_classes_score_all_classes(images):
    pairs = ModellingParameters(estimator="svm_sgd", strategy="one_vs_one")
    rest = ModellingParameters(estimator="svm_sgd", strategy="one_vs_rest")
    for modelling in (pairs, rest):
        assert fit_fold(images, 0, modelling, "accuracy").score > 0.7


@pytest.fixture(scope="module")
def images_with_a_single(images):
    """The same with one image only of the digit 8, which is held out in fold 1."""
    eights = np.flatnonzero((images.target == 8) & (images.fold == 1))
    kept = np.sort(np.append(np.flatnonzero(images.target != 8), eights[0]))
    parts = (part[kept] for part in (images.features, images.target, images.fold))
    return FoldedImages(*parts, images.labels)


@pytest.mark.parametrize("wrapped", [OneVsRestClassifier, OneVsOneClassifier, lambda one: one])
def test_a_class_that_is_held_out_whole_is_missed_and_fails_no_fit(images_with_a_single, wrapped):
    images = images_with_a_single
    strategy = {OneVsRestClassifier: "one_vs_rest", OneVsOneClassifier: "one_vs_one"}
    modelling = ModellingParameters(
        estimator="sklearn.linear_model.RidgeClassifier",
        strategy=strategy.get(wrapped, "multinomial"),
        balance=False,
    )
    out = images.fold == 1
    reference = make_pipeline(StandardScaler(), wrapped(RidgeClassifier()))
    reference.fit(images.features[~out].astype(np.float64), images.target[~out])
    held_out = images.features[out].astype(np.float64)
    expected = get_scorer("balanced_accuracy")(reference, held_out, images.target[out])
    outcome = fit_fold(images, 1, modelling, "balanced_accuracy")
    assert outcome.error is None
    assert outcome.score == pytest.approx(expected)
    assert 0.5 < outcome.score <= 0.9  # one of ten classes is missed


def test_pairs_of_a_class_that_is_held_out_whole_are_left_out(images_with_a_single):
    pairs = {"strategy": "one_vs_one", "pairs": [("0", "8"), ("0", "1")]}
    modelling = ModellingParameters(**LOGISTIC, **pairs)
    outcome = fit_fold(images_with_a_single, 1, modelling, "accuracy")
    assert outcome.error is None
    only = ModellingParameters(**LOGISTIC, **pairs | {"pairs": [("0", "8")]})
    assert "both classes of a pair" in fit_fold(images_with_a_single, 1, only, "accuracy").error


def test_where_one_class_is_left_to_train_it_is_the_prediction(images):
    few = np.flatnonzero((images.target == 0) | ((images.target == 1) & (images.fold == 1)))
    parts = (part[few] for part in (images.features, images.target, images.fold))
    two = FoldedImages(*parts, ["0", "1"])
    zeros = two.target[two.fold == 1] == 0
    for estimator in ("sklearn.svm.SVC", "logistic_regression"):
        outcome = fit_fold(two, 1, ModellingParameters(estimator=estimator), "accuracy")
        assert outcome.score == pytest.approx(zeros.mean())


def test_warnings_come_along(images):
    modelling = ModellingParameters(**LOGISTIC, parameters={"max_iter": 2})
    assert "converge" in fit_fold(images, 0, modelling, "accuracy").warnings[0]
