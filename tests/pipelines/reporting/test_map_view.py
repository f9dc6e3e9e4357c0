"""What the page says of a map is what its summary says."""

import pytest

from pixelmill.pipelines.reporting.map_view import GROUPS, group_images, map_view
from pixelmill.pipelines.reporting.samples import Sample
from tests.pipelines.reporting.similarity_results import group_of, map_of

LABELLED = [(f"{label}/{n}.jpg", label) for label in ("cat", "dog") for n in range(12)]


def shown(**others):
    return map_view(map_of(LABELLED, **others), [])


def with_groups(count):
    groups = [group_of(n, None, [f"{n}.jpg"] * (count - n)) for n in range(count)]
    return map_of(LABELLED, grouping=map_of(LABELLED)["grouping"] | {"groups": groups})


def test_without_a_map_there_is_nothing():
    assert map_view({}, []) is None
    assert group_images({}) == []


def test_a_group_shows_medoid_typical_and_unusual_images_once():
    cat, dog = group_images(map_of(LABELLED))
    assert [image.path for image in cat] == [
        *(f"cat/{n}.jpg" for n in (0, 1, 2, 3, 4, 5)),
        *(f"cat/{n}.jpg" for n in (11, 10, 9, 8)),
    ]
    assert len({image.path for image in dog}) == 10


def test_a_group_of_one_image_shows_it_once():
    summary = map_of([("a.jpg", "cat")])
    assert [[image.path for image in group] for group in group_images(summary)] == [["a.jpg"]]


def test_pictures_get_their_roles():
    summary = map_of(LABELLED)
    samples = [
        [Sample(image.path, picture=b"webp") for image in group] for group in group_images(summary)
    ]
    roles = [role for role, _ in map_view(summary, samples)["groups"][1]["tiles"]]
    assert roles == ["medoid", *["typical"] * 5, *["unusual"] * 4]


def test_many_groups_are_counted_and_not_shown():
    view = map_view(with_groups(25), [])
    assert len(view["groups"]) == GROUPS == len(group_images(with_groups(25)))
    assert view["groups_left_out"] == (5, 1 + 2 + 3 + 4 + 5)
    assert (view["groups"][0]["length"], view["groups"][19]["length"]) == (100, 24)
    assert shown()["groups_left_out"] is None


@pytest.mark.parametrize(
    ("on_map", "in_features", "said"),
    [
        (0.8, 0.7, "closer together"),
        (0.7, 0.7, "nearly all"),
        (0.64, 0.7, "nearly all"),
        (0.6, 0.7, "loses some"),
        (0.0, 0.0, "nearly all"),
    ],
)
def test_the_sentence_follows_the_shares(on_map, in_features, said):
    shares = {"k": 10, "map": on_map, "features": in_features, "trustworthiness": 0.9}
    assert said in shown(neighbours=shares)["agreement"]


def test_without_labels_there_is_no_sentence():
    none = {"k": 10, "map": None, "features": None, "trustworthiness": None}
    assert shown(neighbours=none)["agreement"] is None


def test_a_map_without_groups_has_none():
    view = shown(grouping=None)
    assert (view["groups"], view["curve"], view["method"]) == ([], None, None)
    assert view["projection"] == "t-SNE"


def test_a_method_that_nobody_foresaw_goes_by_its_own_name():
    assert shown(projection={"method": "isomap"})["projection"] == "isomap"


def test_copies_are_distinguished_from_images_that_were_placed():
    assert shown()["copies"] == 0
    assert shown(copies=5)["copies"] == 5
