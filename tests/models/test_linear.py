"""Linear models: margins and probabilities of weights, the same after a way through files."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pixelmill.models import read_model
from pixelmill.models.linear import LinearModel, binary_margins, softmax

MARGINS = arrays(np.float64, (5, 3), elements=st.floats(-800, 800))


@given(MARGINS)
def test_softmax_is_a_distribution_in_the_order_of_the_margins(margins):
    shares = softmax(margins)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert np.all(shares >= 0)
    highest = np.take_along_axis(shares, margins.argmax(axis=1)[:, None], axis=1)[:, 0]
    np.testing.assert_array_equal(highest, shares.max(axis=1))


@given(MARGINS, st.floats(-100, 100))
def test_softmax_knows_differences_only(margins, constant):
    np.testing.assert_allclose(softmax(margins + constant), softmax(margins), atol=1e-9)


def test_a_positive_margin_means_class_1():
    model = binary_margins(np.array([2.0, -1.0]), 0.5)
    scores = model.scores(np.array([[1.0, 0.0], [0.0, 1.0]]))
    np.testing.assert_array_equal(scores, [[-2.5, 2.5], [0.5, -0.5]])


def test_models_are_compared_without_their_arrays():
    model = LinearModel(np.eye(3), np.zeros(3), "margin")
    assert model == model  # noqa: PLR0124
    assert model != LinearModel(np.eye(3), np.zeros(3), "margin")


@pytest.mark.parametrize("link", ["softmax", "margin"])
def test_files_hold_the_whole_model(link):
    draw = np.random.default_rng(0)
    model = LinearModel(draw.normal(size=(3, 4)), draw.normal(size=3), link)
    again = read_model("linear", model.to_files())
    features = draw.normal(size=(6, 4))
    np.testing.assert_array_equal(again.scores(features), model.scores(features))
    assert (again.kind, again.classes) == ("linear", 3)
    assert again.probabilities == (link == "softmax")
