"""The grid: every image once, side by side, wherever the map has them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.mosaics import draw_mosaic
from pixelmill.mosaics.grid import grid_shape
from tests.mosaics.conftest import islands, plain


def covered(mosaic):
    """How many tiles lie over each pixel."""
    counts = np.zeros((mosaic.height, mosaic.width), int)
    for left, top, right, bottom in mosaic.tiles.boxes.tolist():
        counts[top:bottom, left:right] += 1
    return counts


@settings(max_examples=30, deadline=None)
@given(count=st.integers(1, 90), size=st.integers(200, 333), seed=st.integers(0, 5))
def test_no_overlaps_and_no_gaps(count, size, seed):
    from pixelmill.mosaics import Scene

    places, clusters = islands(count, 4, seed)
    thumbnails = [plain((90, 90, 90))] * count
    scene = Scene([""] * count, places, clusters, {}, thumbnails, [None] * count)
    mosaic = draw_mosaic("grid", scene, size)
    counts = covered(mosaic)
    assert counts.max() == 1
    assert sorted(mosaic.tiles.images) == list(range(count))
    empty = np.argwhere(counts == 0)
    if len(empty):  # the end of the last row
        boxes = mosaic.tiles.boxes
        assert empty[:, 0].min() == boxes[:, 1].max()
        assert empty[:, 1].min() == boxes[boxes[:, 1] == boxes[:, 1].max(), 2].max()


@pytest.mark.parametrize(
    ("count", "image", "shape"),
    [(1, 1, (1, 1)), (2, 1, (1, 2)), (4, 1, (2, 2)), (10_000, 1, (100, 100)), (12, 4 / 3, (3, 4))],
)
def test_cells_are_shaped_like_the_images(count, image, shape):
    assert grid_shape(count, 1.0, image) == shape


def test_few_cells_are_left_over():
    for count in range(1, 400):
        columns, rows = grid_shape(count, 1.0, 4 / 3)
        assert 0 <= columns * rows - count < columns
        assert columns * rows <= 1.2 * count + 2


def test_images_keep_their_places(make_scene):
    corners = [(0, 10), (10, 10), (0, 0), (10, 0)]  # y grows upwards
    mosaic = draw_mosaic("grid", make_scene(corners, thumbnails=[plain(9, 30, 30)] * 4), 200)
    assert mosaic.tiles.boxes[:, :2].tolist() == [[0, 0], [100, 0], [0, 100], [100, 100]]


@pytest.mark.parametrize("count", [1, 2, 3, 300])
@pytest.mark.parametrize("style", ["scatter", "grid", "bordered"])
def test_images_at_one_place(make_scene, style, count):
    mosaic = draw_mosaic(style, make_scene([(5, 5)] * count), 300)
    assert sorted(mosaic.tiles.images) == list(range(count))
    assert mosaic.paint().size == (300, 300)
    shown = {colour for _, colour in mosaic.paint().getcolors(100_000)} - {(255, 255, 255)}
    assert len(shown) >= min(count, 100)


@pytest.mark.parametrize("style", ["scatter", "grid", "bordered"])
def test_no_images_are_a_white_picture(make_scene, style):
    picture = draw_mosaic(style, make_scene([]), 200).paint()
    assert picture.getcolors() == [(40_000, (255, 255, 255))]
