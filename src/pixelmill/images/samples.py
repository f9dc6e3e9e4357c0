"""Samples of more than 8 bits, scaled to 8."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelmill.images.blocks import boxes, convert_pixels

Values = NDArray[Any]

FLOAT_RANGES = (1.0, 255.0, 65535.0)
_DARK = 1 << 12  # 16-bit samples below this are shown nearly black
DARK = "16-bit samples that use 12 bits or fewer"
"""Remark on an image that comes out nearly black, and whose file does not say why."""


def integer_top(brightest: float, bits: int, significant_bits: int = 0) -> float:
    """Find the value that is white.

    Args:
        brightest: Largest sample of the image.
        bits: Bits of a sample as stored; beyond 16 they count as 16, or reach to the brightest.
        significant_bits: Bits that the file says are used; 0 where it does not.
    """
    if 0 < significant_bits < bits and brightest < 1 << significant_bits:
        return float((1 << significant_bits) - 1)
    return max(float((1 << min(bits, 16)) - 1), brightest if bits > 16 else 0.0)


def float_top(brightest: float) -> float:
    """Find the value that is white: 1, 255 or 65,535, or the brightest where it is more."""
    return next((top for top in FLOAT_RANGES if brightest <= top), brightest)


def brightest(values: Values) -> float:
    """Find the largest finite sample of [height, width, channels]; 0 where all are negative."""
    tops = (
        np.nan_to_num(values[top:bottom, left:right], nan=0, posinf=0, neginf=0).max(initial=0)
        for left, top, right, bottom in boxes(values.shape[1], values.shape[0])
    )
    return float(max(tops, default=0))


def eight_bit(values: Values, top: float, *, white_is_zero: bool = False) -> NDArray[np.uint8]:
    """Scale samples to 8 bit.

    Args:
        values: Integers or floats [height, width, channels]; what is no number or infinite counts
            as 0.
        top: The value that becomes 255; larger ones do too, and negative ones become 0.
        white_is_zero: Whether 0 is white, and `top` is black.

    Returns:
        uint8 of the same shape.
    """

    def scaled(block: Values) -> Values:
        numbers = np.nan_to_num(block.astype(np.float32), posinf=0, neginf=0)
        shares: NDArray[np.float32] = np.clip(numbers / np.float32(top), 0, 1) * np.float32(255)
        levels = np.rint(shares).astype(np.uint8)
        return 255 - levels if white_is_zero else levels

    return convert_pixels(values, scaled)


def stored_low(values: Values, bits: int) -> bool:
    """Tell whether samples of a few significant bits were stored without scaling them up.

    PNG wants samples of 12 bits shifted to the top of 16, where the lowest bits repeat the highest:
    of a dark image, all of them are 0. Where any is set, the 12 bits lie at the bottom.

    Args:
        values: uint16 samples [height, width, channels].
        bits: Number of significant bits.
    """
    low = np.uint16((1 << (16 - bits)) - 1)
    if values.max(initial=0) >= 1 << bits:
        return False
    return any(
        (values[top:bottom, left:right] & low).any()
        for left, top, right, bottom in boxes(values.shape[1], values.shape[0])
    )


def is_dark(brightest: float, bits: int, top: float) -> bool:
    """Tell whether 16-bit samples use a sixteenth of their range, so that one sees nearly black."""
    return bits == 16 and top == 65535 and 0 < brightest < _DARK
