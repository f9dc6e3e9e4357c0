"""Every network of keras.applications, with its own preprocessing and weights."""

import importlib
import urllib.request

import numpy as np
import pytest
from PIL import Image

from pixelmill.errors import InputError
from pixelmill.featurizers import keras_source
from pixelmill.featurizers.keras_applications import KerasApplication


@pytest.fixture(scope="module")
def random_weights():
    """The random weights of a MobileNet without its classifier."""
    return KerasApplication("mobilenet", "random").build(None).get_weights()


@pytest.fixture
def headless():
    """That MobileNet."""
    return KerasApplication("mobilenet", "random").build(None)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Files of weights: that MobileNet without and with its classifier, new and old format."""
    import h5py
    from keras.src.legacy.saving import legacy_h5_format

    folder = tmp_path_factory.mktemp("weights")
    headless = KerasApplication("mobilenet", "random").build(None)
    headless.save_weights(folder / "headless.weights.h5")
    with h5py.File(folder / "old.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, headless)
    whole = KerasApplication("mobilenet", "random").build("predictions")
    assert whole.output.shape == (None, 1000)
    whole.save_weights(folder / "whole.weights.h5")
    with h5py.File(folder / "old_whole.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, whole)
    return folder


@pytest.mark.parametrize(
    ("name", "module", "side"),
    [
        ("resnet50", "resnet50", 224),
        ("vgg16", "vgg16", 224),
        ("inception_v3", "inception_v3", 299),
        ("mobilenet_v2", "mobilenet_v2", 224),
    ],
)
def test_what_enters_the_network_is_preprocessed_as_its_own_function_does(
    featurizer, encode, name, module, side
):
    preprocess = importlib.import_module(f"keras.applications.{module}").preprocess_input
    pixels = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
    entrance = featurizer(
        name, weights="random", layer="input_layer", pooling="none", precision="float32"
    )
    files = [encode(Image.fromarray(image), "PNG") for image in pixels]
    features = entrance.prepare().open(2)(files).features
    expected = preprocess(pixels.astype(np.float32)).reshape(2, -1)
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-4)


def test_it_agrees_with_keras_on_the_same_pixels(
    featurizer, weights, headless, files, pixels, relative_error
):
    from keras.applications.mobilenet import preprocess_input

    location = str(weights / "headless.weights.h5")
    chosen = featurizer("mobilenet", weights=location, precision="float32")
    maps = headless(preprocess_input(pixels.astype(np.float32)), training=False).numpy()
    features = chosen.prepare().open(2)(files).features
    assert features.shape == (4, 1024)
    assert relative_error(features, maps.mean(axis=(1, 2))) < 1e-4


@pytest.mark.parametrize("name", sorted(keras_source.networks()))
def test_input_sizes_are_those_of_keras(monkeypatch, name):
    import keras
    from keras.src.applications import imagenet_utils

    found = []

    def record(*_, default_size, **__):
        found.append(default_size)
        raise StopIteration

    monkeypatch.setattr(imagenet_utils, "obtain_input_shape", record)
    backbone = KerasApplication(name, "random")
    try:
        getattr(keras.applications, keras_source.networks()[name][1])(weights=None)
    except StopIteration:
        assert backbone.input_size == (found[0], found[0])
    else:
        assert name.startswith("mobilenet_v3")  # takes any size; trained on 224
        assert backbone.input_size == (224, 224)


def test_random_weights_are_the_same_every_time(random_weights):
    again = KerasApplication("mobilenet", "random").build(None).get_weights()
    for one, other in zip(random_weights, again, strict=True):
        assert (one == other).all()
    expected = np.random.default_rng(0).standard_normal((3, 3, 3, 32), np.float32)
    np.testing.assert_allclose(again[0], expected * np.sqrt(2 / 27), rtol=1e-6)


@pytest.mark.parametrize(
    "name", ["headless.weights.h5", "whole.weights.h5", "old.h5", "old_whole.h5"]
)
def test_a_file_of_weights_is_loaded_with_or_without_classifier(weights, random_weights, name):
    model = KerasApplication("mobilenet", str(weights / name)).build(None)
    assert model.output.shape == (None, 7, 7, 1024)
    for one, other in zip(model.get_weights(), random_weights, strict=True):
        assert (one == other).all()


def test_weights_are_read_from_s3(featurizer, weights, s3):
    data = (weights / "headless.weights.h5").read_bytes()
    s3.put_object(Bucket="photos", Key="models/mine.weights.h5", Body=data)
    local = featurizer("mobilenet", weights=str(weights / "headless.weights.h5"))
    remote = featurizer("mobilenet", weights="s3://photos/models/mine.weights.h5")
    assert remote.describe() == local.describe()
    with pytest.raises(InputError, match=r"^weights: .*s3://photos/models/none\.weights\.h5"):
        featurizer("mobilenet_v2", weights="s3://photos/models/none.weights.h5").describe()


@pytest.mark.parametrize("name", ["headless.weights.h5", "old.h5"])
def test_weights_of_another_network_are_refused(featurizer, weights, name):
    with pytest.raises(InputError, match=rf"^weights: .*{name} is of another network than"):
        featurizer("mobilenet_v2", weights=str(weights / name)).prepare()


@pytest.mark.parametrize("name", ["damaged.weights.h5", "damaged.h5", "text.weights.h5"])
def test_a_damaged_file_of_weights_is_one_sentence(featurizer, weights, tmp_path, name):
    data = (weights / "headless.weights.h5").read_bytes()
    (tmp_path / name).write_bytes(b"hello" if name.startswith("text") else data[:100_000])
    with pytest.raises(InputError, match=rf"^weights: .*{name} is damaged or not an HDF5 file"):
        featurizer("mobilenet", weights=str(tmp_path / name)).prepare()


def test_a_missing_file_and_a_file_that_could_hold_code_are_refused_at_once(featurizer, tmp_path):
    with pytest.raises(InputError, match=r"^weights: .*none\.h5 cannot be read"):
        featurizer("mobilenet_v2", weights=str(tmp_path / "none.h5")).describe()
    with pytest.raises(InputError, match=r"ends in \.weights\.h5 or \.h5$"):
        featurizer("mobilenet_v2", weights=str(tmp_path / "model.keras")).describe()


def test_imagenet_weights_that_cannot_be_had_name_the_file_and_its_place(
    featurizer, tmp_path, monkeypatch
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    # urllib keeps the proxies that it finds at its first use.
    monkeypatch.setattr(urllib.request, "_opener", None)
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")  # nobody listens there: as if offline
    name = "mobilenet_1_0_224_tf_no_top.h5"
    with pytest.raises(InputError) as caught:
        featurizer("mobilenet").prepare()
    assert str(caught.value).startswith(f"weights: {name} could not be downloaded from https://")
    assert str(tmp_path / "models" / name) in str(caught.value)


def test_an_unknown_layer_suggests_the_nearest_before_any_download(featurizer):
    message = r"^layer: .*no 'conf_pw_6_relu'; the nearest are conv_pw_\d+_"
    with pytest.raises(InputError, match=message):
        featurizer("mobilenet", layer="conf_pw_6_relu").prepare()
