"""One cluster that holds most images is not the answer where another setting divides them."""

import numpy as np
import pytest

from pixelmill.errors import InputError
from pixelmill.groupings import find_grouping
from pixelmill.groupings.choosing import check_grouping, choose_grouping
from pixelmill.parameters import GroupingParameters
from tests.groupings.blobs import blobs

AUTO = GroupingParameters()


def largest(grouped):
    return np.bincount(grouped.clusters[grouped.clusters >= 0], minlength=1).max()


def crowd_and_islands(seed=0):
    """A crowd of overlapping kinds on the map, beside two islands; features that separate all."""
    draw = np.random.default_rng(seed)
    kinds = np.concatenate([np.repeat(np.arange(6), 40), [6] * 9, [7] * 9])
    angles = 2 * np.pi * np.arange(6) / 6
    middles = np.vstack([np.column_stack([np.cos(angles), np.sin(angles)]), [[9, 9], [-9, 9]]])
    spread = np.where(kinds < 6, 0.45, 0.1)[:, None]
    places = middles[kinds] + spread * draw.normal(size=(len(kinds), 2))
    centres = draw.normal(scale=4, size=(8, 20))
    features = centres[kinds] + draw.normal(size=(len(kinds), 20))
    return places, features.astype(np.float32), kinds


def test_one_cluster_of_most_images_is_divided():
    places, features, _ = crowd_and_islands()
    first = find_grouping("hdbscan").fit(places, 0, {})
    assert largest(first) > len(places) / 2
    chosen = choose_grouping(AUTO, places, lambda: features, 0)
    assert largest(chosen.grouped) <= len(places) / 2
    assert (chosen.grouped.clusters >= 0).mean() > 0.6
    assert f"holds {largest(first)} of {len(places)} images" in chosen.reason
    assert chosen.method in chosen.reason
    assert "silhouette by the features" in chosen.reason
    assert chosen.grouped.notes[0] == chosen.reason
    # What was taken can tell the clusters of other images as well.
    assert (chosen.grouped.predict(places) == chosen.grouped.clusters).mean() > 0.6


def test_clusters_that_are_even_stay_as_they_are():
    rows, which = blobs()
    chosen = choose_grouping(AUTO, rows, lambda: pytest.fail("nothing is to be compared"), 0)
    assert (chosen.method, chosen.reason) == ("hdbscan", None)
    assert chosen.grouped.notes == []
    assert largest(chosen.grouped) < len(which) / 2


def test_a_large_cluster_that_is_one_stays():
    """Two clear islands, one of them larger: no cut through it divides the features."""
    draw = np.random.default_rng(0)
    which = np.repeat([0, 1], [140, 60])
    features = draw.normal(size=(200, 10)) + 12 * which[:, None]
    chosen = choose_grouping(AUTO, features[:, :2], lambda: features, 0)
    assert (chosen.grouped.clusters[chosen.grouped.clusters >= 0]).max() == 1
    assert chosen.reason == (
        f"one cluster holds {largest(chosen.grouped)} of 200 images; "
        "no other setting divides the features better"
    )


@pytest.mark.parametrize(
    "wanted",
    [
        {"method": "hdbscan"},
        {"parameters": {"min_cluster_size": 5}},
        {"method": "dbscan", "parameters": {"eps": 3.0}},
    ],
)
def test_what_was_asked_for_is_kept_with_a_note(wanted):
    places, features, _ = crowd_and_islands()
    chosen = choose_grouping(GroupingParameters(**wanted), places, lambda: features, 0)
    method = wanted.get("method", "hdbscan")
    same = find_grouping(method).fit(places, 0, wanted.get("parameters", {}))
    assert (chosen.grouped.clusters == same.clusters).all()
    assert "mapping.grouping.method=auto would try others" in chosen.grouped.notes[0]


def test_a_few_images_are_not_divided_by_force():
    rows = np.random.default_rng(0).normal(size=(12, 2))
    chosen = choose_grouping(AUTO, rows, lambda: pytest.fail("too few"), 0)
    assert chosen.reason is None


def test_parameters_without_a_method_are_hdbscan_s():
    check_grouping("auto", {"min_cluster_size": 7})
    with pytest.raises(InputError, match="of hdbscan: there is no parameter 'eps'"):
        check_grouping("auto", {"eps": 0.5})
    with pytest.raises(InputError, match=r"there is no 'atuo'; did you mean 'auto'\?"):
        check_grouping("atuo", {})
