"""Colours of clusters, the same on every picture and page."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

COUNT = 240  # beyond, colours come again: more cannot be distinguished
NOISE_COLOUR: Colour = (128, 138, 147)
FIRST: Colour = (31, 122, 140)  # the project's own teal
LIGHTNESS = 0.5, 0.8  # darker is lost on a dark page and in a thin border, lighter on paper
CHROMA = 0.08, 0.2  # below, a colour could be taken for noise; above, it glares
GREYS = (0.2, 0.62, 1.0)  # lightness of the dark page, of noise, of paper
WEIGHTS = (0.8, 1, 1)  # in thin borders a difference of hue is seen before one of lightness

# Björn Ottosson, "A perceptual color space for image processing", 2020 (public domain).
TO_CONES = np.array(
    [[0.4122214708, 0.2119034982, 0.0883024619], [0.5363325363, 0.6806995451, 0.2817188376],
     [0.0514459929, 0.1073969566, 0.6299787005]]
)  # fmt: skip
TO_LAB = np.array(
    [[0.2104542553, 1.9779984951, 0.0259040371], [0.7936177850, -2.4285922050, 0.7827717662],
     [-0.0040720468, 0.4505937099, -0.8086757660]]
)  # fmt: skip


def group_colour(cluster: int) -> Colour:
    """Return the colour of a group; noise, which is negative, is grey.

    Args:
        cluster: Cluster number from 0; its colour does not depend on the other clusters.
    """
    return group_colours()[cluster % COUNT] if cluster >= 0 else NOISE_COLOUR


@cache
def group_colours() -> tuple[Colour, ...]:
    """Return the colours of the first 240 groups, each as far as can be from all before it.

    The largest groups, which come first, differ most; none comes near white, black or noise. The
    distance is that of OKLab.

    Source: Glasbey et al., Colour displays for categorical images, 2007.
    """
    rgb, lab = _candidates()
    greys = [_distances(lab, np.array([grey * WEIGHTS[0], 0, 0])) for grey in GREYS]
    nearest = np.min(greys, axis=0)
    chosen = [0]
    while len(chosen) < COUNT:
        nearest = np.minimum(nearest, _distances(lab, lab[chosen[-1]]))
        chosen.append(int(nearest.argmax()))
    return tuple((red, green, blue) for red, green, blue in rgb[chosen].tolist())


def oklab(rgb: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return colours in OKLab, where equal distances look about equal.

    Args:
        rgb: sRGB of 0 to 255, shape [n, 3].

    Returns:
        Lightness of 0 to 1 and two axes of colour, shape [n, 3].
    """
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    lab: NDArray[np.float64] = np.cbrt(linear @ TO_CONES) @ TO_LAB
    return lab


def _distances(lab: NDArray[np.float64], colour: NDArray[np.float64]) -> NDArray[np.float64]:
    distances: NDArray[np.float64] = np.linalg.norm(lab - colour, axis=1)
    return distances


def _candidates() -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return RGB and weighted OKLab of the first colour and of all moderate ones."""
    axis = np.arange(0, 256, 15)
    rgb = np.stack(np.meshgrid(axis, axis, axis), axis=-1).reshape(-1, 3)
    rgb = np.concatenate([[FIRST], rgb])
    lab = oklab(rgb)
    calm = _within(lab[:, 0], LIGHTNESS) & _within(np.hypot(lab[:, 1], lab[:, 2]), CHROMA)
    return rgb[calm], lab[calm] * WEIGHTS


def _within(values: NDArray[np.float64], bounds: tuple[float, float]) -> NDArray[np.bool_]:
    return (values > bounds[0]) & (values < bounds[1])
