"""Finds TIFF files that lost a part of their pixels where libtiff only warns, or says nothing.

Source: TIFF 6.0, section 22; Adobe Photoshop TIFF Technical Notes, "JPEG Compression" (2002).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from threading import Lock

from pixelmill.errors import UndecodableImageError
from pixelmill.images.jpeg_decoding import check_jpeg
from pixelmill.images.tiff import Directory, read_directory

_WIDTH, _HEIGHT = 256, 257
_COMPRESSION, _SAMPLES, _PLANES, _TABLES, _OLD_STREAM = 259, 277, 284, 347, 513
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
_FAX = (2, 3, 4)
_STDERR = 2
_ONE_AT_A_TIME = Lock()
_RAW, _OLD_JPEG, _JPEG, _SEPARATE = 1, 6, 7, 2


def check_tiff(data: bytes) -> Directory:
    """Check that a file holds all of its first page, as far as its directory tells.

    Args:
        data: Content of the file.

    Returns:
        The directory of the first page.

    Raises:
        UndecodableImageError: A part lies beyond the end, or lost pixels.
    """
    directory = read_directory(data)
    if directory is None:
        raise UndecodableImageError("truncated image: its directory lies beyond its end")
    if not (directory.whole(_WIDTH) and directory.whole(_HEIGHT)) or not _has_pixels(directory):
        raise UndecodableImageError("corrupt image: its directory lacks its size or its pixels")
    if any(directory.ends(tag) > len(data) for tag in _NEEDED):
        raise UndecodableImageError("truncated image: a part of its directory lies beyond its end")
    compression = directory.whole(_COMPRESSION, _RAW)
    if compression == _OLD_JPEG:
        raise UndecodableImageError("TIFF with old-style JPEG is not read: convert it")
    for number, part in enumerate(_parts(directory) if compression != _RAW else ()):
        if part is None:
            raise UndecodableImageError(
                f"truncated image: its part {number + 1} lies beyond its end"
            )
        if compression == _JPEG:
            check_jpeg(_with_tables(part, directory.content(_TABLES)), _components(directory))
    return directory


@contextmanager
def checked_fax(directory: Directory) -> Iterator[None]:
    """Raise if libtiff complains about fax codes while it decodes.

    It goes on with the next line and reports success, so that its complaint on the standard error
    stream is all that tells. Whatever else is written there meanwhile is passed on.

    Args:
        directory: Of the file that is decoded; other compressions are not listened to.

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
            lines = heard.read().splitlines(keepends=True)
            os.write(_STDERR, b"".join(line for line in lines if not line.startswith(b"Fax")))
    complaints = [line for line in lines if line.startswith(b"Fax")]
    if complaints:
        raise UndecodableImageError(
            f"corrupt image: {complaints[0].decode('ascii', 'replace').strip()}"
        )


def _has_pixels(directory: Directory) -> bool:
    return _STRIPS in directory.entries or _TILES in directory.entries


def _parts(directory: Directory) -> Iterator[bytes | None]:
    """Every strip or tile as stored; None for one that lies beyond the end."""
    tiled = _TILES in directory.entries
    places = directory.numbers(_TILES if tiled else _STRIPS)
    sizes = directory.numbers(_TILE_SIZES if tiled else _STRIP_SIZES)
    for place, size in zip(map(int, places), map(int, sizes), strict=False):
        whole = place + size <= len(directory.data)
        yield directory.data[place : place + size] if whole else None


def _with_tables(part: bytes, tables: bytes) -> bytes:
    """A strip with the tables that all strips share: both begin with SOI, and tables end in EOI."""
    return tables.removesuffix(b"\xff\xd9") + part[2:] if len(tables) > 4 else part


def _components(directory: Directory) -> int:
    separate = directory.whole(_PLANES, 1) == _SEPARATE
    return 1 if separate else directory.whole(_SAMPLES, 1)
