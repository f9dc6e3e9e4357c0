"""Colours of groups that differ as much as so many can."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]

NOISE_COLOUR: Colour = (154, 163, 171)
FIRST: Colour = (31, 122, 140)  # the project's own teal
LIGHTNESS = (0.45, 0.55, 0.65, 0.75, 0.84)  # darker is black in a thin border, lighter is paper
CHROMA = (0.08, 0.12, 0.16, 0.2, 0.24)
HUES = 60
GREYS = (0.25, 0.71, 1.0)  # lightness of dark photos, of noise, of paper
WEIGHTS = (0.8, 1, 1)  # in thin borders a difference of hue is seen before one of lightness

# Björn Ottosson, "A perceptual color space for image processing", 2020 (public domain).
TO_LMS = np.array(
    [[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728],
     [1, -0.0894841775, -1.2914855480]]
)  # fmt: skip
TO_RGB = np.array(
    [[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965],
     [-0.0041960863, -0.7034186147, 1.7076147010]]
)  # fmt: skip


@lru_cache(maxsize=8)
def distinct_colours(count: int) -> tuple[Colour, ...]:
    """Colours each as far in Oklab as can be from all before it, and from white and grey.

    Args:
        count: How many; a shorter list is the beginning of a longer one.

    Returns:
        Red, green and blue, 0 to 255.
    """
    lab, rgb = _candidates()
    distances = np.min([_distances(lab, np.array([grey, 0, 0])) for grey in GREYS], axis=0)
    chosen = [int(np.argmin(((rgb - np.array(FIRST)) ** 2).sum(axis=1)))]
    while len(chosen) < count:
        distances = np.minimum(distances, _distances(lab, lab[chosen[-1]]))
        chosen.append(int(np.argmax(distances)))
    return tuple((red, green, blue) for red, green, blue in rgb[chosen[:count]].tolist())


def _distances(lab: NDArray[np.float64], colour: NDArray[np.float64]) -> NDArray[np.float64]:
    distances: NDArray[np.float64] = np.linalg.norm((lab - colour) * WEIGHTS, axis=1)
    return distances


def _candidates() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Oklab and RGB of the colours of an even lattice that a screen can show."""
    hues = np.linspace(0, 2 * np.pi, HUES, endpoint=False)
    light, chroma, hue = (axis.ravel() for axis in np.meshgrid(LIGHTNESS, CHROMA, hues))
    lab = np.stack([light, chroma * np.cos(hue), chroma * np.sin(hue)], axis=1)
    linear = ((lab @ TO_LMS.T) ** 3) @ TO_RGB.T
    shown = ((linear >= 0) & (linear <= 1)).all(axis=1)
    linear = linear[shown]
    levels = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return lab[shown], np.round(levels * 255).astype(np.int64)
