"""Small pictures of images, from whatever the user's files hold."""

import io
import struct
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixelmill.errors import UndecodableImageError

if TYPE_CHECKING:
    from PIL.Image import Image

UNDECODABLE = (OSError, SyntaxError, ValueError, EOFError, TypeError, IndexError, struct.error)
MAX_PIXELS = 100_000_000  # of an image that is opened to be shrunk
PIXEL_ART = 64  # pixels; up to this side compression would smear what there is to see
QUALITY = 85  # of a JPEG
EXIF = b"Exif\x00\x00"
EXIF_REACH_BYTES = 1 << 16
ORIENTATION_TAG = 0x0112


@dataclass(frozen=True)
class Thumbnail:
    """A small picture of an image, and how large the image is.

    Attributes:
        data: A JPEG file, RGB.
        width: Of the image in pixels, upright.
        height: Of the image in pixels, upright.
    """

    data: bytes
    width: int
    height: int


def thumbnail(data: bytes, side: int) -> bytes:
    """Shrinks an image for a web page; small images keep their size.

    Args:
        data: An image file: any mode, upright by its EXIF orientation, alpha shown on white.
        side: Longest side of the result in pixels.

    Returns:
        A WebP file, RGB.

    Raises:
        UndecodableImageError: Where the bytes are no picture, or one too large to open here.
    """
    out = io.BytesIO()
    picture, _ = _shrunk(data, side)
    picture.save(out, "WEBP", quality=80, lossless=max(picture.size) <= PIXEL_ART)
    return out.getvalue()


def jpeg_thumbnail(data: bytes, side: int) -> Thumbnail:
    """Shrinks an image for a mosaic; small images keep their size.

    Args:
        data: An image file, as `thumbnail` takes it.
        side: Longest side of the result in pixels.

    Raises:
        UndecodableImageError: Where the bytes are no picture, or one too large to open here.
    """
    import numpy as np
    import simplejpeg

    picture, (width, height) = _shrunk(data, side)
    pixels = np.ascontiguousarray(picture)
    # Colours of every pixel where there are few: half of them would blur what there is to see.
    colours = "444" if max(picture.size) <= PIXEL_ART else "420"
    encoded = simplejpeg.encode_jpeg(pixels, quality=QUALITY, colorsubsampling=colours)
    return Thumbnail(encoded, width, height)


def data_uri(webp: bytes) -> str:
    """The picture as an address that needs no file."""
    return "data:image/webp;base64," + b64encode(webp).decode("ascii")


def _shrunk(data: bytes, side: int) -> tuple["Image", tuple[int, int]]:
    """The small picture, RGB and upright; and the upright width and height of the image."""
    from PIL import Image

    try:
        return _from_jpeg(data, side) or _from_any(data, side)
    except Image.DecompressionBombError:
        raise UndecodableImageError("too many pixels for a thumbnail") from None
    except UNDECODABLE as error:
        raise UndecodableImageError(f"no thumbnail: {error}") from error


def _from_jpeg(data: bytes, side: int) -> tuple["Image", tuple[int, int]] | None:
    """Shrinks what libjpeg-turbo knows, in half of Pillow's time; None for everything else."""
    import cv2
    import simplejpeg
    from PIL import Image

    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        if colours not in ("YCbCr", "Gray", "RGB"):
            return None
        _check_size(width, height)
        small = _fitting(width, height, side)
        pixels = simplejpeg.decode_jpeg(data, min_width=small[0], min_height=small[1], strict=True)
    except ValueError:  # Pillow says what is wrong, or reads it after all
        return None
    picture = Image.fromarray(cv2.resize(pixels, small, interpolation=cv2.INTER_AREA))
    return _upright(picture, (width, height), _exif_orientation(data))


def _from_any(data: bytes, side: int) -> tuple["Image", tuple[int, int]]:
    from PIL import Image

    image = Image.open(io.BytesIO(data))
    size = image.size
    _check_size(*size)
    orientation = image.getexif().get(ORIENTATION_TAG, 1)  # which decodes a PNG
    image.draft("RGB", (2 * side, 2 * side))  # JPEG at a reduced scale: a tenth of the work
    picture = _rgb(image)
    picture.thumbnail((side, side))
    return _upright(picture, size, orientation)


def _check_size(width: int, height: int) -> None:
    """Does what Pillow does, whose own limit the decoder of features takes away."""
    from PIL.Image import DecompressionBombError

    if width * height > MAX_PIXELS:
        raise DecompressionBombError


def _fitting(width: int, height: int, side: int) -> tuple[int, int]:
    share = min(1.0, side / max(width, height))
    return max(1, round(width * share)), max(1, round(height * share))


def _exif_orientation(data: bytes) -> int:
    from pixelmill.featurizers.pillow_decoding import exif_orientation

    start = data.find(EXIF, 0, EXIF_REACH_BYTES)
    return 1 if start < 0 else exif_orientation(data[start : start + EXIF_REACH_BYTES])


def _upright(
    picture: "Image", size: tuple[int, int], orientation: int
) -> tuple["Image", tuple[int, int]]:
    """Turns a picture as EXIF says; `size` is that of the image as it is stored."""
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    if orientation not in turns:
        return picture, size
    width, height = size[::-1] if orientation >= 5 else size
    return picture.transpose(turns[orientation]), (width, height)


def _rgb(image: "Image") -> "Image":
    from PIL import Image

    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _eight_bits(image).convert("RGB")
    if image.has_transparency_data:
        opaque = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", opaque.size, "white"), opaque).convert("RGB")
    return image.convert("RGB")


def _eight_bits(image: "Image") -> "Image":
    """Greyscale of 16 or 32 bits, which `convert` would clip to white above 255."""
    import numpy as np
    from PIL import Image

    levels = np.nan_to_num(np.asarray(image, dtype=np.float64))
    low, high = (0.0, 65535.0) if "16" in image.mode else (levels.min(), levels.max())
    return Image.fromarray(((levels - low) * (255 / max(high - low, 1e-9))).astype(np.uint8))
