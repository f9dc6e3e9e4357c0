"""Detection of TIFF files with lost pixels, where libtiff only warns or is silent.

Source: TIFF 6.0, section 22; Adobe Photoshop TIFF Technical Notes, "JPEG Compression" (2002).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from threading import Lock

from pixelmill.errors import UndecodableImageError
from pixelmill.images.jpeg_decoding import check_jpeg
from pixelmill.images.jpeg_work import MOST_BLOCKS
from pixelmill.images.limits import Limits
from pixelmill.images.tiff import (
    MOST_TAGS,
    ORIENTATION,
    Directory,
    read_directory,
    valid_orientation,
)
from pixelmill.images.tiff_samples import check_layout

_WIDTH, _HEIGHT, _ROWS, _TILE_WIDTH, _TILE_HEIGHT = 256, 257, 278, 322, 323
_COMPRESSION, _SAMPLES, _PLANES, _TABLES = 259, 277, 284, 347
_BITS = 258
_STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES = 273, 279, 324, 325
# Size, bits, compression, colours, strips, samples, planes, colour map, tiles, alpha, tables.
_NEEDED = (
    *range(256, 260),
    262,
    273,
    *range(277, 280),
    284,
    320,
    *range(322, 326),
    *range(338, 340),
    347,
)
_FAX = (2, 3, 4, 32771)
_MOST_PARTS = 1 << 18  # a picture of 100 million pixels has 97,657 tiles of 32x32
_PADDING = 2  # times the most pixels that tiles may have, of pictures that they exceed
_LEAST_PADDED = 1 << 22  # pixels; a small limit does not refuse small pictures in large tiles
_SHARED = 2  # a value may serve several tags
_JPEG_PADDING = 16
_PART_BYTES = 600  # of a strip or tile, in lists and descriptions
_LEAST_PIXEL = 4  # bytes; libtiff converts YCbCr to RGBA
_MOST_BITS = 64  # samples whose bits are looked at
_MOST_FAX_ROWS = 1 << 18  # libtiff may complain of each
_MOST_HEARD = 1 << 20  # bytes of warnings; one is enough
_STDERR = 2
_ONE_AT_A_TIME = Lock()
_RAW, _JPEG, _SEPARATE = 1, 7, 2


def check_tiff(data: bytes, limits: Limits) -> Directory:
    """Check that a file holds all of its first page, as far as its directory says.

    Args:
        data: Content of the file.
        limits: Pixel and memory limits.

    Returns:
        The directory of the first page.

    Raises:
        UndecodableImageError: A part lies beyond the end, or lost pixels; or the picture, its
            parts or its directory are too large.
    """
    directory = read_directory(data)
    if directory is None or directory.is_cut:
        raise UndecodableImageError("truncated image: its directory lies beyond its end")
    if not (directory.whole(_WIDTH) and directory.whole(_HEIGHT)) or not _has_pixels(directory):
        raise UndecodableImageError("corrupt image: its directory lacks its size or its pixels")
    if any(directory.ends(tag) > len(data) for tag in _NEEDED):
        raise UndecodableImageError("truncated image: a part of its directory lies beyond its end")
    if twice := sorted(directory.repeated.intersection(_NEEDED)):  # libtiff takes the first
        raise UndecodableImageError(f"corrupt image: its directory has tag {twice[0]} twice")
    odd = [tag for tag in _NEEDED if tag != _TABLES and not directory.is_number(tag)]
    if odd:  # libtiff may read as a number what is none here, such as a fraction
        raise UndecodableImageError(f"corrupt image: tag {odd[0]} of its directory is no number")
    compression = directory.whole(_COMPRESSION, _RAW)
    check_layout(directory)
    _check_size(directory, limits)
    if compression != _RAW:
        _check_parts(directory, limits)
    return directory


def _check_size(directory: Directory, limits: Limits) -> None:
    """Check sizes before libtiff or Pillow allocates by them: pixels, parts, tags and their values.

    A tile may be larger than the picture, and each is decoded as a whole.
    """
    if directory.tags > MOST_TAGS:
        raise UndecodableImageError(f"corrupt image: its directory has {directory.tags} tags")
    end = len(directory.data)
    inside = (tag for tag in directory.entries if directory.ends(tag) <= end)
    if sum(map(directory.value_bytes, inside)) > _SHARED * end:
        raise UndecodableImageError("corrupt image: its tags have more values than fit into it")
    limits.check_pixels(directory.whole(_WIDTH), directory.whole(_HEIGHT))
    if directory.whole(_COMPRESSION) in _FAX and directory.whole(_HEIGHT) > _MOST_FAX_ROWS:
        raise UndecodableImageError(
            f"too much work: a fax of more than {_MOST_FAX_ROWS} rows is not decoded"
        )
    if (parts := _part_count(directory)) > _MOST_PARTS:
        raise UndecodableImageError(
            f"too much work: it has {parts} strips or tiles, at most {_MOST_PARTS} are decoded"
        )
    height, width = part_size(directory)
    samples = directory.whole(_SAMPLES, 1)
    if parts * height * width > _PADDING * max(limits.max_pixels, _LEAST_PADDED) * samples:
        raise UndecodableImageError(
            f"too much work: its {parts} tiles of {width}x{height} pixels are larger than it"
        )


def part_size(directory: Directory) -> tuple[int, int]:
    """Return the height and width in pixels of the strips or tiles of a picture."""
    if _TILES in directory.entries:
        return directory.whole(_TILE_HEIGHT), directory.whole(_TILE_WIDTH)
    height = directory.whole(_HEIGHT)
    return min(directory.whole(_ROWS, height) or height, height), directory.whole(_WIDTH)


def codec_bytes(directory: Directory) -> int:
    """Return the memory of decoding in addition to the file, Pillow's image and the pixels.

    Args:
        directory: Directory that `check_tiff` accepts.

    Returns:
        Bytes: of a strip or tile, of the lists of all of them, and of an image turned upright.
    """
    height, width = part_size(directory)
    bits = int(max(directory.numbers(_BITS, _MOST_BITS), default=1))
    pixel = max(-(-directory.whole(_SAMPLES, 1) * bits // 8), _LEAST_PIXEL)
    part = height * width * pixel if directory.whole(_COMPRESSION, _RAW) != _RAW else 0
    turned = directory.whole(_WIDTH) * (4 * directory.whole(_HEIGHT) + 8)
    is_turned = valid_orientation(directory.whole(ORIENTATION, 1)) > 1
    deep = 3 * directory.whole(_WIDTH) * directory.whole(_HEIGHT) if part and bits == 16 else 0
    return part + deep + _PART_BYTES * _part_count(directory) + turned * is_turned


def _part_count(directory: Directory) -> int:
    """Return the number of strips or tiles, by the sizes or by a longer list of places."""
    height, width = part_size(directory)
    if not (height and width):
        raise UndecodableImageError("corrupt image: its tiles have no size")
    grid = -(-directory.whole(_HEIGHT) // height) * -(-directory.whole(_WIDTH) // width)
    planes = directory.whole(_SAMPLES, 1) if directory.whole(_PLANES, 1) == _SEPARATE else 1
    return max(grid * planes, directory.count(_TILES), directory.count(_STRIPS))


def _check_parts(directory: Directory, limits: Limits) -> None:
    height, width = part_size(directory)
    size = height + _JPEG_PADDING, width + _JPEG_PADDING
    blocks = 0
    for number, part in enumerate(_parts(directory)):
        if part is None:
            raise UndecodableImageError(
                f"truncated image: its part {number + 1} lies beyond its end"
            )
        if directory.whole(_COMPRESSION) == _JPEG:
            whole = _with_tables(part, directory.content(_TABLES))
            blocks += check_jpeg(whole, _components(directory), size, limits)
            if blocks > MOST_BLOCKS:
                raise UndecodableImageError(
                    f"too much work: the scans of its parts go over more than {MOST_BLOCKS} blocks"
                )


@contextmanager
def checked_fax(directory: Directory) -> Iterator[None]:
    """Raise if libtiff complains about fax codes while it decodes.

    It goes on with the next line and reports success, so that its complaint on the standard error
    stream is the only sign. Whatever else is written there meanwhile is passed on.

    Args:
        directory: Directory of the file that is decoded; other compressions are ignored.

    Raises:
        UndecodableImageError: "corrupt image: …"
    """
    if directory.whole(_COMPRESSION, _RAW) not in _FAX:
        yield
        return
    with _ONE_AT_A_TIME, TemporaryFile() as heard:
        stream = os.dup(_STDERR)  # which a process that decodes has, as libtiff expects
        os.dup2(heard.fileno(), _STDERR)
        try:
            yield
        finally:
            os.dup2(stream, _STDERR)
            os.close(stream)
            heard.seek(0)
            lines = heard.read(_MOST_HEARD).splitlines(keepends=True)
            os.write(_STDERR, b"".join(line for line in lines if not line.startswith(b"Fax")))
    complaints = [line for line in lines if line.startswith(b"Fax")]
    if complaints:
        raise UndecodableImageError(
            f"corrupt image: {complaints[0].decode('ascii', 'replace').strip()}"
        )


def _has_pixels(directory: Directory) -> bool:
    return _STRIPS in directory.entries or _TILES in directory.entries


def _parts(directory: Directory) -> Iterator[bytes | None]:
    """Yield every strip or tile as stored; None for one that lies beyond the end."""
    tiled = _TILES in directory.entries
    places = directory.numbers(_TILES if tiled else _STRIPS)
    sizes = directory.numbers(_TILE_SIZES if tiled else _STRIP_SIZES)
    for place, size in zip(map(int, places), map(int, sizes), strict=False):
        whole = place + size <= len(directory.data)
        yield directory.data[place : place + size] if whole else None


def _with_tables(part: bytes, tables: bytes) -> bytes:
    """Return a strip with the shared tables; both begin with SOI, and tables end in EOI."""
    return tables.removesuffix(b"\xff\xd9") + part[2:] if len(tables) > 4 else part


def _components(directory: Directory) -> int:
    separate = directory.whole(_PLANES, 1) == _SEPARATE
    return 1 if separate else directory.whole(_SAMPLES, 1)
