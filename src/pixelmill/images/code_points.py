"""Colours that a file names by code points, and the ICC profile of them.

Source: ITU-T H.273, tables 2 and 3.
"""

from typing import NamedTuple

from pixelmill.images.chromaticities import D65, SRGB, SRGB_CURVE, Chromaticities, profile_of

# BT.709, unspecified and the three of BT.601; their curves, sRGB's, and those of 2.2 and BT.2020.
_LIKE_SRGB = frozenset({1, 2, 5, 6, 7}), frozenset({1, 2, 4, 6, 13, 14, 15})
_PRIMARIES = dict.fromkeys(_LIKE_SRGB[0], SRGB) | {
    9: Chromaticities(D65, (0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),  # BT.2020
    12: Chromaticities(D65, (0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),  # Display P3
}
_EXPONENTS = dict.fromkeys(_LIKE_SRGB[1], SRGB_CURVE) | {8: 1.0}


class CodePoints(NamedTuple):
    """Code points of colours; 2 is unspecified.

    Attributes:
        primaries: 9 is BT.2020, 12 is Display P3.
        transfer: Curve; 8 is none, 16 and 18 are of high dynamic range.
    """

    primaries: int = 2
    transfer: int = 2

    @property
    def are_like_srgb(self) -> bool:
        """Whether colours look alike where they are taken as sRGB."""
        return self.primaries in _LIKE_SRGB[0] and self.transfer in _LIKE_SRGB[1]

    @property
    def profile(self) -> bytes:
        """ICC profile of wide colours or of linear ones; empty for those of sRGB and all others."""
        primaries, exponent = _PRIMARIES.get(self.primaries), _EXPONENTS.get(self.transfer)
        if self.are_like_srgb or primaries is None or exponent is None:
            return b""
        return profile_of(primaries, exponent)
