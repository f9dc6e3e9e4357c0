"""Date of a photo from its EXIF data, read without decoding."""

from datetime import date

from pixelmill.errors import UndecodableImageError
from pixelmill.images.jpeg import read_header
from pixelmill.images.kinds import JPEG, PNG, TIFF, WEBP, kind_of
from pixelmill.images.tiff import exif_date

_MOST_CHUNKS = 1 << 12


def date_taken(data: bytes) -> date | None:
    """Read the date of a JPEG, TIFF, PNG or WebP file.

    Args:
        data: Content of the file.

    Returns:
        None if there is none, or it cannot be read.
    """
    kind = kind_of(data)
    if kind is JPEG:
        return exif_date(_of_jpeg(data))
    if kind is TIFF:
        return exif_date(data)
    if kind is PNG:  # length, name, content, checksum
        return exif_date(_chunk(data, b"eXIf", 8))
    if kind is WEBP:  # name, length, content padded to an even length
        return exif_date(_chunk(data, b"EXIF", 12))
    return None


def _of_jpeg(data: bytes) -> bytes:
    try:
        header = read_header(data)
    except UndecodableImageError:
        return b""
    return header.exif if header else b""


def _chunk(data: bytes, name: bytes, start: int) -> bytes:
    """Return the first chunk of a name; empty if there is none among the first ones."""
    is_png = name == b"eXIf"
    place = start
    for _ in range(_MOST_CHUNKS):
        first, second = data[place : place + 4], data[place + 4 : place + 8]
        found, length = (second, first) if is_png else (first, second)
        size = int.from_bytes(length, "big" if is_png else "little")
        if found == name:
            return data[place + 8 : place + 8 + size]
        place += 8 + size + (4 if is_png else size % 2)
        if place >= len(data):
            break
    return b""
