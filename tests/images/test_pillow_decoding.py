"""Every other format and mode becomes the right pixels, or a reason."""

import struct
import time
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from pixelmill.errors import UndecodableImageError
from pixelmill.featurizers.decoding import Decoder
from pixelmill.images.decoding import decode
from pixelmill.images.limits import Limits
from tests.images.pictures import file_of, scene


@pytest.fixture
def rgb():
    def rgb(data):
        picture = decode(data, Limits(10_000_000))
        return picture.shown(picture.pixels)

    return rgb


def png_chunk(kind, content):
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_deflate"}),
    ],
)
def test_lossless_formats_give_back_their_pixels(rgb, picture, encode, kind, options):
    assert (rgb(encode(picture, kind, **options)) == np.asarray(picture)).all()


@pytest.mark.parametrize("mode", ["1", "L", "P"])
@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF"])
def test_greyscale_and_palette_become_rgb(rgb, picture, encode, mode, kind):
    image = picture.convert(mode)
    assert (rgb(encode(image, kind)) == np.asarray(image.convert("RGB"))).all()


@pytest.mark.parametrize(("mode", "kind"), [("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "TIFF")])
def test_alpha_is_composed_on_white(rgb, encode, mode, kind):
    image = Image.new("RGBA", (3, 1))
    image.putdata([(0, 0, 0, 255), (0, 0, 0, 0), (0, 0, 0, 51)])
    assert rgb(encode(image.convert(mode), kind))[0, :, 0].tolist() == [0, 255, 204]


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_colour_of_a_palette_is_white(rgb, encode, kind):
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 0, 10, 20, 30])
    image.putdata([0, 1])
    decoded = rgb(encode(image, kind, transparency=0))
    assert decoded[0].tolist() == [[255, 255, 255], [10, 20, 30]]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_is_scaled_not_clipped(rgb, encode, kind):
    deep = Image.fromarray(np.array([[0, 257 * 100, 65535]], np.uint16))
    assert rgb(encode(deep, kind))[0, :, 1].tolist() == [0, 100, 255]


def test_integers_and_floats_without_a_range_are_scaled(rgb, encode):
    integers = Image.fromarray(np.array([[0, 32768, 65535]], np.int32))
    floats = Image.fromarray(np.array([[0, 0.5, 1.0, np.nan]], np.float32))
    bytes_as_floats = Image.fromarray(np.array([[0, 100, 250]], np.float32))
    assert rgb(encode(integers, "TIFF"))[0, :, 0].tolist() == [0, 128, 255]
    assert rgb(encode(floats, "TIFF"))[0, :, 0].tolist() == [0, 128, 255, 0]
    assert rgb(encode(bytes_as_floats, "TIFF"))[0, :, 0].tolist() == [0, 100, 250]


def test_the_first_frame_of_an_animated_gif_is_taken(rgb, encode):
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert (rgb(data) == (255, 0, 0)).all()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("WEBP", {}),
        ("GIF", {}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
    ],
)
def test_a_truncated_file_is_an_error(rgb, encode, kind, options, share):
    noise = np.random.default_rng(0).integers(0, 256, (80, 80, 3), dtype=np.uint8)
    data = encode(Image.fromarray(noise), kind, **options)
    with pytest.raises(UndecodableImageError, match=r"^truncated image: \S"):
        rgb(data[: int(share * len(data))])


def test_a_corrupt_png_is_an_error_of_its_own(rgb, picture, encode):
    data = bytearray(encode(picture, "PNG"))
    data[data.find(b"IDAT") + 40] ^= 0xFF
    with pytest.raises(UndecodableImageError, match=r"^(corrupt|truncated) image: \S"):
        rgb(bytes(data))


def test_formats_that_start_other_programs_are_not_opened(rgb):
    with pytest.raises(UndecodableImageError, match=r"^not an image: "):
        rgb(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")


def test_a_png_of_900_million_pixels_is_refused_without_allocating_it():
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0))
    content = png_chunk(b"IDAT", zlib.compress(bytes(100_000))) + png_chunk(b"IEND", b"")
    into = np.empty((8, 8, 3), np.uint8)
    decoder = Decoder((8, 8), Limits())
    tracemalloc.start()
    started = time.process_time()
    with pytest.raises(
        UndecodableImageError, match=r"^too many pixels: 900000000, max_pixels is 100000000$"
    ):
        decoder.decode(b"\x89PNG\r\n\x1a\n" + header + content, into)
    seconds = time.process_time() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
    assert seconds < 1


def test_the_note_of_a_failed_download_is_the_reason():
    note = "download failed: HTTP 404 Not Found"
    with pytest.raises(UndecodableImageError) as failure:
        decode(f"{note}\n".encode(), Limits(1))
    assert str(failure.value) == note


def test_a_palette_that_a_tiff_lacks_is_named(rgb):
    data = file_of(scene().quantize(16), "TIFF")
    place = data.index(struct.pack("<HH", 320, 3))
    with pytest.raises(UndecodableImageError, match=r"^corrupt image: its header lacks entry 320$"):
        rgb(data[:place] + struct.pack("<H", 60_000) + data[place + 2 :])


def test_a_jpeg_that_pillow_cannot_decode_says_so_plainly(rgb):
    data = bytearray(file_of(scene(), "JPEG"))
    data[data.index(b"\xff\xc0") + 11] = 0x51  # five samples of luma in a row, which no codec has
    with pytest.raises(UndecodableImageError, match=r"^corrupt image: its pixels cannot be"):
        rgb(bytes(data))
