"""Every grouping finds groups that are there, says reports when none are, and groups new rows."""

import pickle
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import DBSCAN

from pixelmill.errors import InputError
from pixelmill.groupings import find_grouping
from pixelmill.groupings._grouped import by_size
from tests.groupings.blobs import SIZES, blobs

METHODS = ["dbscan", "hdbscan", "kmeans"]


@cache
def fitted(method):
    """Groups of rows of twelve dimensions."""
    return find_grouping(method).fit(blobs(12)[0], 0, {})


every_method = pytest.mark.parametrize("method", METHODS)


@every_method
@pytest.mark.parametrize("dimension", [2, 20])
def test_groups_are_found_and_numbered_by_size(method, dimension):
    rows, which = blobs(dimension, alone=0 if method == "kmeans" else 4)
    grouped = find_grouping(method).fit(rows, 0, {})
    inside = which >= 0
    assert grouped.clusters.dtype == np.int32
    assert (grouped.clusters[~inside] == -1).all()
    found = grouped.clusters[inside]
    assert (found[found >= 0] == which[inside][found >= 0]).all()
    assert (found >= 0).mean() > 0.95
    assert np.unique(found[found >= 0]).tolist() == list(range(len(SIZES)))
    assert grouped.notes == []


@every_method
def test_rows_that_were_not_fitted_join_their_group_or_none(method):
    rows, _ = blobs(alone=0)
    grouped = find_grouping(method).fit(rows, 0, {})
    new, which = blobs(alone=0, seed=1)
    predicted = grouped.predict(new)
    assert (predicted[predicted >= 0] == which[predicted >= 0]).all()
    assert (predicted >= 0).mean() > 0.9
    far = grouped.predict(np.float32([[1e4, 1e4]]))[0]
    assert (far == -1) == (method != "kmeans")
    assert grouped.predict(rows[:0]).shape == (0,)


@pytest.mark.parametrize("method", ["dbscan", "kmeans"])
def test_fitted_rows_get_the_group_that_they_are_in(method):
    rows, _ = blobs()
    grouped = find_grouping(method).fit(rows, 0, {})
    assert (grouped.predict(rows) == grouped.clusters).all()


@every_method
@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(0, 284), max_size=4), st.integers(0, 2**32 - 1))
def test_the_group_of_a_new_row_does_not_depend_on_its_company(method, cuts, seed):
    grouped = fitted(method)
    rows = blobs(12, seed=3)[0]
    order = np.random.default_rng(seed).permutation(len(rows))
    parts = np.split(rows[order], sorted(cuts))
    predicted = np.concatenate([grouped.predict(part) for part in parts])
    assert (predicted == grouped.predict(rows)[order]).all()


@every_method
def test_it_can_be_sent_to_other_processes(method):
    rows, _ = blobs()
    grouped = find_grouping(method).fit(rows, 0, {})
    assert (pickle.loads(pickle.dumps(grouped)).predict(rows) == grouped.predict(rows)).all()  # noqa: S301


@every_method
@pytest.mark.parametrize("count", [1, 2, 3, 6])
@pytest.mark.parametrize("equal", [True, False])
def test_few_or_equal_images_have_groups_or_none(method, count, equal):
    rows = np.zeros((count, 3), np.float32) if equal else blobs(3)[0][:count]
    grouped = find_grouping(method).fit(rows, 0, {})
    assert grouped.clusters.shape == (count,)
    assert set(grouped.predict(rows)) <= set(range(-1, count))
    assert len(grouped.notes) <= 2


@every_method
def test_images_that_are_all_equal_are_one_group_and_it_is_said(method):
    grouped = find_grouping(method).fit(np.full((40, 3), 0.1, np.float32), 0, {})
    assert (grouped.clusters == 0).all()
    assert "there is one group alone: 40 of 40 images are in it" in grouped.notes


