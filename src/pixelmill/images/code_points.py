"""Colours that a file names by code points, and the ICC profile of them.

Source: ITU-T H.273, tables 2 and 3; Lindbloom, RGB/XYZ Matrices, and Chromatic
Adaptation (Bradford).
"""

import struct
from functools import cache
from typing import NamedTuple

import numpy as np
from PIL import ImageCms

# BT.709, unspecified and the three of BT.601; their curves, sRGB's, and those of 2.2 and BT.2020.
_LIKE_SRGB = frozenset({1, 2, 5, 6, 7}), frozenset({1, 2, 4, 6, 13, 14, 15})
# x and y of red, green and blue: BT.2020 and Display P3. Both have the white of sRGB, D65.
_WIDE = {
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
_D65, _D50 = (0.95047, 1.0, 1.08883), (0.9642, 1.0, 0.8249)  # X, Y and Z; profiles are of D50
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_TAGS, _TAG_BYTES = 128, 12  # of a profile: where their number stands, and the size of an entry


class CodePoints(NamedTuple):
    """Code points of colours; 2 is unspecified.

    Attributes:
        primaries: 9 is BT.2020, 12 is Display P3.
        transfer: Curve; 16 and 18 are of high dynamic range.
    """

    primaries: int = 2
    transfer: int = 2

    @property
    def are_like_srgb(self) -> bool:
        """Whether colours look alike where they are taken as sRGB."""
        return self.primaries in _LIKE_SRGB[0] and self.transfer in _LIKE_SRGB[1]

    @property
    def profile(self) -> bytes:
        """ICC profile of wide colours with a curve like that of sRGB; empty for all others."""
        is_wide = self.primaries in _WIDE and self.transfer in _LIKE_SRGB[1]
        return _wide_profile(self.primaries) if is_wide else b""


@cache
def _wide_profile(primaries: int) -> bytes:
    """Return the profile of sRGB with other primaries."""
    red, green, blue = _columns(_WIDE[primaries]).T.tolist()
    columns = {b"rXYZ": red, b"gXYZ": green, b"bXYZ": blue}
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", data, _TAGS)
    for entry in range(_TAGS + 4, _TAGS + 4 + count * _TAG_BYTES, _TAG_BYTES):
        name, place, _ = struct.unpack_from(">4sII", data, entry)
        if name in columns:  # behind the name of its type, in 65,536ths
            numbers = (round(value * 65536) for value in columns[name])
            struct.pack_into(">3i", data, place + 8, *numbers)
    return bytes(data)


def _columns(primaries: tuple[tuple[float, float], ...]) -> np.ndarray:
    """Return XYZ of red, green and blue under D50 as columns, float64 [3, 3].

    The primaries are scaled so that together they are white, which then is moved to D50.
    """
    xyz = np.array([(x / y, 1.0, (1 - x - y) / y) for x, y in primaries]).T
    under_d65 = xyz * np.linalg.solve(xyz, _D65)
    cones = (_BRADFORD @ _D50) / (_BRADFORD @ _D65)
    adapted: np.ndarray = np.linalg.solve(_BRADFORD, cones[:, None] * (_BRADFORD @ under_d65))
    return adapted
