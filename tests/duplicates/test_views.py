"""Views lie where a crop or a border puts a picture, whichever of the two comes first."""

import numpy as np

from benchmarks.near_duplicates import made_up
from pixelmill.duplicates.alignment import overlay
from pixelmill.duplicates.views import COARSE, VIEWS, describe, find_starts, view_places

PICTURES = made_up(30, 0).luma(slice(None))


def test_every_view_is_described_as_the_crop_that_shows_it():
    places = view_places()
    assert len(places) == VIEWS
    for view, place in enumerate(places):
        crop = overlay(PICTURES, np.tile(place, (30, 1))).pictures
        cosines = (describe(PICTURES, view) * describe(crop)).sum(axis=1)
        assert (cosines > 0.999).all()


def test_the_coarse_views_are_the_whole_the_middle_and_the_corners():
    scales = view_places()[list(COARSE)][:, ::2]
    assert np.allclose(scales, [[1, 1], [0.8, 0.8], *[[0.93, 0.93]] * 4])


def test_a_crop_starts_near_its_place_and_the_other_way_round_at_the_inverse():
    draw = np.random.default_rng(0)
    left, right, top, bottom = draw.uniform(0, 0.1, (4, 30))
    places = np.stack([1 - left - right, left - right, 1 - top - bottom, top - bottom], axis=1)
    crops = overlay(PICTURES, places).pictures
    found, cosines = find_starts(crops, PICTURES)
    assert (cosines > 0.6).all()
    assert np.abs(found - places).max() < 0.12
    inverse, same = find_starts(PICTURES, crops)
    assert np.allclose(same, cosines)
    assert np.allclose(inverse[:, ::2], 1 / found[:, ::2])
    assert np.allclose(inverse[:, 1::2], -found[:, 1::2] / found[:, ::2])
