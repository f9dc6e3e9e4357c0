"""Thumbnails from the bytes of images."""

import io
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixelmill.errors import UndecodableImageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PIXEL_ART = 64  # pixels; up to this side compression would smear what there is to see
QUALITY = 85  # of a JPEG


@dataclass(frozen=True)
class Thumbnail:
    """A small picture of an image, and how large the image is.

    Attributes:
        data: A JPEG file, RGB.
        width: Width of the upright image in pixels.
        height: Height of the upright image in pixels.
    """

    data: bytes
    width: int
    height: int


def thumbnail(data: bytes, side: int) -> bytes:
    """Shrink an image for a web page; small images keep their size.

    Args:
        data: An image file: any mode, upright by its EXIF orientation, alpha shown on white.
        side: Longest side of the result in pixels.

    Returns:
        A WebP file, RGB.

    Raises:
        UndecodableImageError: If the bytes are no picture, or one too large to open here.
    """
    from PIL import Image

    out = io.BytesIO()
    pixels, _ = _shrunk(data, side)
    lossless = max(pixels.shape) <= PIXEL_ART
    Image.fromarray(pixels).save(out, "WEBP", quality=80, lossless=lossless)
    return out.getvalue()


def jpeg_thumbnail(data: bytes, side: int) -> Thumbnail:
    """Shrink an image for a mosaic; small images keep their size.

    Args:
        data: An image file, as `thumbnail` takes it.
        side: Longest side of the result in pixels.

    Raises:
        UndecodableImageError: If the bytes are no picture, or one too large to open here.
    """
    import simplejpeg

    pixels, (height, width) = _shrunk(data, side)
    # Colours of every pixel where there are few: half of them would blur what there is to see.
    colours = "444" if max(pixels.shape) <= PIXEL_ART else "420"
    encoded = simplejpeg.encode_jpeg(pixels, quality=QUALITY, colorsubsampling=colours)
    return Thumbnail(encoded, width, height)


def data_uri(webp: bytes) -> str:
    """Return the picture as an address that needs no file."""
    return "data:image/webp;base64," + b64encode(webp).decode("ascii")


def _shrunk(data: bytes, side: int) -> "tuple[NDArray[np.uint8], tuple[int, int]]":
    """Return the small picture, uint8 [height, width, 3]; and the upright height and width of the
    image.

    It is decoded as it is for features, so that the picture shown is the same.
    """
    import cv2
    import numpy as np

    from pixelmill.featurizers.decoding import fitting
    from pixelmill.images.decoding import decode
    from pixelmill.images.limits import Limits

    try:
        picture = decode(data, Limits(), lambda size: fitting(size, side))
    except UndecodableImageError as error:
        raise UndecodableImageError(f"no thumbnail: {error}") from error
    height, width = picture.stored_size(fitting(picture.size, side))
    small = cv2.resize(picture.pixels, (width, height), interpolation=cv2.INTER_AREA)
    shown = picture.shown(small.reshape(height, width, -1))
    return np.ascontiguousarray(shown), picture.size
