"""The reference engine computes what Keras computes."""

import numpy as np
import pytest

from pixelmill.engines import tensorflow


@pytest.fixture(scope="module")
def artifact(network):
    return tensorflow.export(network, "float32")


def test_float32_equals_keras_for_every_batch_size(artifact, pixels, expected):
    infer = tensorflow.open_network(artifact, "float32", 2)
    for size in (7, 1, 3):
        features = infer(pixels[:size])
        assert features.dtype == np.float32
        np.testing.assert_allclose(features, expected[:size], rtol=1e-5, atol=1e-6)


def test_bfloat16_is_near_and_does_not_reach_into_float32(artifact, pixels, expected):
    rounded = tensorflow.open_network(artifact, "bfloat16", 2)(pixels)
    exact = tensorflow.open_network(artifact, "float32", 2)(pixels)
    lengths = np.linalg.norm(rounded, axis=1) * np.linalg.norm(expected, axis=1)
    assert ((rounded * expected).sum(axis=1) / lengths).min() > 0.995
    np.testing.assert_allclose(exact, expected, rtol=1e-5, atol=1e-6)


def test_auto_is_float32_because_it_is_the_reference():
    assert tensorflow.resolve_precision("auto") == "float32"
    assert tensorflow.resolve_precision("bfloat16") == "bfloat16"
