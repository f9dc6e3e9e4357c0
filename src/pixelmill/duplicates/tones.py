"""Adjustment of two pictures to the same brightness and contrast.

A brighter copy is more than a sum: what becomes brighter than white is white. On a drawing that
makes the lines thinner. Both pictures are brought to the tones that both can have.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.float32]

WHITE = 255.0
CUT = 8.0  # grey levels from black or white within which a tone may have been cut off
FEWEST = 100  # pixels that say something about brightness
MOST_GAIN = 1.45
MOST_OFFSET = 60.0


@dataclass(frozen=True)
class Tones:
    """first = gain · second + offset, from `low` to `high`: each float32 [n, 1, 1]."""

    gain: Pictures
    offset: Pictures

    @property
    def low(self) -> Pictures:
        """The darkest tone that both pictures can have, in terms of the first."""
        return np.maximum(0, self.offset)

    @property
    def high(self) -> Pictures:
        """The brightest one."""
        return np.asarray(np.minimum(WHITE, WHITE * self.gain + self.offset), np.float32)

    def of_first(self, pictures: Pictures) -> Pictures:
        """Return the first pictures in these tones, float32 [n, side, side]."""
        return np.asarray(np.clip(pictures, self.low, self.high), np.float32)

    def of_second(self, pictures: Pictures) -> Pictures:
        """Return the second pictures in these tones, of the same shape."""
        same = self.gain * pictures + self.offset
        return np.asarray(np.clip(same, self.low, self.high), np.float32)


def fit_tones(first: Pictures, second: Pictures, inside: Pictures) -> Tones:
    """Compare mean and spread where neither picture is black or white.

    Args:
        first: float32 [n, side, side], 0 to 255.
        second: The same shape, laid over the first.
        inside: 1 where both have content.

    Returns:
        The tones; unchanged ones for a pair that has too few greys.
    """
    # Both get the same mean and spread: gain = σ₁ / σ₂, offset = μ₁ - gain · μ₂. The line of least
    # squares has the gain r · σ₁ / σ₂, too small where pictures are not aligned yet (r < 1).
    used = inside * _is_grey(first) * _is_grey(second)
    pixels = used.sum((1, 2), keepdims=True)
    mean, spread = _mean_and_spread(first, used, pixels)
    other_mean, other_spread = _mean_and_spread(second, used, pixels)
    gain = np.clip(spread / other_spread, 1 / MOST_GAIN, MOST_GAIN)
    offset = np.clip(mean - gain * other_mean, -MOST_OFFSET, MOST_OFFSET)
    enough = pixels >= FEWEST
    return Tones(np.where(enough, gain, np.float32(1)), np.where(enough, offset, np.float32(0)))


def _is_grey(pictures: Pictures) -> NDArray[np.bool_]:
    return (pictures > CUT) & (pictures < WHITE - CUT)


def _mean_and_spread(
    pictures: Pictures, used: Pictures, pixels: Pictures
) -> tuple[Pictures, Pictures]:
    axes = (1, 2)
    count = pixels + np.float32(1e-6)
    mean = (pictures * used).sum(axes, keepdims=True) / count
    variance = ((pictures - mean) ** 2 * used).sum(axes, keepdims=True) / count
    return mean, np.sqrt(variance + 1)
