"""Similarity is one number of two pictures: neither their order nor the other pairs change it."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from benchmarks.near_duplicates import made_up, signed
from pixelmill.duplicates import similarity
from pixelmill.duplicates.alignment import align, correlation, inverse, overlay, unaligned
from pixelmill.duplicates.similarity import similarities

PICTURES = made_up(40, 20)


def test_a_picture_is_fully_like_itself():
    every = np.arange(40)
    assert similarities(PICTURES, every, every) == pytest.approx(np.ones(40), abs=1e-3)


def test_no_pair_has_no_similarity():
    assert len(similarities(PICTURES, np.empty(0, int), np.empty(0, int))) == 0


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), min_size=1, max_size=20))
def test_neither_order_nor_company_changes_a_pair(pairs):
    one, other = np.array(pairs).T
    together = similarities(PICTURES, one, other)
    assert (similarities(PICTURES, other, one) == together).all()
    alone = [similarities(PICTURES, one[[at]], other[[at]])[0] for at in range(len(pairs))]
    assert np.allclose(together, alone, atol=1e-5)


colours = st.tuples(*[st.integers(0, 255)] * 3)


@settings(max_examples=10, deadline=None)
@given(one=colours, other=colours, size=st.integers(60, 400), left=st.integers(-60, 60))
def test_neither_of_two_pictures_is_the_first(one, other, size, left):
    files = [object_on_white(one, size), object_on_white(other, size, left)]
    there, back = signed(files, "ab"), signed(files[::-1], "ba")
    first, second = np.array([0]), np.array([1])
    found = similarities(there, first, second)
    assert (similarities(there, second, first) == found).all()
    assert (similarities(back, first, second) == found).all()


@pytest.mark.parametrize("size", [60, 180, 300])
@pytest.mark.parametrize("colour", [(200, 40, 40), (50, 60, 200), (40, 160, 60)])
def test_a_small_object_in_another_colour_is_another_picture(colour, size):
    files = [object_on_white(colour, size), object_on_white((30, 30, 30), size)]
    again = object_on_white(colour, size, quality=60)
    found = similarities(signed([*files, again], "abc"), np.array([0, 0]), np.array([1, 2]))
    assert found[0] < 0.95 <= found[1]


def test_a_grey_object_is_no_copy_of_a_black_one_but_a_lighter_one_is():
    greys = [(0, 0, 0), (30, 30, 30), (128, 128, 128)]
    pictures = signed([object_on_white(grey, 300) for grey in greys], "abc")
    lighter, grey = similarities(pictures, np.array([0, 0]), np.array([1, 2]))
    assert grey < 0.95 <= lighter


def object_on_white(colour, size, left=0, quality=92):
    """A JPEG of 600x600 pixels with a shirt in its middle."""
    image = Image.new("RGB", (600, 600), "white")
    a, b, sleeve = 300 - size // 2, 300 + size // 2, size // 4
    outline = [(a, a), (b, a), (b + sleeve, a + size // 3), (b, a + size // 2), (b, b), (a, b)]
    outline += [(a, a + size // 2), (a - sleeve, a + size // 3)]
    ImageDraw.Draw(image).polygon([(x + left, y) for x, y in outline], fill=colour)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def test_more_pairs_than_a_batch_keep_their_order(monkeypatch):
    monkeypatch.setattr(similarity, "BATCH", 32)
    one = np.tile(np.arange(20), 4)
    found = similarities(PICTURES, one, one + 20)
    assert (found.reshape(-1, 20) == found[:20]).all()
    assert (found > 0.95).all()


@pytest.mark.parametrize(
    ("scale", "shift"), [(1.0, 0.0), (0.9, 0.1), (0.9, -0.1), (0.95, 0.05), (1.1, 0.05)]
)
def test_the_place_of_a_crop_is_found(scale, shift):
    whole = PICTURES.luma(slice(0, 20))
    wanted = np.tile([scale, shift, 1.0, 0.02], (20, 1))
    crop = overlay(whole, wanted)
    small = whole.reshape(20, 32, 2, 32, 2).mean(axis=(2, 4))
    small_crop = crop.pictures.reshape(20, 32, 2, 32, 2).mean(axis=(2, 4))
    places = align(small_crop, small, unaligned(20), 8)
    places = align(crop.pictures, whole, places, 4)
    found = overlay(whole, places)
    assert (correlation(crop.pictures, found.pictures, found.inside(2)) > 0.98).all()
    assert np.abs(places - wanted).max() < 0.02


def test_the_inverse_of_a_place_lays_a_picture_back():
    places = np.tile([0.9, 0.05, 1.1, -0.02], (20, 1))
    whole = PICTURES.luma(slice(0, 20))
    back = overlay(overlay(whole, places).pictures, inverse(places))
    assert (correlation(whole, back.pictures, back.inside(4)) > 0.97).all()
    assert inverse(inverse(places)) == pytest.approx(places)


def test_pairs_that_are_alike_at_first_sight_are_so_from_either_side():
    pairs = np.array([(one, other) for one in range(10) for other in range(20, 30)])
    one, other = pairs.T
    whole = similarities(PICTURES, one, other)
    for enough in (0.3, 0.6, 0.9):
        found = similarities(PICTURES, one, other, enough)
        assert (similarities(PICTURES, other, one, enough) == found).all()
        assert ((found >= enough) == (whole >= enough)).all()
        assert (found[found < enough] == whole[found < enough]).all()
