"""Detection of borders of one colour around a picture, as in framed copies."""

import numpy as np
from numpy.typing import NDArray

from pixelmill.duplicates.alignment import Pictures, Places

WIDEST = 9  # pixels of 64: a border of 10% of the picture takes 5.3
SPREAD = 12.0  # grey levels between the darkest and the brightest pixel of a line of the border
DRIFT = 6.0  # grey levels between the means of its lines
EDGE = 1  # pixels that are always cut away: a thinner border is mixed into them

Lengths = NDArray[np.intp]


def content_places(luma: Pictures) -> Places:
    """Return where the content of pictures is, without uniform bands along their sides.

    A band wider than `WIDEST` is background and stays: of a small object on white much would be
    cut away otherwise. The line next to a band is a mixture of both and goes with it.

    Args:
        luma: float32 [n, side, side].

    Returns:
        float64 [n, 4], scale and shift of x, then of y, as `alignment.overlay` takes them.
    """
    left, right = _bands(luma.transpose(0, 2, 1))
    top, bottom = _bands(luma)
    widths = np.stack([left, right, top, bottom], axis=1)
    return _without(widths / luma.shape[1])


def edge_places(count: int, side: int) -> Places:
    """Return places of pictures without their outermost pixels: float64 [count, 4]."""
    return _without(np.full((count, 4), EDGE / side))


def have_border(luma: Pictures) -> NDArray[np.bool_]:
    """Return which pictures have a band on any side: bool [n]."""
    uncut = edge_places(1, luma.shape[1])[0]
    return np.asarray((content_places(luma) != uncut).any(axis=1), np.bool_)


def _without(shares: Places) -> Places:
    """Return the boxes left when shares are cut from the four sides: float64 [n, 4]."""
    left, right, top, bottom = shares.T
    return np.stack([1 - left - right, left - right, 1 - top - bottom, top - bottom], axis=1)


def _bands(luma: Pictures) -> tuple[Lengths, Lengths]:
    """Return the widths of the bands above and below, intp [n] each."""
    return _band(luma[:, : WIDEST + 1]), _band(luma[:, : -WIDEST - 2 : -1])


def _band(lines: Pictures) -> Lengths:
    """Return how many of the outermost lines, float32 [n, WIDEST + 1, side], to cut away."""
    means = lines.mean(axis=2)
    uniform = np.ptp(lines, axis=2) <= SPREAD
    uniform &= np.abs(means - means[:, :1]) <= DRIFT
    width = np.cumprod(uniform, axis=1).sum(axis=1)
    return np.where((width > 0) & (width <= WIDEST), width + 1, EDGE)
