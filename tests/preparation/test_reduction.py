"""The map's features are computed for any number of images, in the driver and in tasks alike."""

import numpy as np
import pyarrow as pa
import pytest

from pixelmill.errors import InputError
from pixelmill.parameters import PreparationParameters
from pixelmill.preparation.fitting import ArrayFeatures
from pixelmill.preparation.reduction import (
    check_features,
    extent,
    fit_reduction,
    reduced,
    reduced_array,
)
from pixelmill.preparation.tables import TableFeatures
from pixelmill.spark.vectors import collect_by_path

FIFTY = PreparationParameters(pca=50)


def rows_of(images, dimension, seed=0):
    return np.random.default_rng(seed).normal(size=(images, dimension)).astype(np.float32)


def table_of(spark, rows, errors=None):
    errors = errors or [None] * len(rows)
    vectors = [None if error else row for row, error in zip(rows, errors, strict=True)]
    return spark.createDataFrame(
        pa.table(
            {
                "path": pa.array([f"{number:04d}.jpg" for number in range(len(rows))]),
                "features": pa.array(vectors, pa.list_(pa.float32())),
                "error": pa.array(errors, pa.string()),
            }
        )
    )


@pytest.mark.parametrize(
    ("images", "dimension", "width", "note"),
    [
        (100, 64, 50, None),
        (100, 8, 8, "preparation.pca lowered from 50 to 8: there are 100 images of 8 features"),
        (3, 64, 2, "preparation.pca lowered from 50 to 2: there are 3 images of 64 features"),
        (2, 64, 1, "preparation.pca lowered from 50 to 1: there are 2 images of 64 features"),
        (1, 64, 64, "one image: there is no component with any variance"),
    ],
)
def test_components_are_lowered_to_what_the_images_allow(images, dimension, width, note):
    rows = rows_of(images, dimension)
    fitted, notes = fit_reduction(ArrayFeatures(rows), FIFTY)
    made = reduced_array(rows, fitted)
    assert made.shape == (images, width)
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    assert notes == ([note] if note else [])


@pytest.mark.parametrize("pca", [50, 0.95])
@pytest.mark.parametrize("normalize", [False, True])
def test_images_that_are_all_equal_stay_equal(pca, normalize):
    wanted = PreparationParameters(pca=pca, normalize=normalize)
    rows = np.tile(rows_of(1, 32), (20, 1))
    fitted, notes = fit_reduction(ArrayFeatures(rows), wanted)
    assert np.ptp(reduced_array(rows, fitted), axis=0).max() == 0
    assert "the same features" in notes[0]


def test_rows_that_only_their_length_told_apart_have_no_components_either():
    rows = rows_of(1, 32) * np.arange(1, 9, dtype=np.float32)[:, None]
    wanted = PreparationParameters(scale=False, normalize=True, pca=5)
    fitted, notes = fit_reduction(ArrayFeatures(np.round(rows * 64)), wanted)
    assert fitted.width in (5, 32)  # by rounding
    assert np.isfinite(reduced_array(rows, fitted)).all()
    assert len(notes) <= 1


@pytest.mark.parametrize("partitions", [1, 3])
def test_tasks_and_this_process_reduce_alike(spark, partitions):
    rows = rows_of(60, 16) * np.geomspace(8, 1, 16, dtype=np.float32)
    wanted = PreparationParameters(pca=4)
    here, _ = fit_reduction(ArrayFeatures(rows), wanted)
    table = table_of(spark, rows).repartition(partitions)
    in_tasks, _ = fit_reduction(TableFeatures(table), wanted)
    made, paths = collect_by_path(reduced(table, in_tasks))
    assert paths["path"].to_pylist() == sorted(paths["path"].to_pylist())
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, reduced_array(rows, here), atol=1e-5)


def test_the_extent_counts_images_with_features_alone(spark):
    table = table_of(spark, rows_of(5, 7), [None, "truncated", None, None, "vanished"])
    found = extent(table, table)
    assert (found.images, found.usable, found.dimension, found.bytes) == (5, 3, 7, 84)
    none = table.where("error is not null")
    assert (extent(none, none).usable, extent(none, none).dimension) == (0, 0)
    some = extent(table.where("path > '0002'").select("path"), table)  # the last three
    assert (some.images, some.usable) == (3, 2)


def test_features_that_are_not_finite_are_refused():
    rows = rows_of(5, 3)
    rows[2, 1] = np.nan
    with pytest.raises(InputError, match="not finite"):
        check_features(rows)
