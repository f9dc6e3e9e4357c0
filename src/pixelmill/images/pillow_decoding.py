"""Decoding of all kinds except JPEG with Pillow: every mode, 16 bit, alpha on white."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelmill.errors import UndecodableImageError
from pixelmill.images import samples
from pixelmill.images.avif_properties import read_avif
from pixelmill.images.blocks import boxes, convert_image
from pixelmill.images.bmp import read_bmp
from pixelmill.images.gif import first_frame, with_white_around
from pixelmill.images.kinds import AVIF, BMP, GIF, PNG, TIFF, WEBP
from pixelmill.images.limits import Limits
from pixelmill.images.on_white import on_white
from pixelmill.images.pillow_opening import check_frames, needed_bytes, opened
from pixelmill.images.png import GREY, GREY_ALPHA, Png, read_png
from pixelmill.images.tiff import ORIENTATION, Directory, exif_orientation, valid_orientation
from pixelmill.images.tiff_checks import check_tiff, checked_fax, codec_bytes
from pixelmill.images.tiff_samples import (
    deep_values,
    has_signed_bytes,
    signed_bytes,
    widen_palette,
)
from pixelmill.images.webp import read_webp

Pixels = NDArray[np.uint8]

NO_WEBP_END = "WebP without its last chunks"
"""Remark on a file that lacks metadata or later frames, but no pixel of its picture."""
NO_PNG_END = "PNG without its end chunk"
"""Remark on a file that lacks its last bytes, but no pixel."""

OTHER_COLOURS = "colours of another space without an ICC profile, taken as sRGB"
"""Remark on a file whose code points name high dynamic range, or colours that are rare."""

THUMBNAIL = "TIFF whose first picture is a thumbnail of another one"
"""Remark on a file, such as raw data of a camera, of which the first picture alone is read."""

_WHITE = 255
_WEBP_BYTES = 10
# A pixel takes 16 bytes in OpenCV. The 4 that Pillow had before stay in the heap of a worker whose
# allocator no longer gives large blocks back.
_DEEP_PNG_BYTES = 20
_KIND_TAG, _BITS_TAG, _WHITE_IS_ZERO_TAG, _MAXIMUM_TAG = 254, 258, 262, 281
_FORMAT_TAG, _PROFILE_TAG = 339, 34675
_REDUCED, _SIGNED = 1, 2


@dataclass(frozen=True)
class Decoded:
    """Pixels as stored, and what is needed to show them.

    Attributes:
        pixels: uint8 [height, width, channels]: grey, RGB or CMYK (255 is full ink).
        orientation: EXIF orientation, 1 to 8.
        profile: ICC profile of the values; empty if there is none.
        remarks: Unusual properties of the file that cost no pixel.
    """

    pixels: Pixels
    orientation: int = 1
    profile: bytes = b""
    remarks: tuple[str, ...] = ()


def decode_png(data: bytes, limits: Limits) -> Decoded:
    """Decode a PNG; chunks that carry no pixels may be damaged.

    Args:
        data: Content of the file.
        limits: Limits that the header must respect.

    Raises:
        UndecodableImageError: "truncated image: …" or "corrupt image: …".
    """
    png = read_png(data)
    limits.check_pixels(png.width, png.height)
    if png.bits == 16 and png.colours != GREY:
        limits.check_bytes(4 * len(data) + png.width * png.height * _DEEP_PNG_BYTES)
    with opened(png.file, PNG, limits, ended=png.ended) as image:
        pixels, profile, remarks = _png_pixels(image, png)
    if not png.ended:
        remarks = (*remarks, NO_PNG_END)
    if png.has_other_colours:
        remarks = (*remarks, OTHER_COLOURS)
    return Decoded(pixels, png.orientation, profile, remarks)


def decode_tiff(data: bytes, limits: Limits) -> Decoded:
    """Decode the first page of a TIFF; Pillow turns it upright, unless its orientation is a byte.

    Args:
        data: Content of the file.
        limits: Limits that the header must respect.

    Raises:
        UndecodableImageError: "truncated image: …", "corrupt image: …" or "TIFF … is not read: …".
    """
    directory = check_tiff(data, limits)
    with checked_fax(directory), opened(data, TIFF, limits, codec_bytes(directory)) as image:
        # CIELAB is a space of its own, which Pillow converts.
        stored = b"" if image.mode == "LAB" else directory.content(_PROFILE_TAG)
        pixels, profile, remarks = _tiff_pixels(image, directory, stored)
    if directory.whole(_KIND_TAG) & _REDUCED:
        remarks = (*remarks, THUMBNAIL)
    of_pillow = not directory.is_of_bytes(ORIENTATION)
    orientation = 1 if of_pillow else valid_orientation(directory.whole(ORIENTATION))
    return Decoded(pixels, orientation, profile, remarks)


def decode_webp(data: bytes, limits: Limits) -> Decoded:
    """Decode the first frame of a WebP.

    Args:
        data: Content of the file.
        limits: Limits that the header must respect.

    Raises:
        UndecodableImageError: "truncated image: …" or "corrupt image: …".
    """
    webp = read_webp(data)
    limits.check_pixels(webp.width, webp.height)
    codec = webp.width * webp.height * _WEBP_BYTES
    # libwebp allocates the canvas before Pillow reports its size.
    limits.check_bytes(codec + needed_bytes(WEBP, (webp.width, webp.height), "RGBA", len(data)))
    with opened(webp.file, WEBP, limits, codec, ended=webp.ended) as image:
        pixels, profile = on_white(image, webp.profile)
    return Decoded(pixels, webp.orientation, profile, () if webp.ended else (NO_WEBP_END,))


def decode_gif(data: bytes, limits: Limits) -> Decoded:
    """Decode the first frame of a GIF; the screen around it is white, as what is transparent.

    Args:
        data: Content of the file.
        limits: Limits that the header must respect.

    Raises:
        UndecodableImageError: "truncated image: …" or "corrupt image: …".
    """
    frame = first_frame(data)
    with opened(frame.file, GIF, limits, ended=frame.ended) as image:
        return Decoded(with_white_around(on_white(image, b"")[0], frame.box))


def decode_avif(data: bytes, limits: Limits) -> Decoded:
    """Decode the part of an AVIF's picture, or of its first frame, that is to be shown.

    Args:
        data: Content of the file.
        limits: Limits that the header must respect.

    Raises:
        UndecodableImageError: "truncated image: …" or "corrupt image: …".
    """
    check_frames(data, limits)
    avif = read_avif(data)
    with opened(avif.file, AVIF, limits) as image:
        # Pillow makes it from the transforms of the picture.
        orientation = exif_orientation(image.info.get("exif", b""))
        profile = image.info.get("icc_profile") or avif.points.profile
        left, top, right, bottom = avif.shown_part(*image.size)
        is_other = not (profile or avif.points.are_like_srgb)
        pixels, profile = on_white(image, profile)
        pixels = pixels[top:bottom, left:right]
    return Decoded(pixels, orientation, profile, (OTHER_COLOURS,) if is_other else ())


def decode_bmp(data: bytes, limits: Limits) -> Decoded:
    """Decode a BMP.

    Args:
        data: Content of the file.
        limits: Limits that the header must respect.

    Raises:
        UndecodableImageError: "truncated image: …" or "corrupt image: …".
    """
    bmp = read_bmp(data, limits)
    with opened(bmp.file, BMP, limits) as image:
        pixels, profile = on_white(image, bmp.profile)
    return Decoded(pixels, profile=profile)


def _png_pixels(image: Image.Image, png: Png) -> tuple[Pixels, bytes, tuple[str, ...]]:
    """Return pixels, with the transparent colour on white; their profile; and remarks."""
    if png.alphas:  # of which Pillow takes some for one transparent colour
        image.info["transparency"] = png.alphas
    if png.bits < 16:
        pixels, profile = on_white(image, png.profile)
        scale = _WHITE // ((1 << png.bits) - 1) if png.colours == GREY else 1
        hidden = [value * scale for value in png.transparent]
        return _whitened(pixels, pixels, hidden), profile, ()
    values = _sixteen_bits(image, png)
    brightest, low = samples.brightest(values), png.significant_bits
    stored_bits = low if 0 < low < 16 and samples.stored_low(values, low) else 0
    top = samples.integer_top(brightest, 16, stored_bits)
    pixels = _whitened(samples.eight_bit(values, top), values, png.transparent)
    profile = png.profile
    if pixels.shape[2] == 4:
        colours = Image.fromarray(pixels)
        of_file = colours.convert("LA") if png.colours == GREY_ALPHA else colours
        pixels, profile = on_white(of_file, profile)
    remarks = (samples.DARK,) if samples.is_dark(brightest, 16, top) else ()
    return pixels, profile, remarks


def _sixteen_bits(image: Image.Image, png: Png) -> NDArray[np.uint16]:
    """Return 16-bit samples [height, width, 1, 3 or 4]; Pillow keeps 8 bits except for grey."""
    if png.colours == GREY:
        return convert_image(image, lambda block: np.asarray(block, np.uint16)[:, :, None])
    import cv2

    size = image.size
    image.close()  # it was decoded to find damage, and its memory is needed
    values = cv2.imdecode(np.frombuffer(png.file, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None or values.dtype != np.uint16 or values.shape[:2] != size[::-1]:
        raise UndecodableImageError("corrupt image: its samples of 16 bits cannot be decoded")
    # OpenCV's order of channels is BGR; a swap in place takes no second array.
    blue = values[:, :, 0].copy()
    values[:, :, 0], values[:, :, 2] = values[:, :, 2], blue
    return cast(NDArray[np.uint16], values)


def _whitened(pixels: Pixels, values: NDArray[Any], transparent: Sequence[int]) -> Pixels:
    """Return pixels with white where samples have the transparent colour."""
    if len(transparent) != values.shape[2]:
        return pixels
    whitened = pixels if pixels.flags.writeable else pixels.copy()
    for left, top, right, bottom in boxes(pixels.shape[1], pixels.shape[0]):
        hidden = (values[top:bottom, left:right] == transparent).all(axis=2)
        whitened[top:bottom, left:right][hidden] = _WHITE
    return whitened


def _tiff_pixels(
    image: Image.Image, directory: Directory, profile: bytes
) -> tuple[Pixels, bytes, tuple[str, ...]]:
    """Return pixels, scaled to 8 bit by what the tags say; their profile; and remarks."""
    bits = directory.whole(_BITS_TAG, 1)
    if has_signed_bytes(image, directory):
        return signed_bytes(image), profile, ()
    if not image.mode.startswith(("I", "F")):
        widen_palette(image, directory)
        pixels, profile = on_white(image, profile)
        dark = samples.is_dark(256.0 * float(pixels.max(initial=0)), bits, 65535)
        return pixels, profile, (samples.DARK,) if dark else ()
    values = deep_values(image, directory)
    brightest = samples.brightest(values)
    if image.mode == "F":
        top = samples.float_top(brightest)
    else:
        used = bits - 1 if directory.whole(_FORMAT_TAG, 1) == _SIGNED else bits
        top = samples.integer_top(brightest, used, _bits_of(directory.whole(_MAXIMUM_TAG)))
    inverted = directory.whole(_WHITE_IS_ZERO_TAG, 1) == 0
    dark = samples.is_dark(brightest, bits, top)
    pixels = samples.eight_bit(values, top, white_is_zero=inverted)
    return pixels, profile, (samples.DARK,) if dark else ()


def _bits_of(maximum: int) -> int:
    """Return the bits of samples whose stated maximum is all ones; 0 for others."""
    bits = maximum.bit_length()
    return bits if bits >= 8 and maximum == (1 << bits) - 1 else 0
