"""ICC profiles of colours that a file describes by chromaticities and an exponent.

Source: Lindbloom, RGB/XYZ Matrices, and Chromatic Adaptation (Bradford); ICC.1, 10.18 (curves).
"""

import struct
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PIL import ImageCms

SRGB_CURVE = 0.0
"""In the place of an exponent: the curve of sRGB."""

_D50 = (0.9642, 1.0, 0.8249)  # X, Y and Z of white in profiles
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_TAGS, _TAG_BYTES = 128, 12  # of a profile: where their number stands, and the size of an entry
_COLUMNS, _CURVES = (b"rXYZ", b"gXYZ", b"bXYZ"), (b"rTRC", b"gTRC", b"bTRC")
_ONE = 65536  # numbers of a profile are whole multiples of its inverse
_MOST = 32767.0

Point = tuple[float, float]
"""x and y of a colour."""


class Chromaticities(NamedTuple):
    """What white and the three primary colours are."""

    white: Point
    red: Point
    green: Point
    blue: Point


D65 = (0.3127, 0.3290)
SRGB = Chromaticities(D65, (0.64, 0.33), (0.30, 0.60), (0.15, 0.06))


@lru_cache(maxsize=64)
def profile_of(colours: Chromaticities, exponent: float = SRGB_CURVE) -> bytes:
    """Return the profile of sRGB with other primaries and another curve.

    Args:
        colours: Chromaticities of the three primaries, and of all together.
        exponent: Light is the stored value, 0 to 1, raised to it.

    Raises:
        ValueError: There are no such colours.
    """
    columns = dict(zip(_COLUMNS, _columns(colours).T.tolist(), strict=True))
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    curve = struct.pack(">4s4xH2xi", b"para", 0, round(exponent * _ONE))
    (count,) = struct.unpack_from(">I", data, _TAGS)
    for entry in range(_TAGS + 4, _TAGS + 4 + count * _TAG_BYTES, _TAG_BYTES):
        name, place, _ = struct.unpack_from(">4sII", data, entry)
        if name in columns:  # behind the name of its type
            struct.pack_into(">3i", data, place + 8, *(round(v * _ONE) for v in columns[name]))
        elif name in _CURVES and exponent != SRGB_CURVE:
            struct.pack_into(">II", data, entry + 4, len(data), len(curve))
    struct.pack_into(">I", data, 0, len(data) + len(curve))
    return bytes(data) + curve


def _columns(colours: Chromaticities) -> np.ndarray:
    """Return XYZ of red, green and blue under D50 as columns, float64 [3, 3].

    The primaries are scaled so that together they are white, which then is moved to D50.
    """
    if any(y <= 0 for _, y in colours):
        raise ValueError("a chromaticity without light")
    white, *primaries = [np.array([x / y, 1.0, (1 - x - y) / y]) for x, y in colours]
    xyz = np.array(primaries).T
    if abs(np.linalg.det(xyz)) < 1e-6:
        raise ValueError("primaries on a line")
    under_white = xyz * np.linalg.solve(xyz, white)
    cones = (_BRADFORD @ _D50) / (_BRADFORD @ white)
    adapted: np.ndarray = np.linalg.solve(_BRADFORD, cones[:, None] * (_BRADFORD @ under_white))
    if not (np.abs(adapted) < _MOST).all():
        raise ValueError("primaries that are no colours")
    return adapted
