"""Run lengths, palette and colour profile of a BMP file.

Source: Microsoft, Windows GDI, Bitmap Compression and BITMAPV5HEADER.
"""

import struct
from typing import NamedTuple

from pixelmill.errors import UndecodableImageError
from pixelmill.images.colour import DAMAGED
from pixelmill.images.limits import Limits

_FILE_HEADER, _HEADER_3, _HEADER_5 = 14, 40, 124  # bytes of the first header and of second ones
_HALF = 4
_BITS = {1: 8, 2: _HALF}  # of a value, by the compressions that are run lengths
_PLACE = 10  # where the place of the pixels stands
_MOST_PIXELS = 1 << 23  # of run lengths, which are decoded in Python
_MOST_RUNS = 1 << 23
_COLOUR_BYTES = 4  # of a colour of the palette
_END_OF_ROW, _END, _MOVE, _LONGEST = 0, b"\0\1", 2, 256
_HALVES = [bytes([value >> 4, value & 15]) for value in range(256)]


class Bmp(NamedTuple):
    """A BMP file.

    Attributes:
        file: The file without run lengths.
        profile: ICC profile; empty if there is none.
    """

    file: bytes
    profile: bytes


def read_bmp(data: bytes, limits: Limits) -> Bmp:
    """Read the profile of a file, and write plainly what Pillow misreads.

    It passes over empty rows of run lengths, and takes bytes for bits where their palette is black
    and white.

    Args:
        data: Content of the file.
        limits: Limits that the header must respect.

    Raises:
        UndecodableImageError: "truncated image: …", "corrupt image: …" or "too …".
    """
    head = data[_FILE_HEADER : _FILE_HEADER + _HEADER_5].ljust(_HEADER_5, b"\0")
    size, width, height, _, bits, compression = struct.unpack_from("<IiiHHI", head)
    profile = _profile(data, head) if size >= _HEADER_5 else b""
    if size < _HEADER_3 or not (compression in _BITS or (compression == 0 and bits in (4, 8))):
        return Bmp(data, profile)
    (place,) = struct.unpack_from("<I", data, _PLACE)
    colours = int.from_bytes(head[32:36], "little") or 1 << bits
    if place == _FILE_HEADER + size:  # as Pillow understands it
        place += _COLOUR_BYTES * colours
    pixels: bytes | bytearray = data[place:]
    if compression in _BITS:
        count = abs(height)  # where it is negative, the highest row is the first
        if bits != _BITS[compression] or min(width, count) < 1:
            raise UndecodableImageError("corrupt image: its header does not fit its run lengths")
        _check_runs(width, count, limits)
        rows = _Rows(width, count, is_half=bits == _HALF)
        rows.fill(memoryview(pixels))
        bits, pixels = 8, rows.pixels
    end = _FILE_HEADER + size
    palette = data[end : end + _COLOUR_BYTES * min(colours, 1 << bits)]
    return Bmp(_written(data[:end], bits, palette) + pixels, profile)


def _check_runs(width: int, height: int, limits: Limits) -> None:
    limits.check_pixels(width, height)
    if width * height > _MOST_PIXELS:
        raise UndecodableImageError(
            f"too much work: BMP with run lengths of {width * height} pixels, "
            f"at most {_MOST_PIXELS} are decoded"
        )


def _written(headers: bytes, bits: int, palette: bytes) -> bytes:
    """Return what precedes the pixels where they have as many bits and no run lengths.

    There are as many colours as bytes allow, so that Pillow takes bytes for bits nowhere.
    """
    colours = 256
    start = len(headers) + colours * _COLOUR_BYTES
    changed = struct.pack("<HIIIII", bits, 0, 0, 0, 0, colours)
    place = struct.pack("<I", start)
    headers = headers[:_PLACE] + place + headers[_FILE_HEADER:28] + changed + headers[50:]
    return headers + palette.ljust(colours * _COLOUR_BYTES, b"\0")


def _profile(data: bytes, head: bytes) -> bytes:
    """Return the profile that a file contains; like browsers, no other description of colours."""
    if head[56:60] != b"DEBM":
        return b""
    place, length = struct.unpack_from("<II", head, 112)
    return data[_FILE_HEADER + place :][:length] or DAMAGED


class _Rows:
    """Rows of a picture in their order in the file; what is left out has the first colour.

    Attributes:
        pixels: Rows of whole words.
    """

    def __init__(self, width: int, height: int, *, is_half: bool) -> None:
        self._width, self._height, self._is_half = width, height, is_half
        self._stride = -(-width // 4) * 4
        self.pixels = bytearray(self._stride * height)
        self._x = self._y = 0

    def fill(self, codes: memoryview) -> None:
        """Fill the rows by the codes of a file."""
        place = 0
        for _ in range(_MOST_RUNS):
            code = bytes(codes[place : place + 2])
            if self._is_full or code == _END:
                break
            if len(code) < 2:
                raise UndecodableImageError("truncated image: its pixels end early")
            place += 2 + self._obey(code[0], code[1], codes[place + 2 : place + 2 + _LONGEST])
        else:
            raise UndecodableImageError(f"too much work: it has more than {_MOST_RUNS} run lengths")
        if self._y < self._height - 1:
            raise UndecodableImageError("corrupt image: its pixels end early")

    @property
    def _is_full(self) -> bool:
        return self._y >= self._height or (self._y == self._height - 1 and self._x >= self._width)

    def _obey(self, count: int, value: int, following: memoryview) -> int:
        """Obey a code, and return how many bytes belong to it that follow."""
        if count:
            self._put((_HALVES[value] if self._is_half else bytes([value])) * count, count)
        elif value == _END_OF_ROW:
            self._x, self._y = 0, self._y + 1
        elif value == _MOVE:
            right, up = bytes(following[:2]).ljust(2, b"\0")
            self._x, self._y = self._x + right, self._y + up
            return 2
        else:
            length = -(-value // 2) if self._is_half else value
            values = bytes(following[:length])
            halves = map(_HALVES.__getitem__, values)
            self._put(b"".join(halves) if self._is_half else values, value)
            return length + length % 2
        return 0

    def _put(self, values: bytes, count: int) -> None:
        """Put as many values as there are into the row, and go on behind them."""
        taken = values[: max(0, min(count, self._width - self._x))]
        start = self._y * self._stride + self._x
        self.pixels[start : start + len(taken)] = taken
        self._x += min(count, len(values))
