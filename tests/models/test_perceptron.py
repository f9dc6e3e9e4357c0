"""Perceptrons as arrays: layers one behind another, without overflow, and through files."""

import numpy as np

from pixelmill.models import read_model
from pixelmill.models.perceptron import PerceptronModel

DRAW = np.random.default_rng(0)
MODEL = PerceptronModel(
    [DRAW.normal(size=(5, 3)), DRAW.normal(size=(4, 5)), DRAW.normal(size=(2, 4))],
    [DRAW.normal(size=5), DRAW.normal(size=4), DRAW.normal(size=2)],
)
IMAGES = DRAW.normal(size=(7, 3))


def test_each_layer_is_a_sigmoid_and_the_last_a_softmax():
    signal = IMAGES
    for weights, intercepts in zip(MODEL.weights[:2], MODEL.intercepts[:2], strict=True):
        signal = 1 / (1 + np.exp(-(signal @ weights.T + intercepts)))
    powers = np.exp(signal @ MODEL.weights[2].T + MODEL.intercepts[2])
    expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(MODEL.scores(IMAGES), expected, rtol=1e-12)


def test_large_signals_do_not_overflow():
    with np.errstate(all="raise"):
        scores = MODEL.scores(IMAGES * 1e6)
    np.testing.assert_allclose(scores.sum(axis=1), 1)


def test_files_hold_the_whole_model():
    again = read_model("perceptron", MODEL.to_files())
    np.testing.assert_array_equal(again.scores(IMAGES), MODEL.scores(IMAGES))
    assert (again.classes, again.probabilities) == (2, True)
