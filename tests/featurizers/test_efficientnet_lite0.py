"""The embedded network names what is on real photos."""

import numpy as np
import pytest

from pixelmill.errors import InputError
from pixelmill.featurizers.efficientnet_lite0 import EfficientNetLite0

# The pets that are a class of ImageNet, with its number.
CLASSES = {
    "Egyptian_Mau": 285,
    "Persian": 283,
    "Siamese": 284,
    "keeshond": 261,
    "pug": 254,
    "samoyed": 258,
    "scottish_terrier": 199,
}


@pytest.fixture(scope="module")
def classifier(featurizer):
    return featurizer("efficientnet_lite0", layer="fc", precision="float32").prepare().open(2)


def test_the_classifier_knows_the_pets_of_imagenet(classifier, assets):
    hits = []
    for folder, number in CLASSES.items():
        photos = [path.read_bytes() for path in sorted((assets / "pets" / folder).iterdir())]
        probabilities = classifier(photos).features
        assert probabilities.shape == (len(photos), 1000)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-3)
        hits.extend(probabilities.argmax(axis=1) == number)
    assert np.mean(hits) > 0.85


def test_features_are_the_1280_means_before_the_classifier(lite0, classifier, files):
    features = lite0(files).features
    assert features.shape == (4, 1280)
    assert features.dtype == np.float32
    kernel, bias = EfficientNetLite0("imagenet").build("fc").get_layer("fc").get_weights()
    logits = features @ kernel + bias
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(classifier(files).features, expected, rtol=1e-3, atol=1e-6)


def test_it_agrees_with_keras_on_the_same_pixels(lite0, files, pixels, relative_error):
    model = EfficientNetLite0("imagenet").build(None)
    maps = model(((pixels - 127.0) / 128.0).astype(np.float32), training=False).numpy()
    assert relative_error(lite0(files).features, maps.mean(axis=(1, 2))) < 1e-4


def test_an_unknown_layer_suggests_the_nearest(featurizer):
    with pytest.raises(InputError, match=r"no 'block\.3\.add'.* blocks\.\d+\.add"):
        featurizer("efficientnet_lite0", layer="block.3.add").prepare()


def test_a_checkpoint_given_by_its_path_has_the_same_content(featurizer, tmp_path):
    data = EfficientNetLite0("imagenet")._file.data
    copy = tmp_path / "mine.pth"
    copy.write_bytes(data)
    mine = featurizer("efficientnet_lite0", weights=str(copy)).describe()
    assert mine == featurizer("efficientnet_lite0").describe()


def test_a_damaged_checkpoint_is_one_sentence(featurizer, tmp_path):
    damaged = tmp_path / "damaged.pth"
    damaged.write_bytes(EfficientNetLite0("imagenet")._file.data[:-1000])
    with pytest.raises(InputError, match=r"^weights: .*damaged\.pth is not a PyTorch checkpoint"):
        featurizer("efficientnet_lite0", weights=str(damaged)).prepare()


def test_a_checkpoint_of_another_network_is_refused(featurizer, tmp_path):
    data = EfficientNetLite0("imagenet")._file.data
    other = tmp_path / "other.pth"
    for old, new, difference in (
        (b"_blocks.0._bn1.weight", b"_blocks.0._bn7.weight", "it lacks _blocks.0._bn1.weight"),
        (b"_bn1.num_batches_tracked", b"_se_.expand_conv_weights", "it also has"),
    ):
        assert old in data
        other.write_bytes(data.replace(old, new, 1))
        with pytest.raises(InputError, match=rf"^weights: .* is of another network .*{difference}"):
            featurizer("efficientnet_lite0", weights=str(other)).prepare()
