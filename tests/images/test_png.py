"""A PNG's pixels count; all else may be broken."""

import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from pixelmill.errors import UndecodableImageError
from pixelmill.images.pillow_decoding import NO_PNG_END
from pixelmill.images.samples import DARK
from tests.images.pictures import difference, file_of, oriented, png_chunk


def with_chunk(png, chunk):
    """The file with a chunk behind its header."""
    return png[:33] + chunk + png[33:]


def header(width, height, bits, colours):
    return width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([bits, colours, 0, 0, 0])


def png_file(rows, width, bits, colours, *chunks):
    """A PNG of rows of bytes as they are stored."""
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = [png_chunk(b"IHDR", header(width, len(rows), bits, colours)), *chunks]
    parts += [png_chunk(b"IDAT", pixels), png_chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


BROKEN = {
    "checksum of a profile": png_chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(200)), 1),
    "profile that does not decompress": png_chunk(b"iCCP", b"x\0\0nothing"),
    "empty profile": png_chunk(b"iCCP", b""),
    "two profiles": png_chunk(b"iCCP", b"x\0\0nothing") * 2,
    "checksum of text": png_chunk(b"tEXt", b"Title\0none", 1),
    "text of gigabytes": png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000), 1)),
    "text without a key": png_chunk(b"iTXt", b"\xff" * 30),
    "size of a pixel": png_chunk(b"pHYs", b"\0"),
    "checksum of a size": png_chunk(b"pHYs", bytes(9), 7),
    "EXIF": png_chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff"),
    "time": png_chunk(b"tIME", b""),
    "gamma": png_chunk(b"gAMA", b"\0"),
    "animation": png_chunk(b"acTL", b"\0"),
    "significant bits": png_chunk(b"sBIT", b""),
    "unknown": png_chunk(b"abCd", bytes(1000), 5),
}


@pytest.mark.parametrize("chunk", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "1"])
def test_broken_chunks_beside_the_pixels_change_nothing(rgb, picture, chunk, mode):
    plain = file_of(picture.convert(mode), "PNG")
    assert (rgb(with_chunk(plain, chunk)) == rgb(plain)).all()


@pytest.mark.parametrize("kind", [b"IHDR", b"PLTE", b"IDAT"])
def test_a_wrong_checksum_of_what_carries_pixels_is_an_error(rgb, picture, kind):
    data = bytearray(file_of(picture.convert("P"), "PNG"))
    data[data.index(kind) + 9] ^= 0x10
    with pytest.raises(UndecodableImageError, match=r"^corrupt image: the checksum of its \w+ is"):
        rgb(bytes(data))


