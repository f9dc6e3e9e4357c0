"""A small real network, and what it answers."""

import numpy as np
import pytest

from pixelmill.engines.start_up import import_tensorflow


@pytest.fixture(scope="session")
def pixels():
    """Seven images of noise, uint8 [7, 32, 32, 3]."""
    return np.random.default_rng(0).integers(0, 256, (7, 32, 32, 3), dtype=np.uint8)


@pytest.fixture(scope="session")
def model():
    """A Keras network of three convolutions, with its preprocessing."""
    import_tensorflow()
    from keras import Sequential, layers, utils

    utils.set_random_seed(0)
    blocks = [layers.Conv2D(16 * n, 3, activation="relu", padding="same") for n in (1, 2, 3)]
    return Sequential([layers.Rescaling(1 / 255), *blocks, layers.GlobalAveragePooling2D()])


@pytest.fixture(scope="session")
def expected(model, pixels):
    """What the Keras network answers, float32 [7, 48]."""
    return model(pixels.astype(np.float32), training=False).numpy()


@pytest.fixture(scope="session")
def network(model):
    """The network as a tf.function of uint8."""
    tensorflow = import_tensorflow()
    signature = [tensorflow.TensorSpec((None, 32, 32, 3), tensorflow.uint8)]
    return tensorflow.function(
        lambda pixels: model(tensorflow.cast(pixels, tensorflow.float32), training=False),
        input_signature=signature,
    )
