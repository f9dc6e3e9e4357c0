"""Alignment of pairs of small pictures: which part of one a crop shows, for many pairs at once.

A crop is a scale and a shift along each axis. They are found by Gauss-Newton on the difference of
the two pictures, brightness and contrast with it, from coarse to fine. Positions run from -1 to 1
over a side; scale 1 and shift 0 lay the pictures over each other as they are.

Source: Lucas and Kanade, An Iterative Image Registration Technique, 1981; Evangelidis and
Psarakis, Parametric Image Alignment Using Enhanced Correlation Coefficient Maximization, 2008.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.float32]
Places = NDArray[np.float64]
Flags = NDArray[np.bool_]

# A crop of 10% on every side is a scale of 0.8, or 1.25 the other way; of one side a shift of 0.1.
SCALES = (0.75, 1.34)
MOST_SHIFT = 0.25
_EASE = 1e-3  # keeps the equations of a picture without detail solvable
_LEAST_CONTRAST = 0.2


@dataclass(frozen=True)
class Overlay:
    """Pictures laid over others.

    Attributes:
        pictures: The second picture of each pair as the first shows it, float32 [n, side, side].
        rows: Where it has content, bool [n, side].
        columns: The same along the other axis.
    """

    pictures: Pictures
    rows: Flags
    columns: Flags

    def inside(self, margin: int = 0) -> Pictures:
        """Return 1 where both pictures have content off the edges: float32 [n, side, side]."""
        rows, columns = _inner(self.rows, margin), _inner(self.columns, margin)
        both: Flags = rows[:, :, None] & columns[:, None, :]
        return both.astype(np.float32)


def unaligned(count: int) -> Places:
    """Places that leave every picture as it is: float64 [n, 4], scale and shift of x, then of y."""
    return np.tile(np.array([1.0, 0.0, 1.0, 0.0]), (count, 1))


def align(first: Pictures, second: Pictures, places: Places, steps: int) -> Places:
    """Improve the places by some steps of Gauss-Newton.

    Args:
        first: float32 [n, side, side].
        second: The same shape; each is laid over its first.
        places: float64 [n, 4], where to start.
        steps: How many; each pair's result is independent of the other pairs.

    Returns:
        float64 [n, 4].
    """
    for _ in range(steps):
        places = _step(first, second, places)
    return places


def inverse(places: Places) -> Places:
    """Return the places of the first pictures over the second ones: float64 [n, 4].

    Args:
        places: Places of the second pictures over the first ones, of the same shape.
    """
    # If first = second at s·u + t, then second = first at (u - t) / s.
    found = np.empty_like(places)
    found[:, ::2] = 1 / places[:, ::2]
    found[:, 1::2] = -places[:, 1::2] / places[:, ::2]
    return found


def overlay(pictures: Pictures, places: Places) -> Overlay:
    """Lay pictures at their places, with linear interpolation.

    Args:
        pictures: float32 [n, side, side].
        places: float64 [n, 4].
    """
    laid, rows = _resample(pictures, places[:, 2], places[:, 3])
    turned, columns = _resample(laid.transpose(0, 2, 1), places[:, 0], places[:, 1])
    return Overlay(turned.transpose(0, 2, 1), rows, columns)


def correlation(first: Pictures, second: Pictures, inside: Pictures) -> Pictures:
    """Return the correlation of each pair inside: float32 [n], 0 where a picture is flat."""
    axes = (1, 2)
    pixels = inside.sum(axes, keepdims=True) + 1e-6
    one = (first - (first * inside).sum(axes, keepdims=True) / pixels) * inside
    other = (second - (second * inside).sum(axes, keepdims=True) / pixels) * inside
    power = (one * one).sum(axes) * (other * other).sum(axes)
    found: Pictures = (one * other).sum(axes) / np.sqrt(power + 1e-6)
    return found


def _step(first: Pictures, second: Pictures, places: Places) -> Places:
    """Solve first = contrast · (second + slopes · change) + brightness for all pairs."""
    # With the unknowns s = (contrast, brightness, contrast · change) it is linear: s solves the
    # normal equations T T' s = T first, where T [6, side²] has a row of `_terms` for each of them.
    # A little on the diagonal (Levenberg's damping) keeps a picture without detail solvable.
    count, side = first.shape[:2]
    laid = overlay(second, places)
    inside = laid.inside()
    terms = _terms(laid.pictures, inside, places).reshape(count, 6, side**2)
    normal = (terms @ terms.transpose(0, 2, 1)).astype(np.float64)
    diagonal = np.arange(6)
    normal[:, diagonal, diagonal] = normal[:, diagonal, diagonal] * (1 + 1e-4) + _EASE
    wanted = (terms @ (first * inside).reshape(count, side**2, 1)).astype(np.float64)
    solved = np.linalg.solve(normal, wanted)[:, :, 0]
    contrast = np.maximum(solved[:, :1], _LEAST_CONTRAST)
    return _within_reach(places + np.clip(solved[:, 2:] / contrast, -0.1, 0.1))


def _terms(seen: Pictures, inside: Pictures, places: Places) -> Pictures:
    """Return what contrast, brightness and the four parts of a change add to each pixel.

    Returns:
        float32 [n, 6, side, side], 0 outside.
    """
    # A pixel at u shows the picture at scale · u + shift. A shift of 1 is side / 2 pixels, and the
    # slope is taken between pixels that are `scale` apart: ∂/∂shift = slope · side / (2 scale), and
    # ∂/∂scale = u · ∂/∂shift.
    side = seen.shape[1]
    u = _positions(side).astype(np.float32)
    terms = np.empty((len(seen), 6, side, side), np.float32)
    np.multiply(seen, inside, out=terms[:, 0])
    terms[:, 1] = inside
    for term, axis, factors in ((3, 2, u), (5, 1, u[:, None])):
        per_place = np.float32(side / 2) / places[:, term - 3, None, None].astype(np.float32)
        slope = np.gradient(seen, axis=axis)
        slope *= per_place
        np.multiply(slope, inside, out=terms[:, term])
        np.multiply(terms[:, term], factors, out=terms[:, term - 1])
    return terms


def _within_reach(places: Places) -> Places:
    places[:, ::2] = np.clip(places[:, ::2], *SCALES)
    places[:, 1::2] = np.clip(places[:, 1::2], -MOST_SHIFT, MOST_SHIFT)
    return places


def _positions(side: int) -> Places:
    """Return the centres of pixels, -1 to 1."""
    return (2 * np.arange(side) + 1) / side - 1


def _resample(pictures: Pictures, scale: Places, shift: Places) -> tuple[Pictures, Flags]:
    """Resample the rows of each picture; also return which rows are within it."""
    side = pictures.shape[1]
    wanted = scale[:, None] * _positions(side) + shift[:, None]
    within: Flags = np.less_equal(np.abs(wanted), 1 + 1e-3)
    at = np.clip(((wanted + 1) * side - 1) / 2, 0, side - 1)
    above = np.minimum(at.astype(np.intp), side - 2)
    share = (at - above).astype(np.float32)[:, :, None]
    which = np.arange(len(pictures))[:, None]
    upper, lower = pictures[which, above], pictures[which, above + 1]
    lower -= upper
    lower *= share
    lower += upper
    return lower, within


def _inner(within: Flags, margin: int) -> Flags:
    """Return those that have `margin` others on both sides."""
    if not margin:
        return within
    padded = np.pad(within, ((0, 0), (margin, margin)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * margin + 1, axis=1)
    return np.asarray(windows.all(axis=2), np.bool_)
