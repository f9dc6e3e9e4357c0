"""One-vs-rest: the surest class wins, as in scikit-learn, also after a way through files."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from pixelmill.models import read_model
from pixelmill.models.linear import binary_margins
from pixelmill.models.one_vs_rest import one_vs_rest
from pixelmill.models.pairwise import pairwise
from pixelmill.models.perceptron import PerceptronModel
from pixelmill.models.sklearn import SklearnModel


@pytest.fixture(scope="module")
def digits():
    """Unseen images of ten digits, scikit-learn's one-vs-rest, and ours of its members."""
    features, target = load_digits(return_X_y=True)
    theirs = OneVsRestClassifier(LinearSVC(C=0.01, random_state=0))
    theirs.fit(features[:600], target[:600])
    members = [
        binary_margins(one.coef_[0] / 2, float(one.intercept_[0]) / 2) for one in theirs.estimators_
    ]
    return features[600:], theirs, one_vs_rest(members)


def test_scores_are_the_margins_and_predictions_scikit_learns(digits):
    features, theirs, ours = digits
    scores = ours.scores(features)
    np.testing.assert_array_equal(scores, ours.margins(features))
    np.testing.assert_allclose(scores, theirs.decision_function(features), rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(scores.argmax(axis=1), theirs.predict(features))
    assert (ours.classes, ours.probabilities) == (10, False)


def test_files_hold_the_same_model(digits):
    features, _, ours = digits
    again = read_model("one_vs_rest", ours.to_files())
    np.testing.assert_array_equal(again.scores(features), ours.scores(features))


def test_members_of_other_kinds_are_kept():
    nested = pairwise(2, [(0, 1)], [binary_margins(np.array([3.0]), 0.0)])
    mixed = one_vs_rest([nested, binary_margins(np.array([2.0]), -1.0)])
    features = np.array([[-1.0], [1.0]])
    again = read_model("one_vs_rest", mixed.to_files())
    np.testing.assert_array_equal(again.margins(features), mixed.margins(features))
    np.testing.assert_array_equal(np.sign(again.margins(features)), [[-1, -1], [1, 1]])
    assert again.margins(features)[:, 1].tolist() == [-6.0, 2.0]


def test_classes_of_which_naive_bayes_is_equally_sure_are_told_apart():
    """Four of five digits have a probability of 1 but for rounding of several classes."""
    features, target = load_digits(return_X_y=True)
    fitted = [
        GaussianNB(var_smoothing=1e-3).fit(features[:900], target[:900] == c) for c in range(10)
    ]
    model = one_vs_rest([SklearnModel(one, 2) for one in fitted])
    margins = model.margins(features[900:])
    theirs = np.column_stack([one.predict(features[900:]) for one in fitted])
    np.testing.assert_array_equal(margins > 0, theirs)
    assert ((margins == margins.max(axis=1, keepdims=True)).sum(axis=1) == 1).all()
    alone = GaussianNB(var_smoothing=1e-3).fit(features[:900], target[:900])
    right = model.scores(features[900:]).argmax(axis=1) == target[900:]
    assert right.mean() > alone.score(features[900:], target[900:]) - 0.05
    assert model.scores(features[:0]).shape == (0, 10)


def test_perceptrons_that_are_equally_sure_are_told_apart():
    sure = [PerceptronModel([np.array([[-size], [size]])], [np.zeros(2)]) for size in (40.0, 50.0)]
    model = one_vs_rest(sure)
    assert model.scores(np.array([[1.0], [-1.0]])).tolist() == [[80, 100], [-80, -100]]
