"""Featurizers are found by their names."""

import pytest

from pixelmill.errors import InputError
from pixelmill.featurizers import find_featurizer
from pixelmill.parameters import FeaturizationParameters


@pytest.mark.parametrize("name", ["efficientnet_lite0", "resnet50", "vgg16", "efficientnet_v2_b0"])
def test_featurizers_are_found_by_name(name):
    parameters = FeaturizationParameters(featurizer=name)
    assert find_featurizer(parameters).describe()["network"] == name


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("resnet5", "resnet50"),
        ("ResNet50V2", "resnet50_v2"),
        ("efficientnet_lite", "efficientnet_lite0"),
        ("decoding", "efficientnet_lite0|densenet"),
        ("keras_applications", ""),
        ("qqqq", "efficientnet_lite0"),
    ],
)
def test_an_unknown_featurizer_suggests_the_nearest(name, nearest):
    with pytest.raises(InputError, match=rf"^featurizer: there is no '{name}'; .*({nearest})"):
        find_featurizer(FeaturizationParameters(featurizer=name))
