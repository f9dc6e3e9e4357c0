"""Pixels of a file's own colour space become those of sRGB; without a profile nothing changes."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from pixelmill.images import colour
from pixelmill.images.decoding import UNREADABLE_PROFILE
from pixelmill.images.pillow_decoding import OTHER_COLOURS
from tests.images.pictures import difference, file_of, png_chunk

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def stored_in(image, profile):
    """The numbers of the same colours in another space."""
    spaces = [io.BytesIO(SRGB), io.BytesIO(profile)]
    return ImageCms.profileToProfile(image, *spaces, outputMode="RGB")


def gamma_profile(power):
    """A profile of grey with a plain power as its curve, written by hand: header and three tags."""
    white = b"XYZ \0\0\0\0" + b"".join(
        round(value * 65536).to_bytes(4, "big") for value in (0.9642, 1.0, 0.8249)
    )
    curve = b"curv\0\0\0\0\0\0\0\1" + round(power * 256).to_bytes(2, "big") + bytes(2)
    text = b"desc\0\0\0\0\0\0\0\5grey\0" + bytes(79)
    text += bytes(-len(text) % 4)
    start, tags, body = 128 + 4 + 3 * 12, b"", b""
    for name, content in ((b"wtpt", white), (b"kTRC", curve), (b"desc", text)):
        tags += name + (start + len(body)).to_bytes(4, "big") + len(content).to_bytes(4, "big")
        body += content
    head = bytearray(128)
    head[:4], head[8:12] = (start + len(body)).to_bytes(4, "big"), b"\2\x20\0\0"
    head[12:24], head[36:40] = b"mntrGRAYXYZ ", b"acsp"
    head[68:80] = white[8:]
    return bytes(head) + (3).to_bytes(4, "big") + tags + body


def ink_profile():
    """A profile of four inks, of which the first is a plain red and the others leave no trace."""
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0])
    table += b"".join((65536 if n % 4 == 0 else 0).to_bytes(4, "big") for n in range(9))
    table += bytes(range(256)) * 4
    table += bytes([255, 128, 128]) * 8 + bytes([136, 208, 195]) * 8  # CIELAB, first ink slowest
    table += bytes(range(256)) * 3
    start = 128 + 4 + 12
    head = bytearray(gamma_profile(1.0)[:128])
    head[:4] = (start + len(table)).to_bytes(4, "big")
    head[12:24] = b"prtrCMYKLab "
    entry = b"A2B0" + start.to_bytes(4, "big") + len(table).to_bytes(4, "big")
    return bytes(head) + (1).to_bytes(4, "big") + entry + table


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_inks_have_the_colours_that_their_profile_says(rgb, kind):
    inks = Image.new("CMYK", (64, 48), (255, 0, 0, 0))
    inks.paste((0, 255, 255, 0), (0, 0, 32, 48))
    options = {"quality": 97, "subsampling": 0} if kind == "JPEG" else {}
    shown = rgb(file_of(inks, kind, icc_profile=ink_profile(), **options))
    left, right = shown[:, :28].reshape(-1, 3), shown[:, 36:].reshape(-1, 3)
    assert left.min() > 245
    assert np.abs(right.mean(0) - (255, 0, 0)).max() < 12
    plain = rgb(file_of(inks, kind, **options))
    assert np.abs(plain[:, 36:].reshape(-1, 3).mean(0) - (0, 255, 255)).max() < 12


def test_cielab_needs_no_profile(remarks, picture):
    assert remarks(file_of(picture.convert("LAB"), "TIFF")) == ()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_wide_colours_become_those_of_srgb(rgb, picture, wide_profile, kind):
    options = {"JPEG": {"quality": 97, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
    options |= {"quality": 95, "subsampling": "4:4:4"} if kind == "AVIF" else {}
    stored = stored_in(picture, wide_profile)
    assert difference(stored, picture) > 4
    shown = rgb(file_of(stored, kind, icc_profile=wide_profile, **options))
    assert difference(shown, picture) < 2


def test_a_profile_that_says_srgb_changes_nothing(rgb, picture):
    plain, said = file_of(picture, "PNG"), file_of(picture, "PNG", icc_profile=SRGB)
    assert (rgb(said) == rgb(plain)).all()
    assert colour.find_conversion(SRGB, 3) == (None, True)


def test_grey_of_another_curve_becomes_that_of_srgb(rgb, picture):
    grey = np.asarray(picture.convert("L"))
    linear = np.where(grey <= 10.31475, grey / 255 / 12.92, ((grey / 255 + 0.055) / 1.055) ** 2.4)
    stored = Image.fromarray(np.rint(255 * linear ** (1 / 1.8)).astype(np.uint8))
    profile = gamma_profile(1.8)
    assert difference(stored, grey) > 4
    for kind, options in {"PNG": {}, "JPEG": {"quality": 97}, "TIFF": {}}.items():
        shown = rgb(file_of(stored, kind, icc_profile=profile, **options))
        assert np.ptp(shown, axis=2).max() <= 1
        assert difference(shown[..., 0], grey) < 1.5


def test_grey_with_a_profile_of_colours_has_its_curve(rgb, picture, wide_profile):
    grey = picture.convert("L")
    shown = rgb(file_of(grey, "PNG", icc_profile=wide_profile))  # of which the curve is sRGB's
    assert difference(shown[..., 0], grey) < 1


NO_ASCII = SRGB[:16] + b"RGB\xe0" + SRGB[20:]  # the name of its colour space


@pytest.mark.parametrize(
    "profile", [b"nothing", SRGB[:300], gamma_profile(2.2), bytes(200), NO_ASCII]
)
def test_an_unusable_colour_profile_is_a_remark_and_no_failure(rgb, remarks, picture, profile):
    for kind in ("JPEG", "PNG", "TIFF", "WEBP"):
        said, plain = file_of(picture, kind, icc_profile=profile), file_of(picture, kind)
        assert (rgb(said) == rgb(plain)).all()
        assert remarks(said) == (UNREADABLE_PROFILE,)
        assert remarks(plain) == ()


def test_the_chunk_that_says_srgb_needs_no_profile(rgb, picture, wide_profile):
    data = file_of(picture, "PNG")
    said = data[:33] + png_chunk(b"sRGB", b"\0") + data[33:]
    assert (rgb(said) == np.asarray(picture)).all()


def test_colours_are_converted_before_they_are_measured(picture, wide_profile):
    from pixelmill.featurizers import find_featurizer
    from pixelmill.featurizers.picture_signature import unpacked
    from pixelmill.parameters import FeaturizationParameters

    files = [
        file_of(picture, "PNG"),
        file_of(stored_in(picture, wide_profile), "PNG", icc_profile=wide_profile),
    ]
    for name in ("colour_statistics", "picture_signature"):
        featurizer = find_featurizer(FeaturizationParameters(featurizer=name))
        rows = featurizer.prepare().open(threads=1)(files).features
        measured = rows if name == "colour_statistics" else unpacked(rows).codes.astype(int)
        assert np.abs(measured[0] - measured[1]).mean() < 1


def with_points(data, *points):
    """A PNG with code points of colours, behind its header."""
    return data[:33] + png_chunk(b"cICP", bytes([*points, 0, 1])) + data[33:]


@pytest.mark.parametrize(
    ("points", "is_other"), [((1, 13), False), ((9, 16), True), ((12, 18), True), ((10, 8), True)]
)
def test_code_points_of_high_dynamic_range_are_a_remark(rgb, remarks, picture, points, is_other):
    data = file_of(picture, "PNG")
    assert remarks(with_points(data, *points)) == ((OTHER_COLOURS,) if is_other else ())
    assert (rgb(with_points(data, *points)) == rgb(data)).all()


# From linear colours to those of sRGB, by the chromaticities: CSS Color 4, sample code.
TO_SRGB = {
    12: [
        [1.2249401762805598, -0.22494017628055996, 0],
        [-0.042056954709688163, 1.0420569547096881, 0],
        [-0.019637554590334432, -0.078636045550631889, 1.0982736001409663],
    ],
    9: [
        [1.66051912, -0.58766164, -0.07285750],
        [-0.12455047, 1.13289990, -0.00834942],
        [-0.01815076, -0.10057890, 1.11872966],
    ],
}


@pytest.mark.parametrize("primaries", TO_SRGB)
@pytest.mark.parametrize("transfer", [1, 13])
def test_wide_colours_that_code_points_name_become_srgb(rgb, remarks, picture, primaries, transfer):
    stored = np.asarray(picture) / 255
    linear = np.where(stored <= 0.04045, stored / 12.92, ((stored + 0.055) / 1.055) ** 2.4)
    mixed = np.clip(linear @ np.array(TO_SRGB[primaries]).T, 0, 1)
    shown = np.where(mixed <= 0.0031308, mixed * 12.92, 1.055 * mixed ** (1 / 2.4) - 0.055)
    data = with_points(file_of(picture, "PNG"), primaries, transfer)
    np.testing.assert_allclose(rgb(data), 255 * shown, atol=2)
    assert remarks(data) == ()
    assert difference(rgb(data), picture) > 3


@pytest.mark.parametrize("primaries", [1, 2, 6])
def test_samples_in_proportion_to_light_become_srgb(rgb, remarks, picture, primaries):
    plain = file_of(picture, "PNG")
    light = plain[:33] + png_chunk(b"gAMA", struct.pack(">I", 100_000)) + plain[33:]
    assert (rgb(with_points(plain, primaries, 8)) == rgb(light)).all()
    assert remarks(with_points(plain, primaries, 8)) == ()
    assert difference(rgb(light), picture) > 40


def test_code_points_say_the_same_as_a_profile(rgb, picture, wide_profile):
    """A file may have both."""
    plain, described = file_of(picture, "PNG"), file_of(picture, "PNG", icc_profile=wide_profile)
    assert np.abs(rgb(with_points(plain, 12, 13)).astype(int) - rgb(described)).max() <= 1
    both = with_points(described, 12, 13)
    assert (rgb(both) == rgb(with_points(plain, 12, 13))).all()
    grey = file_of(picture.convert("L"), "PNG")
    assert difference(rgb(with_points(grey, 12, 13)), rgb(grey)) < 1


def test_code_points_of_an_avif_count_as_well(rgb, remarks, picture, wide_profile):
    data = file_of(picture, "AVIF", quality=100)
    place = data.index(b"nclx") + 4

    def named(*points):
        return data[:place] + struct.pack(">HH", *points) + data[place + 4 :]

    assert remarks(data) == remarks(named(12, 13)) == ()
    assert remarks(named(9, 16)) == (OTHER_COLOURS,)
    described = file_of(picture, "AVIF", quality=100, icc_profile=wide_profile)
    assert remarks(described) == ()
    assert difference(rgb(named(12, 13)), rgb(described)) < 1
    assert difference(rgb(named(12, 13)), rgb(data)) > 3
