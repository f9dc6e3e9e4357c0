"""The features that a classifier sees, by the names of their featurizers."""

import pyarrow as pa
import pytest

from pixelmill.datasets.feature_sets import FeatureSet
from pixelmill.errors import InputError
from pixelmill.pipelines.modelling.joining import find_sets, joined_description, joined_features


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


def test_features_are_joined_for_the_images_that_have_them_all(spark, caplog):
    def table(**rows):
        columns = {
            "path": pa.array(list(rows), pa.string()),
            "features": pa.array(list(rows.values()), pa.list_(pa.float32())),
            "error": pa.array([None if row else "not an image" for row in rows.values()]),
        }
        return spark.createDataFrame(pa.table(columns))

    sets = [
        feature_set("x", "1", table(a=[1, 2], b=[3, 4], c=None, d=[8, 9])),
        feature_set("y", "2", table(b=[6], a=[5], c=[7], d=None)),
    ]
    rows = joined_features(sets).collect()
    assert sorted(map(tuple, rows)) == [("a", [1, 2, 5]), ("b", [3, 4, 6])]
    (warning,) = caplog.messages
    assert warning.startswith("Images with features of x but not of y: 1 (not an image).")
