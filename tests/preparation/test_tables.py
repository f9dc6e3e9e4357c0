"""Over partitions a preparation comes to the numbers that it has in one place."""

from itertools import product

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.ml.feature import PCA
from pyspark.ml.functions import array_to_vector
from scipy.linalg import subspace_angles

from pixelmill.errors import InputError
from pixelmill.parameters import PreparationParameters
from pixelmill.preparation import fitting, pieces
from pixelmill.preparation.fitting import fit_arrays
from pixelmill.preparation.tables import fit_preparation, prepared


def images(count, dimension):
    """float32 [count, dimension]: correlated, with one constant feature."""
    random = np.random.default_rng(count)
    rows = random.normal(size=(count, dimension)) * np.geomspace(1, 0.05, dimension)
    rows = rows @ random.normal(size=(dimension, dimension)) + random.normal(size=dimension)
    rows[:, dimension // 2] = 0.1
    return rows.astype(np.float32)


@pytest.fixture
def table(spark):
    """Makes a table of training images."""

    def table(features, partitions):
        paths = [f"{number:06}.jpg" for number in range(len(features))]
        lists = pa.array(list(features), pa.list_(pa.float32()))
        target = pa.array(range(len(features)), pa.int32())
        rows = pa.table({"path": paths, "features": lists, "target": target})
        return spark.createDataFrame(rows).repartition(partitions)

    return table


@pytest.fixture
def small_pieces(monkeypatch):
    """Pieces of a Gram matrix so small that a test's has several."""
    monkeypatch.setattr(pieces, "PIECE_BYTES", 8 * 20 * 7)


def assert_same(found, expected):
    for name in ("mean", "deviation", "centre", "components", "variance_share"):
        one, other = getattr(found, name), getattr(expected, name)
        assert (one is None) == (other is None), name
        if one is not None:
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-9, err_msg=name)


@pytest.mark.parametrize(
    ("shape", "scale", "normalize", "pca"),
    [
        *(((150, 20), *steps) for steps in product([True, False], [True, False], [6])),
        ((150, 20), True, True, None),
        ((150, 20), True, False, 0.9),
        ((20, 150), True, True, 0.9),
    ],
)
@pytest.mark.usefixtures("small_pieces")
def test_it_equals_the_fit_in_one_place(table, shape, scale, normalize, pca):
    features = images(*shape)
    parameters = PreparationParameters(scale=scale, normalize=normalize, pca=pca)
    found = fit_preparation(table(features, 3), parameters)
    assert_same(found, fit_arrays(features, parameters))
    assert (found.normalize, found.dimension) == (normalize, shape[1])


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(1, 12), st.sampled_from([5, 40]))
@pytest.mark.usefixtures("small_pieces")
def test_the_number_of_partitions_changes_nothing(table, partitions, count):
    features = images(count, 20)  # with fewer images than partitions some of these are empty
    parameters = PreparationParameters(normalize=True, pca=3)
    found = fit_preparation(table(features, partitions), parameters)
    assert_same(found, fit_arrays(features, parameters))


def test_its_components_span_the_subspace_of_spark_ml(table):
    rows = table(images(300, 40), 3)
    found = fit_preparation(rows, PreparationParameters(scale=False, pca=10))
    vectors = rows.select(array_to_vector("features").alias("vector"))
    spark_ml = PCA(k=10, inputCol="vector", outputCol="out").fit(vectors)
    angles = subspace_angles(found.components.T, spark_ml.pc.toArray())
    assert angles.max() < 1e-4
    np.testing.assert_allclose(found.variance_share, spark_ml.explainedVariance.toArray())


def test_rows_are_prepared_where_they_are(table):
    features = images(60, 20)
    preparation = fit_arrays(features, PreparationParameters(normalize=True, pca=4))
    rows = prepared(table(features, 3), preparation)
    assert rows.dtypes == [("path", "string"), ("features", "array<double>"), ("target", "int")]
    rows = rows.orderBy("path").toArrow()
    np.testing.assert_array_equal(rows["target"], range(60))
    found = np.array(rows["features"].to_pylist())
    np.testing.assert_allclose(found, preparation.apply(features), rtol=0, atol=1e-12)


def test_features_that_are_no_numbers_are_refused_with_an_example(table):
    features = images(30, 5)
    features[[3, 7, 9], 2] = np.nan, np.inf, np.nan
    with pytest.raises(InputError, match=r"^features of 3 images .*\(00000[379]\.jpg among them"):
        fit_preparation(table(features, 4), PreparationParameters())
    with pytest.raises(InputError, match=r"^features of 3 images are not finite numbers:"):
        fit_preparation(table(features, 4).select("features"), PreparationParameters())


def test_a_matrix_that_no_driver_holds_is_refused(table, monkeypatch):
    monkeypatch.setattr(fitting, "LARGEST_GRAM_BYTES", 8 * 20 * 20)
    rows = table(images(30, 40), 1)
    with pytest.raises(InputError, match=r"pca: 40 features of 30 images .* set pca: null"):
        fit_preparation(rows, PreparationParameters(pca=1, normalize=True))


def test_no_images_and_too_many_components_are_refused(table):
    rows = table(images(6, 4), 2)
    with pytest.raises(InputError, match=r"no training image with features: check"):
        fit_preparation(rows.limit(0), PreparationParameters())
    with pytest.raises(InputError, match="take 4 at most"):
        fit_preparation(rows, PreparationParameters(pca=5))
