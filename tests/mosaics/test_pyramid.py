"""Tiles of ever smaller scale."""

from collections import Counter

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from pixelmill.mosaics import draw_mosaic
from pixelmill.mosaics.pyramid import Pyramid


def written(pyramid, mosaic):
    tiles = {}
    counts = Counter()

    def put(name, content):
        tiles[name] = content
        counts[name] += 1

    pyramid.write(mosaic, put)
    assert set(counts.values()) == {1}
    return {name: simplejpeg.decode_jpeg(content) for name, content in tiles.items()}


def reduced(picture, halvings):
    """The means of squares of pixels; of those at the edge, what there is is repeated."""
    step = 2**halvings
    room = -picture.height % step, -picture.width % step
    pixels = np.pad(np.asarray(picture), ((0, room[0]), (0, room[1]), (0, 0)), mode="edge")
    return np.asarray(Image.fromarray(pixels).reduce(step), int)


@pytest.mark.parametrize(("size", "tile"), [(700, 256), (512, 256), (513, 256), (256, 256)])
def test_the_tiles_of_a_level_are_the_picture_at_its_scale(pets, size, tile):
    mosaic = draw_mosaic("grid", pets, size)
    pyramid = Pyramid(size, size, tile)
    tiles = written(pyramid, mosaic)
    assert pyramid.size(pyramid.highest) == (size, size)
    for level in range(pyramid.highest + 1):
        width, height = pyramid.size(level)
        across, down = -(-width // tile), -(-height // tile)
        rows = [
            np.hstack([tiles[f"{level}/{column}_{row}.jpg"] for column in range(across)])
            for row in range(down)
        ]
        level_pixels = np.vstack(rows)
        assert level_pixels.shape == (height, width, 3)
        expected = reduced(mosaic.paint(), pyramid.highest - level)
        if min(width, height) > 80:  # further down the odd last row weighs too much
            assert np.abs(level_pixels - expected).mean() < 6
    assert len(tiles) == sum(
        (-(-pyramid.size(level)[0] // tile)) ** 2 for level in range(pyramid.highest + 1)
    )


def test_levels_halve_down_to_one_pixel():
    pyramid = Pyramid(200_000, 150_001)
    assert pyramid.highest == 18
    assert pyramid.size(18) == (200_000, 150_001)
    assert pyramid.size(17) == (100_000, 75_001)
    assert pyramid.size(0) == (1, 1)


def test_the_manifest_is_that_of_deep_zoom():
    from xml.etree import ElementTree as Xml

    image = Xml.fromstring(Pyramid(20_000, 18_000).manifest())  # noqa: S314
    namespace = "{http://schemas.microsoft.com/deepzoom/2008}"
    assert image.tag == f"{namespace}Image"
    assert image.attrib == {"Format": "jpg", "Overlap": "0", "TileSize": "1024"}
    assert image.find(f"{namespace}Size").attrib == {"Width": "20000", "Height": "18000"}
