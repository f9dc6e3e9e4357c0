"""Votes of pairs: counted by hand, scikit-learn's own, and the same after a way through files."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.datasets import load_digits
from sklearn.multiclass import OneVsOneClassifier
from sklearn.svm import LinearSVC

from pixelmill.models import read_model
from pixelmill.models._members import AnyMembers, LinearMembers
from pixelmill.models.linear import LinearModel, binary_margins
from pixelmill.models.pairwise import pairwise

THREE = [(0, 1), (0, 2), (1, 2)]


def of_margins(pairs, classes):
    """A model whose features are half the margins of the pairs."""
    return pairwise(classes, pairs, [binary_margins(row, 0.0) for row in np.eye(len(pairs))])


@pytest.mark.parametrize(
    ("margins", "votes", "winner"),
    [
        ([-1.0, -1.0, 1.0], [2, 0, 1], 0),
        ([1.0, 1.0, -1.0], [0, 2, 1], 1),
        ([1.0, 1.0, 1.0], [0, 1, 2], 2),
        # Each has a vote: 0 beats 1, 1 beats 2, 2 beats 0; the margins decide.
        ([-5.0, 1.0, -1.0], [1, 1, 1], 0),
        ([-1.0, 1.0, -5.0], [1, 1, 1], 1),
        ([-1.0, 5.0, -1.0], [1, 1, 1], 2),
        # A huge margin is no vote.
        ([-0.1, -0.1, 1e12], [2, 0, 1], 0),
        # An image on the boundary is of the first class.
        ([0.0, 0.0, 0.0], [2, 1, 0], 0),
    ],
)
def test_votes_are_counted_and_margins_break_ties(margins, votes, winner):
    model = of_margins(THREE, 3)
    features = np.array([margins]) / 2
    np.testing.assert_allclose(model.margins(features), [margins])
    (scores,) = model.scores(features)
    np.testing.assert_array_equal(np.round(scores), votes)
    assert scores.argmax() == winner


def test_the_tie_breaker_is_the_sum_of_a_classs_margins():
    (scores,) = of_margins(THREE, 3).scores(np.array([[-5.0, 1.0, -1.0]]) / 2)
    sums = np.array([5 - 1, -5 + 1, 1 - 1])
    np.testing.assert_allclose(scores, 1 + sums / (3 * (np.abs(sums) + 1)))


def test_a_class_in_no_pair_is_never_predicted():
    model = of_margins([(1, 3)], 5)
    scores = model.scores(np.array([[-1e9], [1e9], [0.0]]))
    assert scores.argmax(axis=1).tolist() == [1, 3, 1]
    assert (scores[:, [0, 2, 4]] == -1).all()
    assert json.loads(json.dumps(scores.tolist(), allow_nan=False)) == scores.tolist()


@given(arrays(np.float64, (4, 3), elements=st.floats(-1e9, 1e9)))
def test_the_tie_breaker_never_outweighs_a_vote(margins):
    scores = of_margins(THREE, 3).scores(margins)
    assert (np.abs(scores - np.round(scores)) <= 1 / 3).all()
    assert (np.round(scores).sum(axis=1) == 3).all()


@pytest.fixture(scope="module")
def digits():
    """Images of ten digits, half for training; scikit-learn's one-vs-one; ours of its members."""
    features, target = load_digits(return_X_y=True)
    theirs = OneVsOneClassifier(LinearSVC(C=0.01, random_state=0)).fit(features[:600], target[:600])
    members = [
        binary_margins(one.coef_[0] / 2, float(one.intercept_[0]) / 2) for one in theirs.estimators_
    ]
    pairs = [(a, b) for a in range(10) for b in range(a + 1, 10)]
    return features[600:], theirs, pairwise(10, pairs, members)


def test_predictions_and_scores_are_scikit_learns(digits):
    features, theirs, ours = digits
    scores = ours.scores(features)
    np.testing.assert_allclose(scores, theirs.decision_function(features), rtol=1e-9)
    np.testing.assert_array_equal(scores.argmax(axis=1), theirs.predict(features))
    assert not ours.probabilities


def test_linear_members_become_one_matrix_and_files(digits):
    features, _, ours = digits
    assert isinstance(ours.members, LinearMembers)
    assert ours.members.weights.shape == (45, 64)
    files = ours.to_files()
    assert len(files) == 2
    again = read_model("pairwise", files)
    assert (again.kind, again.classes) == ("pairwise", 10)
    np.testing.assert_array_equal(again.scores(features), ours.scores(features))


def test_members_of_any_kind_keep_their_own_files():
    nested = of_margins([(0, 1)], 2)
    linear = [binary_margins(np.array([number - 6.0]), 1.0) for number in range(11)]
    pairs = [(0, second) for second in range(1, 13)]
    mixed = pairwise(13, pairs, [*linear, nested])
    assert isinstance(mixed.members, AnyMembers)
    features = np.array([[-1.0], [0.3], [2.0]])
    expected = [2 * features[:, 0] * (number - 6) + 2 for number in range(11)]
    np.testing.assert_allclose(mixed.margins(features)[:, :11], np.transpose(expected))
    stored = read_model("pairwise", mixed.to_files())
    assert [member.kind for member in stored.members.models] == ["linear"] * 11 + ["pairwise"]
    np.testing.assert_array_equal(stored.scores(features), mixed.scores(features))


def test_probabilities_count_by_the_logarithm_of_their_odds():
    sure = LinearModel(np.array([[-500.0], [500.0]]), np.zeros(2), "softmax")
    surer = LinearModel(np.array([[-900.0], [900.0]]), np.zeros(2), "softmax")
    model = pairwise(3, [(0, 1), (1, 2)], [sure, surer])
    np.testing.assert_allclose(model.margins(np.ones((1, 1))), [[1000.0, 1800.0]])


def test_no_images_have_no_scores(digits):
    assert digits[2].scores(np.empty((0, 64))).shape == (0, 10)


def test_many_images_are_scored_in_parts(digits, monkeypatch):
    features, _, ours = digits
    expected = ours.scores(features)
    monkeypatch.setattr("pixelmill.models.pairwise.MARGINS_AT_ONCE", 45 * 100)
    np.testing.assert_allclose(ours.scores(features), expected, rtol=1e-12)
