"""Joined features are those of the images in the index, whatever earlier runs left."""

import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from pixelmill.datasets.feature_folders import FeatureFolders
from pixelmill.datasets.feature_sets import FeatureSet, FeatureSets
from pixelmill.datasets.image_index import ImageIndex
from pixelmill.errors import InputError
from pixelmill.featurization.parts import (
    check_names,
    described,
    find_parts,
)
from pixelmill.featurizers import find_featurizer
from pixelmill.parameters import FeaturizationParameters, ModellingParameters
from pixelmill.pipelines.featurization.nodes import compare_joined, complete_joined
from pixelmill.pipelines.modelling.joining import find_sets

CURRENT = {"fingerprint": "current", "network": "resnet50"}
COLOURS = FeaturizationParameters(featurizer="colour_statistics")
DESCRIBED = described(find_featurizer(COLOURS), COLOURS)
HOW = FeaturizationParameters(chunk_size=3, max_pixels=1000)


@dataclass
class Joining:
    """The features that are joined to those of a current featurizer, which is none here.

    Attributes:
        photos: The data set of their images.
        folder: Folder of the features.
    """

    photos: object
    folder: Path

    def sets(self):
        return FeatureSets(filepath=f"{self.folder}/features", image_index=f"{self.folder}/index")

    def index(self):
        """Lists the images; returns the table."""
        dataset = ImageIndex(filepath=f"{self.folder}/index")
        dataset.save(
            self.photos.index().selectExpr("path", "string(null) as label", "size", "modified")
        )
        return dataset.load()

    def complete(self, *names, steps=None, **how):
        """Brings the sets of these names up to the index; returns the last profile."""
        index = self.index()
        stored = FeatureFolders(filepath=f"{self.folder}/features").load()
        modelling = ModellingParameters(features=list(names) or None)
        how = FeaturizationParameters(chunk_size=3, **how)
        found = compare_joined(index, stored, self.sets().load(), CURRENT, modelling.features, how)
        parts, *tables = found
        tables = [self._saved(table) for table in tables]
        source = {"root": str(self.photos.images), "count": index.count()}
        done = complete_joined(parts, *tables, source)
        profiles = []
        for update, profile in itertools.islice(done, steps):
            self.sets().save(update)
            profiles.append(profile)
        return profiles[-1]

    def rows(self, name="colour_statistics"):
        """The rows of a joined set by path."""
        (found,) = find_sets([name], CURRENT, self.sets().load())
        return {row.path: row for row in found.load().collect()}

    def _saved(self, table):
        frame = self.photos.spark.createDataFrame
        return frame(table) if hasattr(table, "num_rows") else frame(table.collect(), table.schema)


@pytest.fixture
def joining(data_set, tmp_path):
    for number in range(4):
        colour = (40 * number, 0, 0)
        Image.new("RGB", (8, 8), colour).save(data_set.images / f"{number}.png")
    return Joining(data_set, tmp_path)


def test_a_missing_set_is_made_and_a_stored_one_follows_the_index(joining):
    joining.complete("colour_statistics", "resnet50")
    assert joining.rows().keys() == {"0.png", "1.png", "2.png", "3.png"}
    images = joining.photos.images
    Image.new("RGB", (8, 8), (0, 200, 0)).save(images / "new.png")
    Image.new("RGB", (9, 9), (0, 0, 200)).save(images / "1.png")
    (images / "0.png").unlink()
    profile = joining.complete("resnet50", "colour_statistics")
    assert (profile["images"], profile["already_done"]) == (2, 2)
    rows = joining.rows()
    assert rows.keys() == {"1.png", "2.png", "3.png", "new.png"}
    assert rows["1.png"].features[4] == 200
    assert joining.complete("colour_statistics")["images"] == 0


def test_without_names_nothing_is_done(joining):
    assert joining.complete() == {"images": 0}
    assert joining.sets().load() == []


def test_a_set_of_other_images_is_never_joined(joining):
    joining.complete("colour_statistics")
    Image.new("RGB", (8, 8)).save(joining.photos.images / "new.png")
    joining.index()
    with pytest.raises(InputError, match=r"is of other images .*--pipelines featurization`"):
        joining.rows()


def test_a_run_that_dies_leaves_a_set_that_the_next_one_completes(joining):
    joining.complete("colour_statistics")
    for number in range(7):
        Image.new("RGB", (8, 8), (0, number, 0)).save(joining.photos.images / f"new{number}.png")
    joining.complete("colour_statistics", steps=1)
    with pytest.raises(InputError, match="has no features of 'colour_statistics'"):
        joining.rows()
    profile = joining.complete("colour_statistics")
    assert 0 < profile["images"] < 7
    assert len(joining.rows()) == 11


def test_a_raised_limit_tries_again_in_joined_features_too(joining):
    joining.complete("colour_statistics", max_pixels=10)
    assert joining.rows()["0.png"].error == "too many pixels: 64, max_pixels is 10"
    joining.complete("colour_statistics", max_pixels=100)
    assert joining.rows()["0.png"].error is None


def stored(description, complete=True):
    return FeatureSet(description, lambda: None, complete)


def found(name, *sets):
    (part,) = find_parts([name], CURRENT, sets, HOW)
    return part


def test_a_stored_set_is_opened_with_the_limits_of_this_run():
    fc2 = FeaturizationParameters(
        featurizer="vgg16", layer="fc2", weights="random", precision="float32"
    )
    description = described(find_featurizer(fc2), fc2)
    for name in ("vgg16", description["fingerprint"]):
        for complete in (True, False):
            part = found(name, stored(description, complete))
            assert part.fingerprint == description["fingerprint"]
            assert (part.parameters.layer, part.parameters.max_pixels) == ("fc2", 1000)


def test_features_of_an_earlier_version_are_recomputed_and_then_preferred():
    early = DESCRIBED | {"fingerprint": "early", "conventions": "others"}
    assert found("colour_statistics", stored(early)).fingerprint == DESCRIBED["fingerprint"]
    both = [stored(early), stored(DESCRIBED)]
    assert find_sets(["colour_statistics"], CURRENT, both) == both[1:]
    with pytest.raises(InputError, match="features early were made by an earlier version"):
        found("early", stored(early))


def test_several_sets_of_a_name_are_refused_with_their_fingerprints():
    sets = []
    for layer in ("fc1", "fc2"):
        parameters = FeaturizationParameters(
            featurizer="vgg16", layer=layer, weights="random", precision="float32"
        )
        sets.append(stored(described(find_featurizer(parameters), parameters)))
    marks = [one.fingerprint for one in sets]
    with pytest.raises(InputError, match=f"several 'vgg16': name one of {marks[0]} or {marks[1]}"):
        found("vgg16", *sets)


def test_an_unknown_name_is_one_sentence_with_the_nearest():
    with pytest.raises(InputError, match=r"modelling\.features: .*did you mean colour_statistics"):
        found("colour_statistic")
    with pytest.raises(InputError, match="did you mean colour_statistics"):
        check_names(["0123456789abcdef", "colour_statistic"])


def test_descriptions_that_this_version_cannot_read_are_reported():
    odd = json.loads(json.dumps(DESCRIBED))
    odd["parameters"]["zoom"] = 3
    with pytest.raises(InputError, match="were made by another version of pixelmill"):
        found("colour_statistics", stored(odd))
