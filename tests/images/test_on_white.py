"""What is transparent is on white, which shines through colours of sRGB."""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from pixelmill.images.chromaticities import SRGB as SRGB_PRIMARIES
from pixelmill.images.chromaticities import profile_of
from tests.images.pictures import difference, file_of, png_chunk
from tests.images.test_colour import SRGB, gamma_profile

KINDS = {"PNG": {}, "WEBP": {"lossless": True, "exact": True}, "TIFF": {}, "AVIF": {"quality": 100}}


def linear_profile():
    """The profile of sRGB's primaries with samples that are proportional to light."""
    return profile_of(SRGB_PRIMARIES, 1.0)


def fading(picture):
    """The picture with opacity that grows from left to right."""
    faded = picture.convert("RGBA")
    slope = np.linspace(0, 255, picture.width).astype(np.uint8)
    faded.putalpha(Image.fromarray(np.tile(slope, (picture.height, 1))))
    return faded


def shown(picture, profile):
    """The picture in sRGB, and then on white."""
    image = picture.convert("RGB")
    spaces = [io.BytesIO(profile), io.BytesIO(SRGB)]
    converted = ImageCms.profileToProfile(image, *spaces, outputMode="RGB")
    alpha = np.asarray(picture.getchannel("A"))[:, :, None] / 255
    return np.asarray(converted) * alpha + 255 * (1 - alpha)


@pytest.mark.parametrize("kind", KINDS)
def test_half_transparent_colours_of_a_profile_are_on_white_in_srgb(rgb, picture, kind):
    faded, profile = fading(picture), linear_profile()
    data = file_of(faded, kind, icc_profile=profile, **KINDS[kind])
    assert difference(rgb(data), shown(faded, profile)) < 1


def test_half_transparent_samples_of_16_bits_are_too(rgb, picture):
    faded, profile = fading(picture), linear_profile()
    deep = np.asarray(faded)[:, :, [2, 1, 0, 3]].astype(np.uint16) * 257
    data = cv2.imencode(".png", deep)[1].tobytes()
    plain = file_of(faded, "PNG", icc_profile=profile)
    chunk = plain[plain.index(b"iCCP") - 4 : plain.index(b"IDAT") - 4]
    assert difference(rgb(data[:33] + chunk + data[33:]), rgb(plain)) < 1


@pytest.mark.parametrize("bits", [8, 16])
def test_half_transparent_grey_has_the_curve_of_its_profile(rgb, remarks, picture, bits):
    grey, profile = picture.convert("L"), gamma_profile(1.0)
    faded = fading(picture).convert("LA")
    data = file_of(faded, "PNG", icc_profile=profile)
    if bits == 16:
        data = deep_grey(np.asarray(faded), data)
    plain = rgb(file_of(grey, "PNG", icc_profile=profile))
    alpha = np.asarray(faded.getchannel("A"))[:, :, None] / 255
    assert difference(rgb(data), plain * alpha + 255 * (1 - alpha)) < 1
    assert remarks(data) == ()


def deep_grey(values, data):
    """A PNG of 16 bits with the profile of another."""
    rows = b"".join(b"\0" + row.tobytes() for row in values.astype(">u2") * 257)
    head = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, 4, 0, 0, 0)
    chunk = data[data.index(b"iCCP") - 4 : data.index(b"IDAT") - 4]
    return (
        data[:8]
        + png_chunk(b"IHDR", head)
        + chunk
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )
