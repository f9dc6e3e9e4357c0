"""The confusion matrix as the page lays it out."""

import io
from base64 import b64decode

import pytest
from PIL import Image

from pixelmill.pipelines.reporting.counts import ConfusionCount
from pixelmill.pipelines.reporting.heat_map import RIGHT, WRONG, heat_map, opacity


def ring(classes):
    """Of each class three images, one of which is taken for the next class."""
    right = [ConfusionCount(f"{n}", f"{n}", 2) for n in range(classes)]
    wrong = [ConfusionCount(f"{n}", f"{(n + 1) % classes}", 1) for n in range(classes)]
    return right + wrong


@pytest.mark.parametrize(("classes", "size"), [(10, "large"), (24, "medium"), (37, "small")])
def test_a_table_has_a_number_in_every_cell_that_counts(classes, size):
    laid = heat_map(ring(classes))
    assert (laid.size, laid.picture) == (size, None)
    assert [cell.images for cell in laid.rows[3] if cell] == [2, 1]
    assert laid.rows[3][3].right
    assert not laid.rows[3][4].right
    assert len(laid.pairs) == 10


def test_many_classes_are_a_picture_of_one_pixel_a_cell():
    laid = heat_map(ring(200))
    assert laid.rows == []
    data = b64decode(laid.picture.removeprefix("data:image/png;base64,"))
    picture = Image.open(io.BytesIO(data))
    assert picture.size == (200, 200)
    assert picture.getpixel((7, 7))[:3] == RIGHT
    assert picture.getpixel((8, 7))[:3] == WRONG
    assert picture.getpixel((9, 7))[3] == 0
    assert [7, 8, 1] in laid.cells
    assert len(laid.cells) == 400


def test_nothing_predicted_is_no_map():
    assert heat_map([]) is None


def test_a_single_mistake_stays_visible():
    assert opacity(0) == 0
    assert opacity(1e-6) > 0.2
    assert opacity(0.1) < opacity(0.5) < opacity(1) == 1
