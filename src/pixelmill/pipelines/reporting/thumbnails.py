"""Small pictures for the report, from whatever the user's files hold."""

import io
import struct
from base64 import b64encode
from typing import TYPE_CHECKING

from pixelmill.errors import UndecodableImageError

if TYPE_CHECKING:
    from PIL.Image import Image

UNDECODABLE = (OSError, SyntaxError, ValueError, EOFError, TypeError, IndexError, struct.error)
MAX_PIXELS = 100_000_000  # of an image that is opened to be shrunk
PIXEL_ART = 64  # pixels; up to this side compression would smear what there is to see


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
    from PIL import Image

    try:
        image = Image.open(io.BytesIO(data))
        _check_size(image)
        return _encode(_small(image, side))
    except Image.DecompressionBombError:
        raise UndecodableImageError("too many pixels for a thumbnail") from None
    except UNDECODABLE as error:
        raise UndecodableImageError(f"no thumbnail: {error}") from error


def _check_size(image: "Image") -> None:
    """Does what Pillow does, whose own limit the decoder of features takes away."""
    from PIL.Image import DecompressionBombError

    if image.width * image.height > MAX_PIXELS:
        raise DecompressionBombError


def data_uri(webp: bytes) -> str:
    """The picture as an address that needs no file."""
    return "data:image/webp;base64," + b64encode(webp).decode("ascii")


def _small(image: "Image", side: int) -> "Image":
    from PIL import ImageOps

    image.draft("RGB", (2 * side, 2 * side))  # JPEG at a reduced scale: a tenth of the work
    picture = _rgb(ImageOps.exif_transpose(image))
    picture.thumbnail((side, side))
    return picture


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


def _encode(picture: "Image") -> bytes:
    out = io.BytesIO()
    picture.save(out, "WEBP", quality=80, lossless=max(picture.size) <= PIXEL_ART)
    return out.getvalue()
