"""Descriptors of parts of a picture, so that crops are near their originals.

A description of the whole picture does not find a crop of 10% or a copy inside a border: the
cosine of the two falls to that of unrelated photos. So each picture is described by 17 views: the
whole, the parts that remain when 7% of some of its sides are cut away, and its middle without 10%
of each side. Whatever crop of up to 10% a copy shows lies within 3.5% of one of them, and a
picture inside a border is a view of the bordered one.
"""

from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from pixelmill.duplicates.alignment import Pictures, Places, inverse
from pixelmill.featurizers.picture_signature import LUMA

CUT = 0.07  # share of a side
MIDDLE = 0.1
VIEWS = 17
COARSE = (0, 16, 5, 6, 9, 10)  # the whole, the middle and four corners represent all
FREQUENCIES = 12
DIMENSION = FREQUENCIES**2 - 1
# Photographs have less power the higher the frequency; this gives all of them a say.
EMPHASIS = 0.75

Rows = NDArray[np.float32]


@cache
def view_places() -> Places:
    """Return scale and shift of x, then of y, of every view: float64 [17, 4], the whole first."""
    cuts = [*product((0.0, CUT), repeat=4), (MIDDLE,) * 4]
    left, right, top, bottom = np.array(cuts).T
    return np.stack([1 - left - right, left - right, 1 - top - bottom, top - bottom], axis=1)


def describe(luma: Pictures, view: int = 0) -> Rows:
    """Return the lower frequencies of a view.

    Args:
        luma: float32 [n, 64, 64].
        view: Number of the view.

    Returns:
        float32 [n, 143], each of length 1.
    """
    across, down = _waves(view)
    found = np.asarray((down @ luma @ across.T) * _emphasis(), np.float32)
    return unit_rows(found.reshape(len(luma), FREQUENCIES**2)[:, 1:])  # but for the mean


def unit_rows(rows: Rows) -> Rows:
    """Scale each row to length 1, in place; rows of zeros stay."""
    rows /= np.linalg.norm(rows, axis=1, keepdims=True) + 1e-6
    return rows


def find_starts(first: Pictures, second: Pictures) -> tuple[Places, Rows]:
    """Return how the second picture of each pair has to be placed over the first, of what views
    show.

    Args:
        first: float32 [n, 64, 64].
        second: The same shape.

    Returns:
        Places, float64 [n, 4], and the cosine of the two views there, float32 [n]. With the
        pictures the other way round the places are the inverse ones.
    """
    places = view_places()
    wholes = describe(first), describe(second)
    views = range(len(places))
    inner = [np.einsum("nd,nd->n", wholes[0], describe(second, view)) for view in views]
    outer = [np.einsum("nd,nd->n", describe(first, view), wholes[1]) for view in views]
    cosines = np.stack([*inner, *outer], axis=1)
    best = cosines.argmax(axis=1)
    return np.concatenate([places, inverse(places)])[best], cosines.max(axis=1)


@cache
def _waves(view: int) -> tuple[Rows, Rows]:
    """Return the first cosines along the columns and rows of a view, each float32 [12, 64].

    Each is the cosines of a side, [12, 64], times the linear interpolation of the view, [64, 64].
    """
    scale_x, shift_x, scale_y, shift_y = view_places()[view]
    pixels = (np.arange(LUMA) + 0.5) * np.pi / LUMA
    waves = np.cos(np.arange(FREQUENCIES)[:, None] * pixels)
    waves /= np.linalg.norm(waves, axis=1, keepdims=True)
    both = (waves @ _sampling(*one) for one in ((scale_x, shift_x), (scale_y, shift_y)))
    across, down = (one.astype(np.float32) for one in both)
    return across, down


def _sampling(scale: float, shift: float) -> NDArray[np.float64]:
    """Return the matrix that samples a column of 64 pixels at the rows of a view."""
    at = ((scale * ((2 * np.arange(LUMA) + 1) / LUMA - 1) + shift + 1) * LUMA - 1) / 2
    above = np.clip(at.astype(np.intp), 0, LUMA - 2)
    matrix = np.zeros((LUMA, LUMA))
    rows = np.arange(LUMA)
    matrix[rows, above], matrix[rows, above + 1] = 1 - (at - above), at - above
    return matrix


@cache
def _emphasis() -> Rows:
    across, down = np.mgrid[:FREQUENCIES, :FREQUENCIES]
    weights: Rows = (np.hypot(across, down) ** EMPHASIS).astype(np.float32)
    return weights
