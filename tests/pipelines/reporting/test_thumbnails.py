"""Whatever a user's files hold must become a small picture or a reason."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from pixelmill.errors import UndecodableImageError
from pixelmill.pipelines.reporting.thumbnails import data_uri, thumbnail


def file_of(image, kind="PNG", **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def shown(data, side=64):
    picture = Image.open(io.BytesIO(thumbnail(data, side)))
    assert picture.format == "WEBP"
    assert picture.mode == "RGB"
    return np.asarray(picture).astype(int)


@pytest.mark.parametrize(
    ("mode", "colour", "kind", "expected"),
    [
        ("RGB", (200, 30, 30), "PNG", (200, 30, 30)),
        ("L", 90, "PNG", (90, 90, 90)),
        ("1", 1, "PNG", (255, 255, 255)),
        ("RGBA", (0, 0, 0, 0), "PNG", (255, 255, 255)),
        ("RGBA", (0, 0, 0, 128), "WEBP", (127, 127, 127)),
        ("LA", (0, 0), "PNG", (255, 255, 255)),
        ("CMYK", (0, 255, 255, 0), "JPEG", (254, 0, 0)),
        ("I;16", 128 * 257, "PNG", (128, 128, 128)),
        ("F", 3.5, "TIFF", (0, 0, 0)),
    ],
)
def test_every_mode(mode, colour, kind, expected):
    pixels = shown(file_of(Image.new(mode, (8, 8), colour), kind))
    assert pixels.shape == (8, 8, 3)
    assert np.abs(pixels - expected).max() <= 3


def test_palette_with_transparency_is_on_white():
    image = Image.new("P", (8, 8), 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    assert np.abs(shown(file_of(image, "GIF", transparency=1)) - 255).max() <= 2
    assert np.abs(shown(file_of(image, "GIF")) - (0, 0, 255)).max() <= 2


def test_orientation_and_size():
    image = Image.new("RGB", (400, 200), "white")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    assert shown(file_of(image, "JPEG", exif=exif), 100).shape == (100, 50, 3)


def test_broken_files_have_a_reason():
    cut = file_of(Image.effect_noise((200, 200), 50), "JPEG")[:1500]
    for data in (b"", b"no picture", cut):
        with pytest.raises(UndecodableImageError, match="no thumbnail"):
            thumbnail(data, 64)


def test_a_picture_too_large_to_open_is_not_opened():
    data = bytearray(file_of(Image.new("1", (8, 8))))
    data[16:24] = struct.pack(">II", 30_000, 30_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    huge = bytes(data)
    with pytest.raises(UndecodableImageError, match="too many pixels"):
        thumbnail(huge, 64)


def test_address_holds_the_picture():
    assert data_uri(b"RIFF") == "data:image/webp;base64,UklGRg=="