def test_pixels_that_end_early_are_an_error_with_a_true_reason(rgb, picture):
    data = file_of(picture, "PNG")
    start = data.index(b"IDAT") + 4
    length = int.from_bytes(data[start - 8 : start - 4], "big")
    half = png_chunk(b"IDAT", data[start : start + length // 2]) + png_chunk(b"IEND", b"")
    with pytest.raises(UndecodableImageError, match=r"^corrupt image: its pixels end early$"):
        rgb(data[: start - 8] + half)
    with pytest.raises(
        UndecodableImageError, match=r"^truncated image: it ends within its pixels$"
    ):
        rgb(data[: start + length // 2])
    with pytest.raises(UndecodableImageError, match=r"^truncated image: it has no pixels$"):
        rgb(data[:33])


def test_without_its_end_a_file_has_every_pixel_and_a_remark(rgb, remarks, picture):
    data = file_of(picture, "PNG")
    assert (rgb(data[:-12]) == np.asarray(picture)).all()
    assert (remarks(data[:-12]), remarks(data)) == ((NO_PNG_END,), ())


def test_a_cut_that_leaves_open_which_side_is_up_is_an_error(rgb, picture):
    data = file_of(picture, "PNG")
    behind = png_chunk(b"eXIf", oriented(6).tobytes()[6:])
    turned = data[:-12] + behind + data[-12:]
    assert (rgb(turned) == np.rot90(np.asarray(picture), -1)).all()
    with pytest.raises(UndecodableImageError, match=r"^truncated image: it ends within its EXIF"):
        rgb(turned[:-20])


def test_apples_form_is_named(rgb, picture):
    data = file_of(picture, "PNG")
    apple = data[:8] + png_chunk(b"CgBI", bytes(4)) + data[8:]
    with pytest.raises(UndecodableImageError, match=r"^Apple's form of PNG is not read: convert"):
        rgb(apple)


def test_exif_counts_and_other_places_of_an_orientation_do_not(rgb, picture):
    stored = picture.transpose(Image.Transpose.ROTATE_90)
    turned = file_of(stored, "PNG", exif=oriented(6))
    assert (rgb(turned) == np.asarray(picture)).all()
    described = png_chunk(b"iTXt", b'XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation="6"/>')
    assert (rgb(with_chunk(file_of(stored, "PNG"), described)) == np.asarray(stored)).all()


@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_the_transparent_grey_is_white(rgb, bits):
    top = (1 << bits) - 1
    levels = [0, top, 0, top] if bits == 1 else [0, 1, top, top - 1]
    packed = sum(level << (bits * (3 - place)) for place, level in enumerate(levels))
    row = (packed << max(0, 8 - 4 * bits)).to_bytes(max(1, bits // 2), "big")
    data = png_file([row], 4, bits, 0, png_chunk(b"tRNS", levels[1].to_bytes(2, "big")))
    expected = [255 if level == levels[1] else round(255 * level / top) for level in levels]
    assert rgb(data)[0, :, 0].tolist() == expected


@pytest.mark.parametrize("bits", [8, 16])
def test_the_transparent_colour_is_white_and_its_neighbours_are_not(rgb, bits):
    size = bits // 8
    colours = [(10, 20, 30), (10, 20, 31), (30, 20, 10)]
    samples = [value * (257 if bits == 16 else 1) for colour in colours for value in colour]
    row = b"".join(sample.to_bytes(size, "big") for sample in samples)
    clear = b"".join(sample.to_bytes(2, "big") for sample in samples[:3])
    shown = rgb(png_file([row], 3, bits, 2, png_chunk(b"tRNS", clear)))
    assert shown[0].tolist() == [[255, 255, 255], [10, 20, 31], [30, 20, 10]]


def test_one_step_of_65535_beside_the_transparent_colour_is_kept(rgb):
    row = b"".join(value.to_bytes(2, "big") for value in (0, 0, 0, 0, 0, 1))
    shown = rgb(png_file([row], 2, 16, 2, png_chunk(b"tRNS", bytes(6))))
    assert shown[0].tolist() == [[255, 255, 255], [0, 0, 0]]


@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_of_16_bits_is_on_white(rgb, channels):
    dark = [100 * 257] * (channels - 1)
    row = b"".join(v.to_bytes(2, "big") for v in (*dark, 65535, *dark, 0, *dark, 32768))
    shown = rgb(png_file([row], 3, 16, 4 if channels == 2 else 6))
    assert np.abs(shown[0, :, 0].astype(int) - (100, 255, 177)).max() <= 1


def deep(picture, bits, colour):
    """Samples of some bits in 16, at the bottom, as cameras and microscopes store them."""
    values = np.asarray(picture if colour else picture.convert("L")).astype(np.uint32)
    values = (values * ((1 << bits) - 1) // 255).astype(np.uint16)
    return cv2.imencode(".png", values[..., ::-1] if colour else values)[1].tobytes(), values


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("bits", [10, 12, 14])
def test_significant_bits_at_the_bottom_are_scaled_by(rgb, remarks, picture, bits, colour):
    data, values = deep(picture, bits, colour)
    said = with_chunk(data, png_chunk(b"sBIT", bytes([bits]) * (3 if colour else 1)))
    expected = np.asarray(picture if colour else picture.convert("L").convert("RGB"))
    assert difference(rgb(said), expected) < 1
    assert remarks(said) == ()
    assert remarks(data) == ((DARK,) if bits <= 12 else ())
    assert difference(rgb(data), expected * (((1 << bits) - 1) / 65535)) < 2
    assert values.max() < 1 << bits


def test_significant_bits_at_the_top_are_as_they_should_be(rgb, remarks):
    """A dark picture of 12 bits that a conforming encoder stored stays dark."""
    values = np.array([[0, 100 << 4, 200 << 4]], np.uint16)
    data = cv2.imencode(".png", values)[1].tobytes()
    said = with_chunk(data, png_chunk(b"sBIT", b"\x0c"))
    assert rgb(said)[0, :, 0].tolist() == [0, 6, 12]
    assert remarks(said) == (DARK,)


TWO_COLOURS = png_chunk(b"PLTE", bytes([200, 40, 40, 40, 60, 200]))
STRIPES = [b"\0\1" * 8] * 16


@pytest.mark.parametrize("last", [0, 9, 10, 13, 254, 255])
def test_each_colour_of_a_palette_has_its_opacity(rgb, last):
    """Pillow overlooks an opacity of 10, which is a line end, behind one of 0."""
    data = png_file(STRIPES, 16, 8, 3, TWO_COLOURS, png_chunk(b"tRNS", bytes([0, last])))
    blue = 255 - (255 - np.array([40, 60, 200])) * last / 255
    np.testing.assert_allclose(rgb(data)[0, :2], [[255] * 3, blue], atol=1)


def test_what_stands_behind_what_it_describes_is_ignored(rgb, remarks, picture, wide_profile):
    """As viewers do."""
    profile = png_chunk(b"iCCP", b"wide\0\0" + zlib.compress(wide_profile))
    transparent = png_chunk(b"tRNS", bytes([0, 200, 0, 30, 0, 60]))
    for mode, chunk in (
        *(("RGB", chunk) for chunk in (profile, transparent, TWO_COLOURS)),
        ("RGB", png_chunk(b"cICP", bytes([9, 16, 0, 1]))),
        ("P", png_chunk(b"tRNS", bytes(3))),
        ("P", png_chunk(b"PLTE", bytes(3), 1)),
        ("L", png_chunk(b"tRNS", bytes([0, 100]))),
    ):
        data = file_of(picture.convert(mode), "PNG")
        late = data[:-12] + chunk + data[-12:]
        assert (rgb(late) == rgb(data)).all()
        assert remarks(late) == ()
    palette = png_file(STRIPES, 16, 8, 3, TWO_COLOURS)
    assert (rgb(png_file(STRIPES, 16, 8, 3, TWO_COLOURS, profile)) == rgb(palette)).all()


def test_a_palette_that_is_missing_is_named(rgb):
    with pytest.raises(UndecodableImageError, match=r"^corrupt image: it lacks its palette$"):
        rgb(png_file(STRIPES, 16, 8, 3))
