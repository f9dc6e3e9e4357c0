"""The training images of a search: folds as scikit-learn draws them, a hash of all they are."""

import numpy as np
import pyarrow as pa
import pytest

from pixelmill.errors import InputError
from pixelmill.grid.folds import folds_of
from pixelmill.grid.training import collect_folded, scan_training
from pixelmill.parameters import GridParameters

GRID = GridParameters(folds=2, points=[{"estimator": "svm_sgd"}])
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


def test_images_come_sorted_by_path(table):
    images = collect_folded(table(partitions=3), ["10", "9"], GRID, {})
    order = sorted(range(6), key=lambda number: PATHS[number])
    np.testing.assert_array_equal(images.features, FEATURES[order])
    assert images.features.dtype == np.float32
    assert [images.labels[number] for number in images.target] == [LABELS[row] for row in order]
    np.testing.assert_array_equal(images.fold, folds_of(images.target, np.arange(6), GRID))


def test_a_scan_counts_what_is_there(table):
    scan = scan_training(table())
    assert (scan.sizes, scan.dimension, scan.images) == ({"10": 3, "9": 3}, 2, 6)


def test_copies_are_those_of_the_training_images(table):
    paths, groups = [PATHS[0], PATHS[3], PATHS[4], "test.png", PATHS[1]], [7, 7, 5, 5, 9]
    scan = scan_training(table(), pa.table({"path": paths, "group": groups}))
    assert scan.copies == {PATHS[0]: 0, PATHS[3]: 0}
    assert scan.pictures == {"10": 3, "9": 2}
    assert scan.digest != scan_training(table()).digest
    alone = scan_training(table(), pa.table({"path": paths[2:], "group": groups[2:]}))
    assert alone == scan_training(table())
    images = collect_folded(table(), ["10", "9"], GRID, scan.copies)
    fold = dict(zip(sorted(PATHS), images.fold.tolist(), strict=True))
    assert fold[PATHS[0]] == fold[PATHS[3]]


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
        collect_folded(table(features=broken), ["10", "9"], GRID, {})
