"""Samples of TIFF files where Pillow misreads them, and layouts that it cannot read.

Source: TIFF 6.0, sections 3, 19 and 21; the BigTIFF specification.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelmill.errors import UndecodableImageError
from pixelmill.images import samples
from pixelmill.images.blocks import convert_image
from pixelmill.images.tiff import Directory

Values = NDArray[Any]

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _COLOURS, _SAMPLES = 256, 257, 258, 259, 262, 277
_STRIP_SIZES, _PLANES, _COLOUR_MAP, _EXTRA, _FORMAT = 279, 284, 320, 338, 339
_TILE_WIDTH, _TILES = 322, 324
_RAW, _SEPARATE, _SIGNED, _UNASSOCIATED = 1, 2, 2, 2
_RGB, _CMYK, _YCBCR, _LAB = 2, 5, 6, 8
_MOST_VALUES = 64
_READ = frozenset({1, 2, 3, 4, 5, 7, 8, 32771, 32773, 32946, 34925, 50000})
_NAMES = {
    6: "old-style JPEG",
    32809: "ThunderScan",
    34661: "JBIG",
    34676: "LogLuv",
    34677: "LogLuv",
    34712: "JPEG 2000",
    34887: "LERC",
    34892: "lossy JPEG of DNG",
    50001: "WebP",
    50002: "JPEG XL",
}
# By bits and format, of what Pillow has as signed 32 bits.
_OTHER_TYPES: dict[tuple[int, int], type[np.integer[Any]]] = {
    (16, _SIGNED): np.int16,
    (32, 1): np.uint32,
}


def check_layout(directory: Directory) -> None:
    """Refuse what Pillow and its libtiff do not read, or read as another picture.

    Args:
        directory: First directory of the file.

    Raises:
        UndecodableImageError: "TIFF … is not read: convert it"
    """
    if what := _unread(directory):
        raise UndecodableImageError(f"TIFF {what} is not read: convert it")


def _unread(directory: Directory) -> str:
    compression = directory.whole(_COMPRESSION, _RAW)
    if directory.data[:4] == b"MM\0+":
        return "of 64-bit offsets (BigTIFF) in big-endian order"
    if compression not in _READ:
        return f"with {_NAMES.get(compression, f'compression {compression}')}"
    samples_of_pixel = directory.whole(_SAMPLES, 1)
    is_separate = directory.whole(_PLANES, 1) == _SEPARATE and samples_of_pixel > 1
    if is_separate and not _reads_planes(directory, compression):
        return "of this kind in separate planes"
    if compression == _RAW and _TILE_WIDTH in directory.entries and _TILES not in directory.entries:
        return "whose tiles are listed as strips"
    if compression == _RAW and directory.whole(_COLOURS) == _YCBCR and samples_of_pixel > 1:
        pixels = directory.whole(_WIDTH) * directory.whole(_HEIGHT)
        if 0 < sum(directory.numbers(_STRIP_SIZES)) < pixels * samples_of_pixel:
            return "with colours of a lower resolution and no compression"
    return ""


def _reads_planes(directory: Directory, compression: int) -> bool:
    """Return whether each sample is read from its own plane; without libtiff only bytes are."""
    colours, extra = directory.whole(_COLOURS), directory.numbers(_EXTRA, _MOST_VALUES)
    if compression != _RAW:
        return colours in (_RGB, _CMYK, _YCBCR, _LAB)
    is_of_bytes = max(directory.numbers(_BITS, _MOST_VALUES), default=1) == 8
    return is_of_bytes and colours in (_RGB, _CMYK, _LAB) and extra in ((), (_UNASSOCIATED,))


def deep_values(image: Image.Image, directory: Directory) -> Values:
    """Return samples of a mode of more than 8 bits as the file means them.

    libtiff returns the byte order of the machine, while Pillow expects that of the file, except for
    unsigned 16 bits; and it takes unsigned 32 bits for signed ones.

    Args:
        image: Loaded image of mode `I`, `F` or one that begins with `I;16`.
        directory: Directory of the file.

    Returns:
        [height, width, 1]
    """
    bits, sample_format = directory.whole(_BITS, 1), directory.whole(_FORMAT, 1)
    is_compressed = directory.whole(_COMPRESSION, _RAW) != _RAW
    is_swapped = is_compressed and directory.order == ">" and image.mode in ("I", "F")
    meant_type = _OTHER_TYPES.get((bits, sample_format))

    def meant(block: Image.Image) -> Values:
        values = np.asarray(block)[:, :, None]
        if meant_type is not None and image.mode == "I":
            values = values.astype(meant_type)
        return values.byteswap() if is_swapped else values

    return convert_image(image, meant)


def signed_bytes(image: Image.Image) -> NDArray[np.uint8]:
    """Return signed samples of 8 bits, which Pillow takes for unsigned ones, scaled to 0 to 255.

    Args:
        image: Loaded image of mode `L`.

    Returns:
        [height, width, 1]; negative ones are 0.
    """

    def meant(block: Image.Image) -> Values:
        return samples.eight_bit(np.asarray(block).view(np.int8)[:, :, None], 127)

    return convert_image(image, meant)


def has_signed_bytes(image: Image.Image, directory: Directory) -> bool:
    """Return whether the samples are signed and of 8 bits."""
    return image.mode == "L" and directory.whole(_FORMAT, 1) == _SIGNED


def widen_palette(image: Image.Image, directory: Directory) -> None:
    """Give an image its palette where that has 8 bits; the standard says 16.

    Old writers do so. libtiff finds them as we do: no value is above 255.

    Args:
        image: Loaded image, which is changed.
        directory: Directory of the file.
    """
    if image.mode not in ("P", "PA"):
        return
    values = directory.numbers(_COLOUR_MAP)
    if values and max(values) < 256:
        image.putpalette(bytes(map(int, values)), "RGB;L")
