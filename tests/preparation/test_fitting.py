"""A preparation has scikit-learn's numbers, whatever is left out and however rows are divided."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Normalizer, StandardScaler

from pixelmill.errors import InputError
from pixelmill.parameters import PreparationParameters
from pixelmill.preparation import fitting, from_files
from pixelmill.preparation.fitting import fit_arrays
from pixelmill.preparation.moments import Moments, moments_of


def images(count, dimension, seed=0):
    """float32 [count, dimension]: correlated, of unlike means and deviations, one constant."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(count, dimension)) * np.geomspace(1, 0.05, dimension)
    rows = rows @ np.linalg.qr(random.normal(size=(dimension, dimension)))[0]
    rows = rows * random.uniform(0.5, 2, dimension) + random.normal(size=dimension) * 5
    rows[:, dimension // 2] = 0.1
    return rows.astype(np.float32)


def wanted(scale, normalize, pca):
    """The parameters, and scikit-learn's pipeline for them."""
    steps = [StandardScaler()] * scale + [Normalizer()] * normalize
    steps += [PCA(pca, svd_solver="full")] * (pca is not None)
    return PreparationParameters(scale=scale, normalize=normalize, pca=pca), steps


@pytest.mark.parametrize(
    ("scale", "normalize", "pca"), product([True, False], [True, False], [None, 1, 12, 0.5, 0.95])
)
@pytest.mark.parametrize("shape", [(200, 30), (30, 200), (31, 30), (30, 30)])
def test_all_combinations_equal_scikit_learn(shape, scale, normalize, pca):
    features, new = images(*shape), images(*shape, seed=1).astype(np.float64)
    parameters, steps = wanted(scale, normalize, pca)
    preparation = fit_arrays(features, parameters)
    if not steps:
        assert (preparation.apply(new) == new).all()
        return
    pipeline = make_pipeline(*steps).fit(features.astype(np.float64))
    np.testing.assert_allclose(preparation.apply(new), pipeline.transform(new), rtol=0, atol=1e-9)
    assert preparation.width == preparation.apply(new).shape[1]
    if pca is not None:
        shares = pipeline[-1].explained_variance_ratio_
        np.testing.assert_allclose(preparation.variance_share, shares, rtol=0, atol=1e-9)
        products = preparation.components @ preparation.components.T
        np.testing.assert_allclose(products, np.eye(preparation.width), atol=1e-12)


@pytest.mark.parametrize("pca", [0.001, 0.3, 0.7, 0.999, 1 - 1e-12])
def test_a_share_of_variance_takes_as_many_components_as_scikit_learn(pca):
    features = images(90, 25)
    found = fit_arrays(features, PreparationParameters(scale=False, pca=pca))
    assert found.width == PCA(pca, svd_solver="full").fit(features.astype(np.float64)).n_components_
    assert found.variance_share.sum() >= pca - 1e-12


def test_constant_and_nearly_constant_features_have_scikit_learns_deviation():
    features = np.random.default_rng(0).normal(size=(50, 5)) * [1, 1e-3, 1e-14, 1e-16, 0] + 100
    preparation = fit_arrays(features, PreparationParameters())
    scaler = StandardScaler().fit(features)
    assert preparation.deviation == pytest.approx(scaler.scale_, rel=1e-9)
    assert list(preparation.deviation[3:]) == [1, 1]


@pytest.mark.parametrize("pca", [None, 2])
def test_a_row_of_zeros_stays_zeros(pca):
    features = images(40, 6)
    features[3] = 0
    parameters = PreparationParameters(scale=False, normalize=True, pca=pca)
    assert np.isfinite(fit_arrays(features, parameters).apply(features)).all()


def test_its_files_give_it_back():
    preparation = fit_arrays(images(60, 20), PreparationParameters(normalize=True, pca=5))
    again = from_files(preparation.to_files())
    features = images(10, 20, seed=2)
    assert (again.apply(features) == preparation.apply(features)).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=8),
    st.integers(0, 2**32 - 1),
    st.floats(-1e4, 1e4),
)
def test_moments_do_not_depend_on_how_rows_are_divided(parts, seed, offset):
    rows = np.random.default_rng(seed).normal(size=(sum(parts), 3)) + offset
    merged = Moments(0, np.zeros(3), np.zeros(3))
    for part in np.split(rows, np.cumsum(parts)[:-1]):
        merged = merged.merged(moments_of(part))
    assert merged.count == len(rows)
    np.testing.assert_allclose(merged.mean, rows.mean(axis=0), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(merged.squares, rows.var(axis=0) * len(rows), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(("shape", "width"), [((30, 3), 3), ((5, 9), 4)])
@pytest.mark.parametrize("normalize", [True, False])
def test_components_without_variance_are_left_out(shape, width, normalize):
    """Of features that depend on others, and of as many as there are images."""
    features = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    features = np.hstack([features, 2 * features])
    most = PreparationParameters(pca=min(features.shape), scale=False, normalize=normalize)
    found = fit_arrays(features, most)
    assert found.width == width
    assert found.variance_share.sum() == pytest.approx(1)


@pytest.mark.parametrize("shape", [(100, 40), (40, 100)])
def test_more_components_than_there_can_be_are_refused_with_the_most(shape):
    assert fit_arrays(images(*shape), PreparationParameters(pca=40)).width == 39  # all that vary
    with pytest.raises(InputError, match=r"pca: 41 components .* take 40 at most, or a share"):
        fit_arrays(images(*shape), PreparationParameters(pca=41))


@pytest.mark.parametrize("count", [30, 50])
def test_a_matrix_that_no_driver_holds_is_refused_before_it_is_made(monkeypatch, count):
    monkeypatch.setattr(fitting, "LARGEST_GRAM_BYTES", 8 * 20 * 20)
    features = images(count, 40)
    with pytest.raises(InputError, match=rf"^preparation.pca: 40 .* of {count} images .*pca: null"):
        fit_arrays(features, PreparationParameters(pca=2))
    assert fit_arrays(features, PreparationParameters()).width == 40


@pytest.mark.parametrize("pca", [3, 0.9])
def test_many_features_of_few_images_need_no_matrix_of_the_features(pca):
    features = images(12, 300)
    wide = np.tile(features, 100)  # whose matrix would be of 7 GB
    parameters, steps = wanted(scale=True, normalize=False, pca=pca)
    expected = make_pipeline(*steps).fit_transform(wide.astype(np.float64))
    found = fit_arrays(wide, parameters).apply(wide)
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-8)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_features_that_are_no_numbers_are_refused(bad):
    features = images(20, 5)
    features[[3, 7], 2] = bad
    with pytest.raises(InputError, match=r"^features of 2 images are not finite numbers"):
        fit_arrays(features, PreparationParameters())


@pytest.mark.parametrize("count", [3, 30])
def test_components_of_images_that_are_all_the_same_are_refused(count):
    features = np.full((count, 8), 0.1)
    with pytest.raises(InputError, match=r"^preparation.pca: all images have the same features"):
        fit_arrays(features, PreparationParameters(pca=0.9))
    assert (fit_arrays(features, PreparationParameters()).apply(features) < 1e-15).all()
