"""The training images of a search: folds as scikit-learn draws them, a hash of all they are."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedKFold

from pixelmill.errors import InputError
from pixelmill.grid.training import collect_folded, folds_of, scan_training
from pixelmill.parameters import GridParameters

POINTS = [{"estimator": "svm_sgd"}]
PATHS = [f"{name}.png" for name in ("b", "é", "a", "𝄞", "z", "\ufffd")]
LABELS = ["10", "9", "10", "9", "9", "10"]
FEATURES = np.arange(12, dtype=np.float32).reshape(6, 2) / 7


@pytest.fixture
def table(spark):
    def make(paths=PATHS, labels=LABELS, features=FEATURES, partitions=1):
        rows = pa.array(list(features), pa.list_(pa.float32()))
        columns = pa.table({"path": paths, "label": labels, "features": rows})
        return spark.createDataFrame(columns).repartition(partitions)

    return make


@given(st.lists(st.integers(0, 3), min_size=4, max_size=60), st.integers(2, 4), st.integers(0, 9))
def test_folds_are_those_of_scikit_learn(classes, folds, seed):
    target = np.array(classes + list(range(4)) * folds)
    names = np.array(["d", "b", "a", "c"])[target]
    drawn = StratifiedKFold(folds, shuffle=True, random_state=seed).split(target, names)
    found = folds_of(target, GridParameters(folds=folds, seed=seed, points=POINTS))
    for number, (train, held_out) in enumerate(drawn):
        np.testing.assert_array_equal(np.flatnonzero(found == number), held_out)
        np.testing.assert_array_equal(np.flatnonzero(found != number), train)


def test_images_come_sorted_by_path(table):
    grid = GridParameters(folds=2, points=POINTS)
    images = collect_folded(table(partitions=3), ["10", "9"], grid)
    order = sorted(range(6), key=lambda number: PATHS[number])
    np.testing.assert_array_equal(images.features, FEATURES[order])
    assert images.features.dtype == np.float32
    assert [images.labels[number] for number in images.target] == [LABELS[row] for row in order]
    np.testing.assert_array_equal(images.fold, folds_of(images.target, grid))


def test_a_scan_counts_what_is_there(table):
    scan = scan_training(table())
    assert (scan.sizes, scan.dimension, scan.images) == ({"10": 3, "9": 3}, 2, 6)


def test_the_digest_knows_paths_labels_and_features_and_no_order(table):
    digest = scan_training(table()).digest
    assert scan_training(table(PATHS[::-1], LABELS[::-1], FEATURES[::-1], 4)).digest == digest
    nudged = np.nextafter(FEATURES, np.float32(9))
    others = [
        table(features=nudged),
        table(labels=["9", *LABELS[1:]]),
        table(paths=["c.png", *PATHS[1:]]),
        table(PATHS[1:], LABELS[1:], FEATURES[1:]),
    ]
    assert len({digest, *(scan_training(other).digest for other in others)}) == 5


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_that_are_no_numbers_are_refused_with_an_image(table, value):
    broken = FEATURES.copy()
    broken[3, 1] = value
    with pytest.raises(InputError, match=r"features of 1 image are not finite .*𝄞"):
        collect_folded(table(features=broken), ["10", "9"], GridParameters(folds=2, points=POINTS))
