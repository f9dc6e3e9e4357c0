"""Rewritten graphs give the same numbers, and are rewritten only where they do."""

import numpy as np
import pytest

from pixelmill.engines import openvino
from pixelmill.engines.openvino_rewrites import pad_in_pooling, take_reversed_channels
from pixelmill.engines.start_up import import_tensorflow

SIZE = 20


@pytest.fixture(scope="module")
def noise():
    """Five images of noise, uint8 [5, 20, 20, 3]."""
    return np.random.default_rng(0).integers(0, 256, (5, SIZE, SIZE, 3), dtype=np.uint8)


@pytest.fixture
def convert():
    """Turns a function of float pixels [n, 20, 20, 3] into an openvino.Model of bytes."""
    tensorflow = import_tensorflow()
    import openvino as library

    def convert(function):
        signature = [tensorflow.TensorSpec((None, SIZE, SIZE, 3), tensorflow.uint8)]
        network = tensorflow.function(
            lambda pixels: function(tensorflow.cast(pixels, tensorflow.float32)),
            input_signature=signature,
        )
        artifact = openvino.export(network, "bfloat16")
        return openvino._read_model(library.Core(), library, artifact)

    return convert


@pytest.fixture(scope="module")
def convolution():
    """A convolution with negative and positive sums."""
    import_tensorflow()
    from keras import layers, utils

    utils.set_random_seed(0)
    return layers.Conv2D(8, 3, padding="same")


@pytest.fixture
def resnet_start(convolution):
    """ResNet's preprocessing and a convolution, as a tf.function."""
    tensorflow = import_tensorflow()
    from keras.src.applications.resnet import preprocess_input

    return tensorflow.function(
        lambda pixels: convolution(preprocess_input(tensorflow.cast(pixels, tensorflow.float32))),
        input_signature=[tensorflow.TensorSpec((None, SIZE, SIZE, 3), tensorflow.uint8)],
    )


def kinds(model):
    return [operation.get_type_name() for operation in model.get_ordered_ops()]


def compute(model, pixels):
    import openvino as library

    options = {"INFERENCE_PRECISION_HINT": "f32"}
    return library.Core().compile_model(model, "CPU", options)(pixels)[0].copy()


def stacked(*channels):
    """Takes these channels of the pixels, as Keras turns RGB into BGR."""
    tensorflow = import_tensorflow()
    return lambda pixels: tensorflow.stack([pixels[..., i] for i in channels], axis=-1)


def pooled(before, paddings, value=0.0, window=3):
    """A max pooling behind a Pad, as in ResNet."""
    tensorflow = import_tensorflow()

    def network(pixels):
        padded = tensorflow.pad(before(pixels - 127.0), paddings, constant_values=value)
        return tensorflow.nn.max_pool2d(padded, window, 2, "VALID")

    return network


ONE = [(0, 0), (1, 1), (1, 1), (0, 0)]


@pytest.mark.parametrize("paddings", [ONE, [(0, 0), (0, 2), (2, 1), (0, 0)]])
@pytest.mark.parametrize("activation", ["relu", "relu6"])
def test_pad_in_pooling(convert, convolution, noise, paddings, activation):
    activate = import_tensorflow().keras.activations.get(activation)
    model = convert(pooled(lambda pixels: activate(convolution(pixels)), paddings))
    before = compute(model, noise)
    assert "Pad" in kinds(model), "this network tests nothing"
    pad_in_pooling(model)
    assert "Pad" not in kinds(model)
    np.testing.assert_array_equal(compute(model, noise), before)


@pytest.mark.parametrize(
    ("activation", "options"),
    [
        ("linear", {"paddings": ONE}),
        ("tanh", {"paddings": ONE}),
        ("relu", {"paddings": ONE, "value": 5.0}),
        ("relu", {"paddings": ONE, "window": 1}),
        ("relu", {"paddings": [(0, 0), (3, 0), (1, 1), (0, 0)]}),
        ("relu", {"paddings": [(0, 0), (1, 1), (1, 1), (1, 1)]}),
    ],
)
def test_a_pad_that_can_win_the_maximum_stays(convert, convolution, noise, activation, options):
    activate = import_tensorflow().keras.activations.get(activation)
    model = convert(pooled(lambda pixels: activate(convolution(pixels)), **options))
    before = compute(model, noise)
    pad_in_pooling(model)
    assert "Pad" in kinds(model)
    np.testing.assert_array_equal(compute(model, noise), before)


def test_take_reversed_channels(convert, convolution, noise):
    reverse = stacked(2, 1, 0)
    model = convert(lambda pixels: convolution(reverse(pixels) - [103.9, 116.8, 123.7]))
    before = compute(model, noise)
    assert "StridedSlice" in kinds(model), "this network tests nothing"
    assert take_reversed_channels(model)
    assert "StridedSlice" not in kinds(model)
    np.testing.assert_array_equal(compute(model, noise[..., ::-1].copy()), before)


@pytest.mark.parametrize("channels", [(0, 1, 2), (2, 1, 1), (1, 2, 0), (2, 1), (2, 1, 0, 0)])
def test_other_channels_stay(convert, noise, channels):
    take = stacked(*channels)
    model = convert(lambda pixels: import_tensorflow().reduce_max(take(pixels) * 2.0, (1, 2)))
    before = compute(model, noise)
    assert not take_reversed_channels(model)
    np.testing.assert_array_equal(compute(model, noise), before)


def test_channels_of_other_than_the_input_stay(convert, noise):
    reverse = stacked(2, 1, 0)
    model = convert(lambda pixels: reverse(pixels * 2.0) + pixels)
    before = compute(model, noise)
    assert not take_reversed_channels(model)
    np.testing.assert_array_equal(compute(model, noise), before)


def test_an_open_network_takes_rgb_in_batches_of_any_size(resnet_start, noise):
    infer = openvino.open_network(openvino.export(resnet_start, "float32"), "float32", 1)
    expected = resnet_start(noise).numpy()
    for size in (2, 5, 1):
        np.testing.assert_allclose(infer(noise[:size]), expected[:size], rtol=1e-4, atol=1e-2)
