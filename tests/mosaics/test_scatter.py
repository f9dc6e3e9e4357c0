"""Thumbnails at their places."""

import numpy as np
import pytest

from pixelmill.mosaics import draw_mosaic
from pixelmill.mosaics.visibility import layers
from tests.mosaics.conftest import islands, plain


def middles(mosaic):
    """Of the images of the scene, in pixels."""
    boxes = mosaic.tiles.boxes[np.argsort(mosaic.tiles.images)]
    return (boxes[:, :2] + boxes[:, 2:]) / 2


def covered(mosaic):
    return (np.asarray(mosaic.paint()).min(axis=2) < 250).mean()


def test_an_even_map_keeps_its_places(make_scene):
    places = np.random.default_rng(0).uniform(0, 7, (400, 2))
    found = middles(draw_mosaic("scatter", make_scene(places), 1000))
    for axis, sign in ((0, 1), (1, -1)):
        line = np.polyfit(places[:, axis], found[:, axis], 1)
        assert sign * line[0] > 100
        assert np.abs(np.polyval(line, places[:, axis]) - found[:, axis]).max() < 3


def test_a_map_of_islands_fills_the_picture(make_scene):
    places, clusters = islands(800, 6)
    mosaic = draw_mosaic("scatter", make_scene(places / [1, 3], clusters), 1000)
    assert covered(mosaic) > 0.35
    assert layers(mosaic.tiles.boxes) == pytest.approx(1.9, abs=0.25)


def test_islands_stay_apart(make_scene):
    clusters = np.repeat([0, 1], 300)
    places = np.random.default_rng(0).normal(size=(600, 2)) * 0.2
    places[:, 0] += clusters * 50
    found = middles(draw_mosaic("scatter", make_scene(places), 1000))
    assert found[clusters == 1, 0].min() - found[clusters == 0, 0].max() > 100


@pytest.mark.parametrize("count", [1, 2, 3, 50, 900])
def test_thumbnails_keep_their_aspect_and_are_inside(make_scene, count):
    shapes = [(60, 40), (40, 60), (50, 50), (100, 10), (10, 100)]
    thumbnails = [plain(80, *shapes[number % 5]) for number in range(count)]
    places = np.random.default_rng(1).normal(size=(count, 2))
    mosaic = draw_mosaic("scatter", make_scene(places, thumbnails=thumbnails), 800)
    boxes = mosaic.tiles.boxes
    assert boxes.min() >= 0
    assert boxes.max() <= 800
    for (left, top, right, bottom), image in zip(
        boxes.tolist(), mosaic.tiles.images.tolist(), strict=True
    ):
        width, height = shapes[image % 5]
        assert right - left == pytest.approx(
            (bottom - top) * width / height, rel=0.12, abs=width / height
        )


def test_thumbnails_can_be_recognised_whatever_their_number(make_scene):
    places = np.random.default_rng(2).normal(size=(3000, 2))
    thumbnails = [plain(80)] * 3000
    boxes = draw_mosaic("scatter", make_scene(places, thumbnails=thumbnails), 1000).tiles.boxes
    sides = boxes[:, 2:] - boxes[:, :2]
    assert np.sqrt(np.median(sides.prod(axis=1))) > 10
