"""Whatever a user's files hold must become a small picture or a reason."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from pixelmill.errors import UndecodableImageError
from pixelmill.thumbnails import data_uri, jpeg_thumbnail, thumbnail


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
        ("F", 3.5, "TIFF", (4, 4, 4)),
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


@pytest.mark.parametrize("limit", [None, Image.MAX_IMAGE_PIXELS])
def test_a_picture_too_large_to_open_is_not_opened(monkeypatch, limit):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)  # the decoder of features takes it away
    data = bytearray(file_of(Image.new("1", (8, 8))))
    data[16:24] = struct.pack(">II", 30_000, 30_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    huge = bytes(data)
    with pytest.raises(UndecodableImageError, match="too many pixels"):
        thumbnail(huge, 64)


def test_address_holds_the_picture():
    assert data_uri(b"RIFF") == "data:image/webp;base64,UklGRg=="


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(kind, orientation):
    """Red is at the top left and blue at the bottom right of what a viewer shows."""
    upright = Image.new("RGB", (120, 60), "white")
    upright.paste("red", (0, 0, 60, 30))
    upright.paste("blue", (60, 30, 120, 60))
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's numbers of the turns back
    stored = upright if orientation == 1 else upright.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = jpeg_thumbnail(file_of(stored, kind, exif=exif), 60)
    pixels = np.asarray(Image.open(io.BytesIO(made.data))).astype(int)
    assert (made.width, made.height, pixels.shape) == (120, 60, (30, 60, 3))
    assert np.abs(pixels[4, 4] - (254, 0, 0)).max() < 12
    assert np.abs(pixels[-5, -5] - (0, 0, 254)).max() < 12
    assert np.abs(pixels[4, -5] - 255).max() < 12


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("size", "expected"),
    [((2000, 200), (100, 10)), ((30, 3000), (1, 100)), ((80, 40), (80, 40)), ((1, 1), (1, 1))],
)
def test_panoramas_keep_their_shape_and_small_images_their_size(kind, size, expected):
    made = jpeg_thumbnail(file_of(Image.new("RGB", size, "green"), kind), 100)
    picture = Image.open(io.BytesIO(made.data))
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", expected)
    assert (made.width, made.height) == size


@pytest.mark.parametrize("mode", ["RGB", "L", "1", "RGBA", "P", "I;16", "CMYK", "LA", "F"])
def test_every_mode_becomes_an_rgb_jpeg(mode):
    kind = {"CMYK": "JPEG", "F": "TIFF"}.get(mode, "PNG")
    made = jpeg_thumbnail(file_of(Image.new(mode, (90, 60)), kind), 30)
    picture = Image.open(io.BytesIO(made.data))
    assert (picture.mode, picture.size) == ("RGB", (30, 20))


def test_a_photo_is_the_same_by_either_library(assets):
    photo = next((assets / "pets").rglob("*.jpg")).read_bytes()
    as_png = file_of(Image.open(io.BytesIO(photo)).convert("RGB"))
    fast, plain = (jpeg_thumbnail(data, 96) for data in (photo, as_png))
    assert (fast.width, fast.height) == (plain.width, plain.height)
    one, other = (np.asarray(Image.open(io.BytesIO(each.data))) for each in (fast, plain))
    assert one.shape == other.shape
    assert np.abs(one.astype(int) - other).mean() < 6


def test_what_is_no_picture_has_no_jpeg_either():
    cut = file_of(Image.effect_noise((200, 200), 50), "JPEG")[:1500]
    for data in (b"", b"no picture", cut):
        with pytest.raises(UndecodableImageError, match="no thumbnail"):
            jpeg_thumbnail(data, 64)
