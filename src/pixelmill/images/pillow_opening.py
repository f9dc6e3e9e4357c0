"""Opening of an image with Pillow and the plugin of its kind, after a check of its header."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from pixelmill.errors import UndecodableImageError
from pixelmill.images.avif import largest_frame
from pixelmill.images.avif_boxes import is_cut
from pixelmill.images.kinds import AVIF, BMP, GIF, PNG, TIFF, WEBP, Kind
from pixelmill.images.limits import Limits, array_bytes, lacks_memory, pillow_bytes

_PLAINLY = {
    "not identified by this driver": "its header is not valid",
    "tile cannot extend outside image": "a part of it lies outside of it",
    "unknown pixel mode": "its samples are of an unusual number, width or type",
    "broken data stream when reading image file": "its pixels cannot be decoded",
    "codec configuration error when reading image file": "its pixels cannot be decoded",
    "unrecognized data stream contents when reading image file": "its pixels cannot be decoded",
    "no more images in GIF file": "it has no picture",
    "decoder error -2": "its pixels cannot be decoded",
}
_CUT = re.compile(r"truncated|not enough (image )?data|unpack(_from)? requires", re.IGNORECASE)
_NOT_READ = re.compile(r"unknown|^[Uu]nsupported|Reformat failed|Invalid ftyp")
# Copies of a file: whole, its chunks, what is kept of them, and those of the codec.
_FILES = {PNG: 4, WEBP: 6, TIFF: 2, AVIF: 3, GIF: 3, BMP: 3}
_LONGEST_ROW = 1 << 25  # pixels; Pillow counts its bits in 32 bits, and says that memory is short
# Bytes a pixel that a codec keeps beside Pillow's image; those of a TIFF hang on its tags.
_CODEC_BYTES = {AVIF: 14, BMP: 2, GIF: 1}
_FRAME_BYTES = 6  # a pixel of an AVIF's frame: three samples of 16 bits
_SMALL_FRAME = 1 << 24  # pixels that a frame may have whatever the limit of pixels
_ROWS_BYTES = 16  # a pixel of the two rows that a codec has at hand

Image.MAX_IMAGE_PIXELS = None  # `Limits` replaces it
# What Pillow remarks on a broken file is in the image's error.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


def check_frames(data: bytes, limits: Limits) -> None:
    """Check that an AVIF is whole, and its frames, which may be larger than its picture.

    Args:
        data: Content of the file.
        limits: Pixel and memory limits.

    Raises:
        UndecodableImageError: The file is cut, or a frame is too large.
    """
    from PIL import AvifImagePlugin

    if is_cut(data):
        raise UndecodableImageError("truncated image: it ends before its pixels do")
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # a worker has one core, and each thread takes memory
    width, height = largest_frame(data)
    if width * height > _SMALL_FRAME:
        limits.check_pixels(width, height)
    limits.check_bytes(width * height * _FRAME_BYTES)


@contextmanager
def opened(
    data: bytes, kind: Kind, limits: Limits, codec: int = 0, *, ended: bool | None = None
) -> Iterator[Image.Image]:
    """Load an image; only the plugin of its kind sees the bytes, since others start programs.

    Args:
        data: Content of the file.
        kind: Kind of the file.
        limits: Limits that the header must respect.
        codec: Memory of the codec in bytes, where more is known than the kind.
        ended: Whether the file has its end; None where only the codec can tell.

    Yields:
        The image.

    Raises:
        UndecodableImageError: "truncated image: …", "corrupt image: …", "too much …" or
            "… is not read: …".
        MemoryError: Memory was refused.
    """
    wanted = codec
    limits.check_bytes(wanted)
    try:
        with _open(data, kind.name.upper()) as image:
            limits.check_pixels(*image.size)
            _check_width(kind, image.width)
            wanted += needed_bytes(kind, image.size, image.mode, len(data))
            limits.check_bytes(wanted)
            image.load()
            yield image
    except (UndecodableImageError, MemoryError):
        raise
    except Exception as problem:  # a damaged file makes Pillow raise nearly anything
        if lacks_memory(problem, wanted):
            raise MemoryError(str(problem)) from problem
        raise UndecodableImageError(_reason(kind, problem, ended)) from problem


def _check_width(kind: Kind, width: int) -> None:
    if width > _LONGEST_ROW:
        raise UndecodableImageError(f"{kind.name} of {width} pixels a row is not read")


def needed_bytes(kind: Kind, size: tuple[int, int], mode: str, file_bytes: int) -> int:
    """Return the memory in bytes of the file, its codec, Pillow's image and its arrays.

    Args:
        kind: Kind of the file.
        size: Width and height in pixels.
        mode: Pillow's.
        file_bytes: Size of the file.

    Returns:
        Most bytes that are taken at the same time.
    """
    width, height = size
    pixel = _CODEC_BYTES.get(kind, 0) + array_bytes(mode)
    file, rows = _FILES.get(kind, 1) * file_bytes, _ROWS_BYTES * width
    return file + rows + width * height * pixel + pillow_bytes(width, height, mode)


def _open(data: bytes, plugin: str) -> Image.Image:
    try:
        return Image.open(BytesIO(data), formats=(plugin,))
    except UnidentifiedImageError:
        # Pillow hides the reason; its plugin has it.
        return Image.OPEN[plugin][0](BytesIO(data), "")


def _reason(kind: Kind, problem: Exception, ended: bool | None) -> str:
    """Return why Pillow fails."""
    message = str(problem)
    if _NOT_READ.search(message) and isinstance(problem, SyntaxError | OSError | RuntimeError):
        return f"{kind.name} of this kind is not read: {plainly(problem)}"
    if ended is False or _CUT.search(message):
        return f"{'corrupt' if ended else 'truncated'} image: its pixels end early"
    return f"corrupt image: {plainly(problem)}"


def plainly(problem: Exception) -> str:
    """Return what an error of Pillow says, in plain words.

    Args:
        problem: The error; of a missing entry of a header it has the name alone.
    """
    message = " ".join(str(problem).split()) or type(problem).__name__
    cause = problem.__cause__ or problem
    if isinstance(cause, KeyError) and str(cause) == str(problem):
        return f"its header lacks entry {message}"
    return _PLAINLY.get(message, message)
