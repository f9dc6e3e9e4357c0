"""The grid: every image once, side by side, wherever the map has them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from pixelmill.mosaics import draw_mosaic
from pixelmill.mosaics.grid import grid_fractions, row_lengths
from tests.mosaics.conftest import islands, plain


def covered(mosaic):
    """How many tiles lie over each pixel."""
    counts = np.zeros((mosaic.height, mosaic.width), int)
    for left, top, right, bottom in mosaic.tiles.boxes.tolist():
        counts[top:bottom, left:right] += 1
    return counts


@settings(max_examples=30, deadline=None)
@given(
    count=st.integers(1, 90),
    size=st.integers(200, 333),
    shape=st.sampled_from([(40, 30), (30, 40), (100, 10)]),
)
def test_no_overlaps_and_no_gaps(count, size, shape):
    from pixelmill.mosaics import Scene

    places, clusters = islands(count, 4)
    thumbnails = [plain((90, 90, 90), *shape)] * count
    scene = Scene([""] * count, places, clusters, {}, thumbnails, [None] * count)
    mosaic = draw_mosaic("grid", scene, size)
    assert (covered(mosaic) == 1).all()
    assert sorted(mosaic.tiles.images) == list(range(count))


@pytest.mark.parametrize(
    ("count", "image", "lengths"),
    [
        (1, 1, [1]),
        (3, 1, [1, 2]),
        (4, 1, [2, 2]),
        (7, 1, [2, 2, 3]),
        (12, 4 / 3, [3] * 4),
        (12, 3 / 4, [4] * 3),
        (259, 4 / 3, [13] * 7 + [14] * 12),
        (10_000, 1, [100] * 100),
        (10_001, 1, [100] * 99 + [101]),
    ],
)
def test_rows_hold_all_images_in_cells_shaped_like_them(count, image, lengths):
    assert row_lengths(count, 1.0, image).tolist() == lengths


@given(count=st.integers(1, 3000), picture=st.floats(0.7, 1.5), image=st.floats(0.05, 20))
def test_rows_differ_by_one_cell_at_most(count, picture, image):
    lengths = row_lengths(count, picture, image)
    assert lengths.sum() == count
    assert lengths.min() >= lengths.max() - 1
    if count > 20:
        cells = picture * len(lengths) / lengths
        assert (cells / np.clip(image, 1 / 1.5, 1.5)).max() < 1.6
        assert (np.clip(image, 1 / 1.5, 1.5) / cells).max() < 1.6


@pytest.mark.parametrize(("count", "rows"), [(9, 3), (120, 12), (320, 20)])
def test_rows_of_one_length_are_preferred(count, rows):
    # One row more would have cells a little more like the images.
    assert row_lengths(count, 1.0, 4 / 3).tolist() == [count // rows] * rows


def test_each_image_is_where_the_scatter_is_spread_to(make_scene):
    scene = make_scene(islands(57, 4)[0], thumbnails=[plain(9, 30, 30)] * 57)
    boxes = draw_mosaic("grid", scene, 5700).tiles.boxes
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2 / 5700
    assert grid_fractions(scene) == pytest.approx(middles, abs=1e-3)


@pytest.mark.parametrize("count", [259, 1000])
def test_images_are_as_near_to_their_places_as_possible(make_scene, count):
    scene = make_scene(islands(count, 9)[0], thumbnails=[None] * count)
    lengths = row_lengths(count, 1.0, 1.0)
    assert lengths[0] != lengths[-1]
    cells = np.array(
        [
            ((column + 0.5) / length, (row + 0.5) / len(lengths))
            for row, length in enumerate(lengths)
            for column in range(length)
        ]
    )
    unit = [count / len(lengths), len(lengths)]
    costs = cdist(scene.fractions() * unit, cells * unit, "sqeuclidean")
    away = (scene.fractions() - grid_fractions(scene)) * unit
    assert (away**2).sum() < 1.005 * costs[linear_sum_assignment(costs)].sum()


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
