"""Labels are doubted by what witnesses say, and by how well they explain the other labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelmill.exploration.label_noise import fit_label_noise, most_certain


def scores_of(labels, classes, strength, seed=0):
    """Normal scores: q(c | x) is their softmax when they are weighted by `strength`."""
    noise = np.random.default_rng(seed).normal(size=(len(labels), classes))
    return (noise + strength * np.eye(classes)[labels]).astype(np.float32)


def noisy(images, classes, rate, seed=0):
    """Right labels, and those of which some are other ones by chance."""
    draw = np.random.default_rng(seed)
    right = draw.integers(0, classes, images)
    is_wrong = draw.random(images) < rate
    others = (right + draw.integers(1, classes, images)) % classes
    return right, np.where(is_wrong, others, right)


@pytest.mark.parametrize("strength", [1.5, 3, 6])
def test_probabilities_of_a_wrong_label_are_true(strength):
    """Of the labels that are said to be wrong with 30 to 70%, about half are."""
    right, labels = noisy(20_000, 5, 0.1)
    said = fit_label_noise(labels, [scores_of(right, 5, strength)]).wrong
    for low, high in ((0, 0.3), (0.3, 0.7), (0.7, 1)):
        some = (said >= low) & (said <= high)
        if some.sum() > 50:
            assert (labels != right)[some].mean() == pytest.approx(said[some].mean(), abs=0.08)
    assert said.mean() == pytest.approx(0.1, abs=0.03)


def test_a_witness_who_knows_nothing_changes_nothing():
    right, labels = noisy(2000, 4, 0.05)
    knows, guesses = scores_of(right, 4, 3), scores_of(right, 4, 0, seed=1)
    alone, both = (fit_label_noise(labels, of) for of in ([knows], [knows, guesses]))
    assert np.abs(alone.wrong - both.wrong).mean() < 0.01


def test_the_scale_of_scores_does_not_count():
    right, labels = noisy(5000, 3, 0.05)
    scores = scores_of(right, 3, 3)
    small, large = (fit_label_noise(labels, [factor * scores]) for factor in (0.2, 5))
    assert small.wrong == pytest.approx(large.wrong, abs=0.05)
    assert small.probabilities.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_scores_that_say_nothing_doubt_no_label():
    _, labels = noisy(300, 6, 0)
    assert fit_label_noise(labels, [np.zeros((300, 6), np.float32)]).wrong.max() < 0.3


@given(st.lists(st.floats(0, 1), max_size=20), st.floats(0.01, 1))
def test_as_many_are_chosen_as_the_share_allows(wrong, precision):
    doubts, candidates = np.array(wrong), np.arange(len(wrong)) % 3 != 0
    chosen = most_certain(doubts, candidates, precision)
    assert candidates[chosen].all()
    assert (np.diff(doubts[chosen]) <= 0).all()
    left = np.setdiff1d(np.flatnonzero(candidates), chosen)
    if len(chosen):
        assert doubts[chosen].mean() >= precision - 1e-9
        assert not len(left) or doubts[left].max() <= doubts[chosen].min()
    if len(left):
        more = np.append(doubts[chosen], doubts[left].max())
        assert more.mean() < precision + 1e-9
