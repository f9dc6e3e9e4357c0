"""A mosaic paints any part of itself."""

import time
import tracemalloc

import numpy as np
import pytest

from pixelmill.errors import InputError
from pixelmill.mosaics import Scene, draw_mosaic
from tests.mosaics.conftest import islands, plain

STYLES = ("scatter", "grid", "bordered")


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", [640, 2000])
def test_regions_side_by_side_are_the_whole(pets, style, size):
    mosaic = draw_mosaic(style, pets, size)
    whole = np.asarray(mosaic.paint())
    assert whole.shape == (size, size, 3)
    step = 277
    for top in range(0, size, step):
        for left in range(0, size, step):
            box = (left, top, min(left + step, size), min(top + step, size))
            part = np.asarray(mosaic.paint(box))
            np.testing.assert_array_equal(part, whole[box[1] : box[3], box[0] : box[2]])


@pytest.fixture(scope="module")
def alone(pets):
    """Each photo as a mosaic of it alone, int [n, 24, 24, 3]."""
    pictures = []
    for jpeg in pets.thumbnails:
        scene = Scene([""], np.zeros((1, 2)), np.zeros(1, np.int32), {}, [jpeg], [None])
        pictures.append(draw_mosaic("grid", scene, 240).paint().resize((24, 24)))
    return np.stack([np.asarray(picture, int) for picture in pictures])


@pytest.mark.parametrize("style", STYLES)
def test_a_photo_is_recognised_in_its_place(pets, alone, style):
    mosaic = draw_mosaic(style, pets, 2400)
    tile = len(mosaic.tiles.images) - 1  # nothing lies over it
    image = int(mosaic.tiles.images[tile])
    left, top, right, bottom = mosaic.tiles.boxes[tile].tolist()
    shown = mosaic.paint((left, top, right, bottom)).resize((24, 24))
    differences = np.abs(alone - np.asarray(shown, int)).mean(axis=(1, 2, 3))
    assert int(np.argmin(differences)) == image


def test_an_image_without_a_thumbnail_is_a_grey_tile_with_its_reason(make_scene):
    thumbnails = [None, b"no JPEG", plain((200, 30, 30))]
    scene = make_scene(
        [(0, 0), (1, 0), (2, 0)], thumbnails=thumbnails, problems=["unreadable", None, None]
    )
    mosaic = draw_mosaic("grid", scene, 900)
    boxes = mosaic.tiles.boxes[np.argsort(mosaic.tiles.images)].tolist()
    grey, broken, red = (np.asarray(mosaic.paint(tuple(box)), int) for box in boxes)
    for tile in (grey, broken):
        assert (np.ptp(tile, axis=2) < 30).all()
        assert np.median(tile) == pytest.approx(230, abs=8)
        assert (tile < 150).any(axis=2).mean() > 0.002  # letters
    assert not np.array_equal(grey[: len(broken)], broken[: len(grey)])  # other words
    assert red[:, :, 0].mean() > 2 * red[:, :, 1].mean()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("count", [30, 2000])
def test_tiny_tiles_are_drawn(make_scene, style, count):
    thumbnails = [None, plain((200, 30, 30))] * (count // 2)
    reasons = ["no such file", None] * (count // 2)
    places = np.random.default_rng(0).uniform(size=(count, 2))
    scene = make_scene(places, thumbnails=thumbnails, problems=reasons)
    picture = np.asarray(draw_mosaic(style, scene, 200).paint())
    assert picture.shape == (200, 200, 3)
    assert (picture < 250).any(axis=2).mean() > 0.3


def test_a_huge_mosaic_never_is_in_memory(make_scene):
    mosaic = draw_mosaic("grid", make_scene(islands(900, 5)[0]), 200_000)
    tracemalloc.start()
    started = time.process_time()
    picture = mosaic.paint((100_000, 100_000, 101_024, 101_024))
    assert time.process_time() - started < 5
    assert tracemalloc.get_traced_memory()[1] < 100e6
    tracemalloc.stop()
    assert picture.size == (1024, 1024)
    assert np.asarray(picture).max() < 255


def test_a_style_that_does_not_exist_is_refused(make_scene):
    with pytest.raises(InputError, match=r"there is no 'spiral'; choose from scatter, grid, bord"):
        draw_mosaic("spiral", make_scene([(0, 0)]), 500)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_places_must_be_numbers(make_scene, bad):
    with pytest.raises(ValueError, match="must be finite"):
        make_scene([(0, bad)])


def test_everything_must_be_there_for_each_path(make_scene):
    with pytest.raises(ValueError, match="one of everything"):
        make_scene([(0, 0)], thumbnails=[])
