"""Groups lie around the image to keep, whatever the order of the images."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.near_duplicates import made_up
from pixelmill.duplicates.alignment import overlay
from pixelmill.duplicates.candidates import NEIGHBOURS
from pixelmill.duplicates.groups import find_groups
from pixelmill.duplicates.similarity import similarities
from pixelmill.featurizers.picture_signature import LUMA
from tests.duplicates.conftest import taken

SAME = 0.95


def kept_paths(pictures, keep="largest"):
    """For each path that of the image to keep in its place."""
    kept = find_groups(pictures, SAME, keep).kept
    return {pictures.paths[one]: pictures.paths[other] for one, other in enumerate(kept)}


def test_a_crop_comes_after_the_larger_picture(crops):
    kept = kept_paths(crops)
    assert sum(path != other for path, other in kept.items()) == 40
    assert all(path.split("/")[0] == other.split("/")[0] for path, other in kept.items())
    assert all(
        other == f"{int(other.split('/')[0])}/{other.split('/')[0]}" for other in kept.values()
    )


@cache
def some_crops():
    """60 pictures, 25 of them crops, and which of them is kept for each."""
    crops = made_up(60, 25)
    return crops, kept_paths(crops)


@settings(max_examples=5, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_images_changes_nothing(random):
    crops, kept = some_crops()
    order = list(range(60))
    random.shuffle(order)
    assert kept_paths(taken(crops, order)) == kept


def test_the_oldest_is_kept_where_that_is_asked_for(crops):
    times = np.arange(100, 0, -1).astype("datetime64[D]").astype("datetime64[us]")
    kept = kept_paths(replace(crops, modified=times), keep="oldest")
    assert kept["0/0"] == "0/60"


def test_an_unknown_time_is_not_the_oldest(crops):
    times = np.full(100, np.datetime64("2020-01-01", "us"))
    times[60] = np.datetime64(0, "us")
    assert kept_paths(replace(crops, modified=times), keep="oldest")["0/60"] == "0/0"


@pytest.mark.parametrize("keep", ["largest", "oldest"])
def test_an_image_with_a_label_is_kept_before_larger_and_older_ones(crops, keep):
    """Left out in place of an image without a label, its picture would not be trained on."""
    labels = [None] * 60 + ["cat"] * 40
    times = np.arange(100).astype("datetime64[D]").astype("datetime64[us]")
    assert kept_paths(replace(crops, labels=labels, modified=times), keep)["0/0"] == "0/60"


def test_of_equals_the_shorter_path_is_kept():
    one = taken(made_up(2, 0), [0, 0, 0])
    pictures = replace(one, paths=["b copy.jpg", "b.jpg", "c.jpg"])
    assert set(kept_paths(pictures).values()) == {"b.jpg"}


def test_the_same_bytes_are_one_group_however_many(with_same_bytes):
    groups = find_groups(with_same_bytes, SAME, "largest")
    assert set(groups.kept[-3:]) == {0}
    assert set(groups.similarities[-3:]) == {1.0}


def test_the_bytes_of_a_copy_are_in_its_group_and_those_of_that_copy(crops):
    twice = taken(crops, [*range(100), 60])
    twice = replace(twice, paths=[*crops.paths, "again"])
    groups = find_groups(twice, SAME, "largest")
    assert groups.kept[100] == groups.kept[60] == 0
    assert (groups.same_bytes[100], groups.same_bytes[60]) == (60, 60)
    assert SAME <= groups.similarities[60] < groups.similarities[100] == 1


def test_pictures_of_one_colour_in_a_frame_are_copies_by_their_bytes_alone():
    pictures = made_up(6, 0)
    luma = np.full((6, LUMA, LUMA), 255)
    luma[:, 5:-5, 5:-5] = np.array([120, 120, 122, 180, 60, 61])[:, None, None]
    pictures.codes[:, : LUMA * LUMA] = luma.reshape(6, -1)
    pictures.codes[:, LUMA * LUMA :] = 128
    pictures.digests[1] = pictures.digests[0]
    groups = find_groups(pictures, SAME, "largest")
    assert groups.kept.tolist() == [0, 0, 2, 3, 4, 5]
    assert groups.flat == 5


def sliding(count):
    """Views that move over one picture, each like the next, the first not like the last."""
    picture = made_up(1, 0).luma(slice(None))
    places = np.array([[0.87, shift, 1.0, 0.0] for shift in np.linspace(-0.13, 0.13, count)])
    return overlay(np.repeat(picture, count, axis=0), places).pictures


def test_a_chain_of_copies_is_one_group():
    count = 24
    shifted = np.concatenate([sliding(count // 2), np.roll(sliding(count // 2), 5, axis=2)])
    pictures = made_up(count, 0)
    pictures.codes[:, : LUMA * LUMA] = np.clip(shifted, 0, 255).reshape(count, -1)
    groups = find_groups(pictures, SAME, "largest")
    every = np.arange(count)
    one, other = np.triu_indices(count, 1)
    alike = similarities(pictures, one, other) >= SAME
    assert alike.any()
    assert (groups.kept[one[alike]] == groups.kept[other[alike]]).all()
    ends = np.array([0]), np.array([count // 2 - 1])
    assert similarities(pictures, *ends) < SAME, "only the views between them connect them"
    assert (groups.kept[: count // 2] == groups.kept[0]).all()
    members = groups.kept != every
    assert (groups.similarities[members] >= SAME).all()


def test_more_copies_than_neighbours_come_into_one_group():
    pictures = made_up(100, 0)
    many = 2 * NEIGHBOURS
    noise = np.random.default_rng(1).integers(-2, 3, (many, LUMA * LUMA))
    luma = pictures.codes[0, : LUMA * LUMA].astype(int) + noise
    pictures.codes[:many, : LUMA * LUMA] = np.clip(luma, 0, 255)
    kept = find_groups(pictures, SAME, "largest").kept
    assert set(kept[:many]) == {0}
    assert list(kept[many:]) == list(range(many, 100))


def test_equal_pictures_are_one_group_without_a_comparison(monkeypatch):
    pictures = made_up(60, 0)
    pictures.codes[:51] = pictures.codes[0]
    pictures.codes[:51, LUMA * LUMA :] = np.array([[60]] * 50 + [[200]])  # one of another colour
    compared = []

    def counted(pictures, first, second, enough):
        compared.append(len(first))
        return similarities(pictures, first, second, enough)

    monkeypatch.setattr("pixelmill.duplicates.groups.similarities", counted)
    groups = find_groups(pictures, SAME, "largest")
    assert groups.kept.tolist() == [*[0] * 50, *range(50, 60)]
    assert set(groups.similarities[:50]) == {1.0}
    assert sum(compared) < 60


def test_no_image_and_one_image_are_no_group():
    one = made_up(1, 0)
    assert list(find_groups(one, SAME, "largest").kept) == [0]
    assert list(find_groups(taken(one, np.empty(0, int)), SAME, "largest").kept) == []
