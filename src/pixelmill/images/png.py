"""Chunks of a PNG file, and the part of it that carries pixels.

Source: W3C, Portable Network Graphics (third edition), chapters 5 and 11.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pixelmill.errors import UndecodableImageError
from pixelmill.images.png_colours import COLOUR_CHUNKS, find_profile
from pixelmill.images.tiff import exif_orientation

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, COLOUR, PALETTE, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 3, 4, 6
_KEPT = (b"IHDR", b"PLTE", b"IDAT")
_END = b"\0\0\0\0IEND\xaeB`\x82"
_BEFORE_PALETTE = (b"sBIT", *COLOUR_CHUNKS)  # elsewhere no viewer obeys them
_WANTED = (*_BEFORE_PALETTE, b"eXIf", b"tRNS", b"IEND", b"CgBI")
_BEFORE_PIXELS = (*_BEFORE_PALETTE, b"PLTE", b"tRNS")
_PROFILE = b"iCCP"  # of which it is remarked that it is damaged
_MOST_COLOURS = 256
_MOST_CHUNKS = 1 << 17  # in chunks of 8 kB that are 1 GB, more than is decoded


class _Chunk(NamedTuple):
    kind: bytes
    body: bytes
    is_sound: bool


@dataclass(frozen=True)
class Png:
    """A PNG file without the chunks that carry no pixels.

    Attributes:
        file: Header, palette and pixels; damage elsewhere is left out.
        height: Height in pixels as stored.
        width: Width in pixels as stored.
        bits: Bits of a sample.
        colours: Colour type.
        orientation: EXIF orientation, 1 to 8.
        profile: ICC profile of the colours; empty for sRGB.
        transparent: Sample values of the one colour that is transparent; empty if there is none.
        alphas: Opacity of the first colours of the palette, 0 to 255; empty if all are opaque.
        significant_bits: Bits that the samples had before they were stored; 0 where not said.
        ended: Whether the file has its end chunk.
        has_other_colours: Whether code points name other colours than those of sRGB, and there is
            no profile of them.
    """

    file: bytes
    height: int
    width: int
    bits: int
    colours: int
    orientation: int
    profile: bytes
    transparent: tuple[int, ...]
    alphas: bytes
    significant_bits: int
    ended: bool
    has_other_colours: bool


def read_png(data: bytes) -> Png:
    """Read the chunks of a file, in one walk.

    Args:
        data: Content of the file.

    Raises:
        UndecodableImageError: The file ends within its pixels, has too many chunks, or a chunk
            that carries pixels has a wrong checksum.
    """
    kept: list[_Chunk] = []
    extras: dict[bytes, bytes] = {}
    for chunk in _chunks(data):
        if _is_late(chunk.kind, kept):
            continue
        if chunk.kind in _KEPT or (chunk.kind == b"tRNS" and _palette(kept)):
            _check_sound(chunk)
        if chunk.kind in _KEPT:
            kept.append(chunk)
        elif chunk.kind in _WANTED and (chunk.is_sound or chunk.kind == _PROFILE):
            extras.setdefault(chunk.kind, chunk.body if chunk.is_sound else b"")
    _check(kept, extras)
    return _described(kept, extras)


def _check(kept: list[_Chunk], extras: dict[bytes, bytes]) -> None:
    if b"CgBI" in extras:
        raise UndecodableImageError("Apple's form of PNG is not read: convert it to JPEG or PNG")
    if kept and (kept[0].kind != b"IHDR" or len(kept[0].body) < 13):
        raise UndecodableImageError("corrupt image: it does not begin with its header")
    if not kept or kept[-1].kind != b"IDAT":
        kind = "corrupt" if b"IEND" in extras else "truncated"
        raise UndecodableImageError(f"{kind} image: it has no pixels")
    if _palette(kept) and b"PLTE" not in (chunk.kind for chunk in kept):
        raise UndecodableImageError("corrupt image: it lacks its palette")


def _described(kept: list[_Chunk], extras: dict[bytes, bytes]) -> Png:
    header = kept[0].body
    chunks = b"".join(_written(chunk) for chunk in kept)
    transparency = extras.get(b"tRNS", b"")
    profile, has_other_colours = find_profile(extras)
    return Png(
        file=SIGNATURE + chunks + _END,
        width=int.from_bytes(header[:4], "big"),
        height=int.from_bytes(header[4:8], "big"),
        bits=header[8],
        colours=header[9],
        orientation=exif_orientation(extras.get(b"eXIf", b"")),
        profile=profile,
        transparent=_samples(transparency) if header[9] in (GREY, COLOUR) else (),
        alphas=transparency[:_MOST_COLOURS] if header[9] == PALETTE else b"",
        significant_bits=max(
            extras.get(b"sBIT", b"\0")[: 1 if header[9] == GREY else 3], default=0
        ),
        ended=b"IEND" in extras,
        has_other_colours=has_other_colours,
    )


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """Yield every chunk up to the end, whose pixels must be whole."""
    place = len(SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        if place + 8 > len(data):
            return
        length, kind = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        start, end = place + 8, place + 8 + length
        checksum = data[end : end + 4]
        if len(checksum) < 4 and kind in (*_KEPT, b"eXIf"):  # which may follow the pixels
            raise UndecodableImageError(f"truncated image: it ends within its {_name(kind)}")
        body = data[start:end]
        yield _Chunk(kind, body, zlib.crc32(kind + body).to_bytes(4, "big") == checksum)
        if kind == b"IEND":
            return
        place = end + 4
    raise UndecodableImageError(f"too much work: it has more than {_MOST_CHUNKS} chunks")


def _is_late(kind: bytes, kept: list[_Chunk]) -> bool:
    """Return whether a chunk stands behind what it describes, where viewers ignore it."""
    last = kept[-1].kind if kept else b""
    return kind in {b"IDAT": _BEFORE_PIXELS, b"PLTE": _BEFORE_PALETTE}.get(last, ())


def _check_sound(chunk: _Chunk) -> None:
    if not chunk.is_sound:
        raise UndecodableImageError(
            f"corrupt image: the checksum of its {_name(chunk.kind)} is wrong"
        )


def _name(kind: bytes) -> str:
    return {b"IHDR": "header", b"PLTE": "palette", b"IDAT": "pixels", b"eXIf": "EXIF"}.get(
        kind, "transparency"
    )


def _palette(kept: list[_Chunk]) -> bool:
    return bool(kept) and kept[0].body[9:10] == bytes([PALETTE])


def _written(chunk: _Chunk) -> bytes:
    content = chunk.kind + chunk.body
    return len(chunk.body).to_bytes(4, "big") + content + zlib.crc32(content).to_bytes(4, "big")


def _samples(body: bytes) -> tuple[int, ...]:
    return tuple(int.from_bytes(body[at : at + 2], "big") for at in range(0, len(body) - 1, 2))