def test_dbscan_finds_the_groups_of_scikit_learn():
    random = np.random.default_rng(0)
    rows = random.uniform(0, 30, size=(900, 2))
    grouped = find_grouping("dbscan").fit(rows, 0, {"eps": 1.0, "min_samples": 5})
    usual = DBSCAN(eps=1.0, min_samples=5).fit(rows)
    core = usual.core_sample_indices_
    assert len(np.unique(usual.labels_)) > 10
    assert (grouped.clusters[core] == by_size(usual.labels_[core])).all() or (
        len(set(zip(grouped.clusters[core], usual.labels_[core], strict=True)))
        == len(np.unique(usual.labels_[core]))
        == len(np.unique(grouped.clusters[core]))
    )
    assert ((grouped.clusters < 0) == (usual.labels_ < 0)).all()


def test_dbscan_where_all_are_noise_says_so():
    rows = np.arange(30, dtype=np.float32)[:, None] * 10
    grouped = find_grouping("dbscan").fit(rows, 0, {"eps": 1})
    assert (grouped.clusters == -1).all()
    assert (grouped.predict(rows) == -1).all()
    assert grouped.notes == ["no images lie close enough together to make a group: all are noise"]


def test_dbscan_reports_the_eps_of_the_knee_and_its_curve():
    grouped = find_grouping("dbscan").fit(blobs()[0], 0, {})
    assert grouped.eps == grouped.k_distances[grouped.knee] == grouped.parameters["eps"]
    assert len(grouped.k_distances) == 200
    assert (np.diff(grouped.k_distances) >= 0).all()


def test_dbscan_with_an_eps_has_a_curve_without_a_knee():
    grouped = find_grouping("dbscan").fit(blobs()[0], 0, {"eps": 2})
    assert (grouped.eps, grouped.knee, len(grouped.k_distances)) == (2, None, 200)


def test_more_centres_than_different_images_are_lowered_and_it_is_said():
    rows = np.repeat(np.float32([[0, 0], [5, 5], [9, 0]]), 10, axis=0)
    grouped = find_grouping("kmeans").fit(rows, 0, {"n_clusters": 8})
    assert grouped.parameters["n_clusters"] == 3
    assert grouped.notes == ["n_clusters lowered from 8 to 3: so many images differ"]


def test_the_smallest_group_of_hdbscan_grows_with_the_number_of_images():
    sizes = [
        find_grouping("hdbscan").fit(np.zeros((count, 2), np.float32), 0, {}).parameters
        for count in (100, 1200)
    ]
    assert [one["min_cluster_size"] for one in sizes] == [5, 11]


@pytest.mark.parametrize(
    ("method", "parameters", "sentence"),
    [
        ("dbscan", {"epsilon": 3}, "there is no parameter 'epsilon'; did you mean 'eps'?"),
        ("dbscan", {"eps": 0}, "eps cannot be 0: Input should be greater than 0"),
        ("hdbscan", {"min_cluster_size": 1}, "min_cluster_size cannot be 1"),
        ("hdbscan", {"cluster_selection_method": "best"}, "cannot be 'best'"),
        ("kmeans", {"n_clusters": 0}, "n_clusters cannot be 0"),
        ("kmeans", {"k": 3}, "there is no parameter 'k'"),
    ],
)
def test_a_wrong_parameter_is_one_sentence(method, parameters, sentence):
    with pytest.raises(InputError) as wrong:
        find_grouping(method).check(parameters)
    assert str(wrong.value).startswith(f"mapping.grouping.parameters of {method}: ")
    assert sentence in str(wrong.value)


def test_an_unknown_method_is_one_sentence():
    with pytest.raises(InputError, match=r"^mapping.grouping.method: there is no 'dbscn'; did "):
        find_grouping("dbscn")
    with pytest.raises(InputError, match=r"choose from auto, dbscan, hdbscan, kmeans$"):
        find_grouping("quality")


def test_dbscan_joins_all_where_everything_is_near_everything():
    rows = np.random.default_rng(0).normal(size=(3000, 2))
    grouped = find_grouping("dbscan").fit(rows, 0, {"eps": 100})
    assert (grouped.clusters == 0).all()
    assert grouped.notes == ["there is one group alone: 3,000 of 3,000 images are in it"]
