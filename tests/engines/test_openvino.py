"""OpenVINO computes what Keras computes."""

import numpy as np
import pytest

from pixelmill.engines import openvino


@pytest.mark.parametrize("threads", [1, 2])
def test_float32_equals_keras_for_every_batch_size(network, pixels, expected, threads):
    infer = openvino.open_network(openvino.export(network, "float32"), "float32", threads)
    for size in (7, 1, 3):
        features = infer(pixels[:size])
        assert features.dtype == np.float32
        np.testing.assert_allclose(features, expected[:size], rtol=1e-4, atol=1e-6)


def test_bfloat16_is_near_and_half_as_large(network, pixels, expected):
    exact, rounded = (openvino.export(network, name) for name in ("float32", "bfloat16"))
    assert len(rounded) < len(exact)
    features = openvino.open_network(rounded, "bfloat16", 1)(pixels)
    lengths = np.linalg.norm(features, axis=1) * np.linalg.norm(expected, axis=1)
    assert ((features * expected).sum(axis=1) / lengths).min() > 0.995


def test_auto_is_what_the_cpu_has():
    best = "bfloat16" if openvino.cpu_has_bfloat16() else "float32"
    assert openvino.resolve_precision("auto") == best
    assert openvino.resolve_precision("float32") == "float32"
    assert openvino.resolve_precision("bfloat16") == "bfloat16"


def test_a_conversion_leaves_openvino_as_it_was(network):
    from openvino.frontend.tensorflow.node_decoder import TFGraphNodeDecoder

    find = TFGraphNodeDecoder.get_variable
    openvino.export(network, "float32")
    assert TFGraphNodeDecoder.get_variable is find
