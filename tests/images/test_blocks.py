"""A large picture is converted block by block, and comes out as if it were converted whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pixelmill.images import blocks
from pixelmill.images.decoding import decode
from pixelmill.images.limits import Limits
from tests.images.pictures import file_of, png_chunk, scene

TRANSPARENT = b"\0\x14\0\x1e\0\x3c"


def with_colour_key(data):
    """A PNG one of whose colours is transparent."""
    place = data.index(b"IDAT") - 4
    return data[:place] + png_chunk(b"tRNS", TRANSPARENT) + data[place:]


def files(wide_profile):
    picture = scene((48, 36))
    alpha = picture.copy()
    alpha.putalpha(picture.convert("L"))
    deep = Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 17)
    real = Image.fromarray(np.asarray(picture.convert("L")).astype(np.float32) / 300)
    return {
        "grey": file_of(picture.convert("L"), "PNG"),
        "alpha": file_of(alpha, "PNG"),
        "grey with alpha": file_of(alpha.convert("LA"), "PNG"),
        "palette": file_of(picture.quantize(30), "PNG", transparency=3),
        "colour key": with_colour_key(file_of(picture, "PNG")),
        "16 bits": file_of(deep, "PNG"),
        "bits": file_of(picture.convert("1"), "TIFF"),
        "floats": file_of(real, "TIFF"),
        "inks": file_of(picture.convert("CMYK"), "TIFF"),
        "lab": file_of(picture.convert("LAB"), "TIFF"),
        "profile": file_of(picture, "JPEG", icc_profile=wide_profile),
        "gif": file_of(picture.quantize(30), "GIF", transparency=3),
    }


@pytest.mark.parametrize("pixels", [31, 100])
def test_blocks_change_no_pixel(monkeypatch, rgb, wide_profile, pixels):
    kinds = files(wide_profile)
    whole = {name: rgb(data) for name, data in kinds.items()}
    monkeypatch.setattr(blocks, "_BLOCK_PIXELS", pixels)
    for name, data in kinds.items():
        found = decode(data, Limits())
        np.testing.assert_array_equal(found.shown(found.pixels), whole[name], err_msg=name)


@given(width=st.integers(1, 3_000_000), height=st.integers(1, 40))
def test_boxes_cover_each_pixel_once(width, height):
    places = list(blocks.boxes(width, height))
    areas = [(right - left) * (bottom - top) for left, top, right, bottom in places]
    assert sum(areas) == width * height
    assert max(areas) <= 1 << 18
    assert len({place[:2] for place in places}) == len(places)
