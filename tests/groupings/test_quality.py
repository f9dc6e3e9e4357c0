"""Measures of groups, and the images that represent them."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import silhouette_score

from pixelmill.groupings.quality import (
    agreement,
    majority_label,
    purity,
    representatives,
    silhouette,
)
from tests.groupings.blobs import blobs


def test_the_silhouette_is_scikit_learns_without_noise():
    rows, clusters = blobs()
    inside = clusters >= 0
    expected = silhouette_score(rows[inside], clusters[inside])
    assert silhouette(rows, clusters, 0) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("clusters", [[-1] * 6, [0] * 6, [0, -1, -1, -1, -1, -1], range(6)])
def test_the_silhouette_of_one_group_or_none_is_unknown(clusters):
    rows = np.arange(12.0).reshape(6, 2)
    assert silhouette(rows, np.array(clusters), 0) is None


def test_the_silhouette_of_many_is_of_a_sample_drawn_by_the_seed():
    rows = np.random.default_rng(0).normal(size=(5100, 2))
    clusters = (rows[:, 0] > 0).astype(int)
    first, again, other = (silhouette(rows, clusters, seed) for seed in (0, 0, 1))
    assert first == again != other
    assert first == pytest.approx(other, abs=0.01)


def test_noise_counts_as_a_group_and_unlabelled_images_do_not_count():
    labels = ["a", "a", "b", "b", None]
    assert agreement(labels, np.array([0, 0, -1, -1, 3])) == (1.0, 1.0)
    assert agreement(labels, np.array([-1, -1, -1, -1, 0])) == (0.0, 0.0)
    assert agreement([None, "a", None], np.array([0, 0, 1])) == (None, None)


def test_purity_is_of_the_images_that_have_a_label():
    assert purity(["cat", "dog", None, "dog"]) == pytest.approx(2 / 3)
    assert majority_label(["cat", "dog", None]) == "cat"
    assert purity([None]) is majority_label([]) is None


def test_the_medoid_has_the_smallest_sum_of_distances():
    rows, clusters = blobs(5)
    for number, shown in representatives(rows, clusters, 8).items():
        members = np.flatnonzero(clusters == number)
        sums = cdist(rows[members], rows[members]).sum(axis=1)
        assert shown.medoid == members[sums.argmin()]
        distances = cdist(rows[[shown.medoid]], rows[members])[0]
        by_distance = members[np.argsort(distances)]
        assert shown.typical == by_distance[1:9].tolist()
        assert shown.unusual == by_distance[:-9:-1].tolist()


@pytest.mark.parametrize("size", range(1, 20))
def test_no_image_is_shown_twice(size):
    rows = np.random.default_rng(0).normal(size=(size, 3))
    shown = representatives(rows, np.zeros(size, int), 8)[0]
    everyone = [shown.medoid, *shown.typical, *shown.unusual]
    assert len(set(everyone)) == len(everyone) == min(size, 17)


def test_noise_has_no_representatives():
    assert representatives(np.zeros((3, 2)), np.array([-1, -1, -1]), 8) == {}


def test_the_medoid_of_a_large_group_is_near_its_middle():
    rows = np.random.default_rng(0).normal(size=(30_000, 2))
    medoid = representatives(rows, np.zeros(30_000, int), 8)[0].medoid
    assert np.linalg.norm(rows[medoid]) < 0.1
