"""The colours that chunks of a PNG file name.

Source: W3C, Portable Network Graphics (third edition), 11.3.2 and 13.13.
"""

import struct
import zlib
from collections.abc import Mapping

from pixelmill.images.chromaticities import SRGB, SRGB_CURVE, Chromaticities, profile_of
from pixelmill.images.code_points import CodePoints
from pixelmill.images.colour import DAMAGED

COLOUR_CHUNKS = (b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM")
"""Of several, the first counts; the last one says more of the one before."""

_MOST_PROFILE_BYTES = 1 << 23
_PARTS = 100_000  # of one, in which gamma and chromaticities are written
_LEAST_GAMMA, _MOST_GAMMA = 1_000, 10_000_000  # libpng takes others for damage
_CORNERS_BYTES = 32
_LIKE_SRGB = range(43_182, 47_728)  # 1 / 2.2, and 5% more or less


def find_profile(chunks: Mapping[bytes, bytes]) -> tuple[bytes, bool]:
    """Return the ICC profile of the colours.

    Args:
        chunks: Content of chunks by their names; empty where it is damaged.

    Returns:
        The profile, empty for sRGB; and whether code points name colours that have none.
    """
    if b"cICP" in chunks:
        points = CodePoints(*chunks[b"cICP"][:2])
        if points.profile or points.are_like_srgb:
            return points.profile, False
    profile = _of_other_chunks(chunks)
    return profile, b"cICP" in chunks and not profile


def _of_other_chunks(chunks: Mapping[bytes, bytes]) -> bytes:
    if b"iCCP" in chunks:
        return _embedded(chunks[b"iCCP"])
    if b"sRGB" in chunks:
        return b""
    return _described(chunks.get(b"gAMA", b""), chunks.get(b"cHRM", b""))


def _embedded(body: bytes) -> bytes:
    """Return the profile of an iCCP chunk."""
    _, _, rest = body.partition(b"\0")
    stream = zlib.decompressobj()
    try:
        profile = stream.decompress(rest[1:], _MOST_PROFILE_BYTES)
    except zlib.error:
        return DAMAGED
    return profile if stream.eof else DAMAGED


def _described(gamma: bytes, corners: bytes) -> bytes:
    """Return the profile of gAMA, with primaries of cHRM if they are there, else of sRGB."""
    power = int.from_bytes(gamma, "big")
    if not _LEAST_GAMMA <= power <= _MOST_GAMMA:
        return b""
    exponent = SRGB_CURVE if power in _LIKE_SRGB else _PARTS / power
    try:
        return profile_of(_chromaticities(corners), exponent)
    except ValueError:
        return DAMAGED


def _chromaticities(corners: bytes) -> Chromaticities:
    if len(corners) != _CORNERS_BYTES:
        return SRGB
    values = [value / _PARTS for value in struct.unpack(">8I", corners)]
    return Chromaticities(*zip(values[::2], values[1::2], strict=True))
