"""A featurizer that is no network takes the same way through Spark."""

import json

import numpy as np
import pytest
from PIL import Image

from pixelmill.featurizers import find_featurizer
from pixelmill.parameters import FeaturizationParameters

COLOUR = {"featurizer": "colour_statistics", "precision": "auto"}


@pytest.fixture
def colours(data_set, assets):
    """A data set of colours, JPEG and PNG, with a broken file among them."""
    for number, photo in enumerate(sorted((assets / "colours").rglob("*.*"))[::6]):
        (data_set.images / f"{number:02}{photo.suffix}").write_bytes(photo.read_bytes())
    jpeg = next(data_set.images.glob("*.jpg")).read_bytes()
    (data_set.images / "half.jpg").write_bytes(jpeg[: len(jpeg) // 2])
    (data_set.images / "unended.jpg").write_bytes(jpeg[:-2])
    return data_set


def test_every_image_has_a_row_and_only_what_is_new_is_done(colours):
    rows, profile = colours.run(**COLOUR)
    assert profile["images"] == len(rows) == len(list(colours.images.iterdir()))
    assert rows["half.jpg"].error.startswith("truncated image")
    assert profile["failures"] == {"truncated image": 1}
    assert rows["unended.jpg"].error is None
    assert profile["remarks"] == {"JPEG without its end marker": 1}
    assert profile["precision"] is None
    assert profile["bottleneck"]
    Image.new("RGB", (8, 8), (255, 0, 0)).save(colours.images / "red.png")
    rows, profile = colours.run(**COLOUR)
    assert (profile["images"], profile["already_done"]) == (1, len(rows) - 1)
    assert rows["red.png"].features[:7] == pytest.approx([255, 0, 0, 0, 0, 0, 0], abs=1e-4)


def test_its_description_opens_it_again_for_the_same_features_without_spark(colours):
    rows, _ = colours.run(**COLOUR)
    description = json.loads((colours.storage / "featurizer.json").read_text())
    assert len(description["columns"]) == 18
    again = find_featurizer(FeaturizationParameters(**description["parameters"]))
    assert again.describe().items() <= description.items()
    paths = sorted(path for path in rows if rows[path].error is None)
    alone = again.prepare().open(1)([(colours.images / path).read_bytes() for path in paths])
    np.testing.assert_array_equal([rows[path].features for path in paths], alone.features)
