"""Pictures made on the fly, and real networks that are built once."""

import io
from functools import cache

import numpy as np
import pytest
from PIL import Image

from pixelmill.featurizers import efficientnet_lite0, find_featurizer
from pixelmill.featurizers.keras_applications import KerasApplication
from pixelmill.parameters import FeaturizationParameters


@pytest.fixture(scope="session", autouse=True)
def cache_home(tmp_path_factory):
    """A cache of networks that only these tests use."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


def with_initial_weights(build):
    """Has each network built once; every caller gets it with the weights of a new one.

    Those are other kernels each time, and the scales, biases and statistics that Keras begins with.
    """
    build, generator = cache(build), np.random.default_rng(5)
    initial = cache(lambda *key: build(*key).get_weights())

    def renewed(*key):
        drawn = [
            generator.random(one.shape, np.float32) - 0.5 if one.ndim > 1 else one
            for one in initial(*key)
        ]
        build(*key).set_weights(drawn)
        return build(*key)

    return renewed


@pytest.fixture(scope="session", autouse=True)
def built_once():
    """Has Keras lay the networks out once: it takes longer than their weights and inference.

    A test that goes on with a network that another one was given has other weights in it.
    """
    construct = KerasApplication._construct
    shared = with_initial_weights(lambda name, top: construct(name, include_top=top))

    def find(application, *, include_top, weights=None):
        if weights is not None:
            return construct(application, include_top=include_top, weights=weights)
        return shared(KerasApplication(application.name, "random"), include_top)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(KerasApplication, "_construct", find)
        layout = with_initial_weights(efficientnet_lite0.build_network)
        patch.setattr(efficientnet_lite0, "build_network", layout)
        yield


@pytest.fixture(scope="session")
def picture():
    """A smooth picture, 160 x 120, whose corners all differ."""
    row, column = np.mgrid[0:1:120j, 0:1:160j]
    channels = [220 * column + 20, 200 * row + 30, 120 * (1 - row) * column + 60]
    return Image.fromarray(np.stack(channels, axis=2).astype(np.uint8))


@pytest.fixture(scope="session")
def encode():
    """Turns a Pillow image into the bytes of a file."""

    def encode(image, kind, **options):
        stream = io.BytesIO()
        image.save(stream, kind, **options)
        return stream.getvalue()

    return encode


@pytest.fixture(scope="session")
def pixels():
    """Four pictures of the network's input size, uint8 [4, 224, 224, 3]: blocks of colours."""
    blocks = np.random.default_rng(1).integers(0, 256, (4, 7, 7, 3), dtype=np.uint8)
    return blocks.repeat(32, axis=1).repeat(32, axis=2)


@pytest.fixture(scope="session")
def files(pixels, encode):
    """The same four as PNG files, which decode to just these pixels."""
    return [encode(Image.fromarray(image), "PNG") for image in pixels]


@pytest.fixture(scope="session")
def featurizer():
    """Makes a featurizer from parameters."""

    def featurizer(name, **parameters):
        return find_featurizer(FeaturizationParameters(featurizer=name, **parameters))

    return featurizer


@pytest.fixture(scope="session")
def lite0(featurizer):
    """EfficientNet-Lite0 with its real weights, float32, open on two threads."""
    return featurizer("efficientnet_lite0", precision="float32").prepare().open(threads=2)


@pytest.fixture(scope="session")
def relative_error():
    """The largest difference of two rows, relative to the largest value of the second."""

    def relative_error(actual, expected):
        return float((np.abs(actual - expected).max(axis=1) / np.abs(expected).max(axis=1)).max())

    return relative_error
