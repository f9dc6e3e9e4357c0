"""The features that a classifier sees, by the names of their featurizers."""

from dataclasses import replace

import pyarrow as pa
import pytest

from pixelmill.datasets.feature_sets import FeatureSet
from pixelmill.errors import InputError
from pixelmill.pipelines.modelling.joining import (
    find_sets,
    joined_description,
    joined_errors,
    joined_features,
)


def feature_set(name, mark, table=None):
    return FeatureSet({"fingerprint": mark, "network": name}, lambda: table)


STORED = [
    feature_set("resnet50", "1111"),
    feature_set("vgg16", "2222"),
    feature_set("vgg16", "3333"),
]


@pytest.mark.parametrize(
    ("names", "current", "found"),
    [
        (None, "1111", ["1111"]),
        (["resnet50"], "2222", ["1111"]),
        (["vgg16"], "3333", ["3333"]),
        (["2222", "resnet50"], "3333", ["2222", "1111"]),
    ],
)
def test_sets_are_found_by_name_or_fingerprint(names, current, found):
    sets = find_sets(names, {"fingerprint": current}, STORED)
    assert [one.fingerprint for one in sets] == found


def test_several_of_a_name_are_refused_with_their_fingerprints():
    with pytest.raises(InputError, match="several 'vgg16': name one of 2222 or 3333"):
        find_sets(["vgg16"], {"fingerprint": "1111"}, STORED)


def test_features_that_nobody_computed_are_refused_with_the_command():
    with pytest.raises(InputError, match=r"no features of 'x' \(there are: resnet50, vgg16\): run"):
        find_sets(["x"], {"fingerprint": "1111"}, STORED)


def test_one_set_keeps_its_fingerprint_and_an_order_makes_another():
    first, second = STORED[:2]
    assert joined_description([first])["fingerprint"] == "1111"
    both, turned = joined_description([first, second]), joined_description([second, first])
    assert both["parts"] == [first.description, second.description]
    assert len({both["fingerprint"], turned["fingerprint"], "1111", "2222"}) == 4


@pytest.fixture
def two_sets(spark):
    """Features of four images, of which each set lacks one."""

    def table(**rows):
        columns = {
            "path": pa.array(list(rows), pa.string()),
            "features": pa.array(list(rows.values()), pa.list_(pa.float32())),
            "error": pa.array([None if row else "not an image" for row in rows.values()]),
        }
        return spark.createDataFrame(pa.table(columns))

    return [
        feature_set("x", "1", table(a=[1, 2], b=[3, 4], c=None, d=[8, 9])),
        feature_set("y", "2", table(b=[6], a=[5], c=[7], d=None)),
    ]


@pytest.mark.parametrize("memory", [True, False])
@pytest.mark.parametrize(("names", "failed"), [("x", "c"), ("y", "d"), ("xy", "cd")])
def test_an_image_that_one_of_the_sets_lacks_is_an_error(two_sets, names, failed, memory):
    if memory:
        two_sets = [replace(one, load=one.load().toArrow) for one in two_sets]
    joined = joined_description([one for one in two_sets if one.name in names])
    found = joined_errors(two_sets, joined)
    rows = dict(map(tuple, (found.toArrow() if not memory else found).to_pandas().to_numpy()))
    assert rows == {path: "not an image" if path in failed else None for path in "abcd"}


def test_errors_of_features_that_are_gone_are_refused(two_sets):
    with pytest.raises(InputError, match=r"has no features of '1' .*: run"):
        joined_errors(two_sets[1:], joined_description(two_sets))


def test_features_are_joined_for_the_images_that_have_them_all(two_sets, caplog):
    rows = joined_features(two_sets).collect()
    assert sorted(map(tuple, rows)) == [("a", [1, 2, 5]), ("b", [3, 4, 6])]
    (warning,) = caplog.messages
    assert warning.startswith("Images with features of x but not of y: 1 (not an image).")
