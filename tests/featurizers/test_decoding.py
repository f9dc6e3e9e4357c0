"""Every kind of JPEG becomes the right pixels, or a reason."""

import numpy as np
import pytest
import simplejpeg
from PIL import Image, ImageOps

from pixelmill.errors import UndecodableImageError
from pixelmill.featurizers.decoding import Decoder
from pixelmill.images.limits import Limits

SIZE = (48, 64)


@pytest.fixture
def decode():
    def decode(data, size=SIZE, max_pixels=1_000_000):
        into = np.zeros((*size, 3), np.uint8)
        Decoder(size, Limits(max_pixels)).decode(data, into)
        return into

    return decode


def reference(image, size=SIZE):
    return np.asarray(image.convert("RGB").resize(size[::-1], Image.Resampling.BILINEAR))


def difference(actual, expected):
    return float(np.abs(actual.astype(float) - expected).mean())


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": "4:2:0"}])
def test_jpeg_is_decoded_and_stretched(decode, picture, encode, options):
    data = encode(picture, "JPEG", quality=95, **options)
    assert difference(decode(data), reference(picture)) < 2


def test_greyscale_jpeg_has_three_equal_channels(decode, picture, encode):
    grey = picture.convert("L")
    decoded = decode(encode(grey, "JPEG", quality=95))
    assert np.ptp(decoded, axis=2).max() == 0
    assert difference(decoded, reference(grey)) < 2


def test_cmyk_jpeg_is_rgb(decode, picture, encode):
    data = encode(picture.convert("CMYK"), "JPEG", quality=95)
    assert simplejpeg.decode_jpeg_header(data)[2] in ("CMYK", "YCCK")
    assert difference(decode(data), reference(picture)) < 4


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_a_large_jpeg_decoded_at_a_reduced_scale_looks_the_same(decode, picture, encode, factor):
    large = picture.resize((64 * factor + 3, 48 * factor + 1), Image.Resampling.BICUBIC)
    assert difference(decode(encode(large, "JPEG", quality=95)), reference(picture)) < 2


def test_fine_stripes_are_averaged_not_skipped(decode, encode):
    stripes = np.zeros((480, 640, 3), np.uint8)
    stripes[:, ::2] = 255
    decoded = decode(encode(Image.fromarray(stripes), "PNG"))
    assert np.abs(decoded.astype(int) - 127).max() <= 2


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (300, 1), (5, 7)])
def test_tiny_and_thin_images_are_stretched(decode, encode, shape):
    data = encode(Image.new("RGB", shape, (10, 200, 30)), "PNG")
    assert (decode(data) == (10, 200, 30)).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_orientation_turns_upright(decode, picture, encode, orientation, kind):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(picture, kind, exif=exif, **({} if kind == "TIFF" else {"quality": 95}))
    marked = Image.new("RGB", picture.size)
    marked.paste(picture)
    marked.getexif()[0x0112] = orientation
    upright = ImageOps.exif_transpose(marked)
    assert difference(decode(data), reference(upright)) < 2


def test_a_damaged_exif_segment_leaves_the_image_as_it_is(decode, picture, encode):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(picture, "JPEG", quality=95, exif=exif)
    broken = data.replace(b"Exif\0\0MM\0*", b"Exif\0\0??\0*")
    assert broken != data
    assert difference(decode(broken), reference(picture)) < 2


@pytest.mark.parametrize("options", [{}, {"progressive": True}])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.05, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_jpeg_is_an_error(decode, picture, encode, share, options):
    data = encode(picture.resize((640, 480)), "JPEG", **options)
    with pytest.raises(UndecodableImageError, match=r"^truncated image: .+"):
        decode(data[: 3 + int(share * len(data))])


@pytest.mark.parametrize("missing", [3, 4, 10])
def test_a_jpeg_that_lacks_its_last_pixels_is_an_error(decode, picture, encode, missing):
    with pytest.raises(UndecodableImageError, match=r"^truncated image: "):
        decode(encode(picture, "JPEG")[:-missing])


def test_a_jpeg_with_a_hole_is_an_error(decode, picture, encode):
    data = encode(picture.resize((640, 480)), "JPEG", quality=95)
    middle = len(data) // 2
    with pytest.raises(UndecodableImageError, match=r"^(truncated|corrupt) image: "):
        decode(data[:middle] + data[middle + 300 :])


def test_junk_after_the_end_or_between_the_segments_of_a_jpeg_does_no_harm(decode, picture, encode):
    data = encode(picture, "JPEG", quality=95)
    tables = data.find(b"\xff\xdb")
    for spoilt in (data + b"junk" * 9, data[:tables] + b"\0\0\0" + data[tables:]):
        assert difference(decode(spoilt), reference(picture)) < 2


def test_junk_between_the_segments_does_not_hide_that_the_end_is_missing(decode, picture, encode):
    data = encode(picture, "JPEG")
    tables = data.find(b"\xff\xdb")
    spoilt = data[:tables] + b"\0\0\0" + data[tables : len(data) // 2]
    with pytest.raises(UndecodableImageError, match=r"^truncated image: "):
        decode(spoilt)


def test_an_empty_file_and_a_text_file_are_distinguished(decode):
    with pytest.raises(UndecodableImageError, match=r"^empty file$"):
        decode(b"")
    with pytest.raises(UndecodableImageError, match=r"^not an image: it begins with 'Dear dia'$"):
        decode(b"Dear diary, this is no picture.")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_the_limit_of_pixels_holds_for_every_format(decode, picture, encode, kind):
    data = encode(picture, kind)
    decode(data, max_pixels=160 * 120)
    with pytest.raises(
        UndecodableImageError, match=r"^too many pixels: 19200, max_pixels is 19199$"
    ):
        decode(data, max_pixels=160 * 120 - 1)
