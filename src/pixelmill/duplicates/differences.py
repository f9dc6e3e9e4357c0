"""Differences of two pictures that lie over each other, in the same brightness.

Five are measured, of which the worst counts:

* the correlation of their details: of the luma without its coarse and its finest parts, which
  neither brightness nor an encoder's noise changes much;
* how far the lines of one would have to be moved to make such a difference: two drawings of the
  same digit correlate, for a soft picture has few details, but their lines are elsewhere;
* the part (of 8x8) in which the details differ most: a picture with another face in it is another
  picture, however large the rest;
* how much lighter a part is in one of them: a black and a grey shirt have the same outline;
* how far a part has moved against the others: the next frame of a turning fruit is no copy;
* the part in which the colours differ most, but for their strength: the same shirt in red and in
  blue is two pictures, however much white is around it.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pixelmill.duplicates.alignment import Overlay, Pictures, Places, correlation, overlay
from pixelmill.featurizers.picture_signature import LUMA

Scores = NDArray[np.float32]

LEAST_DETAIL = 0.75  # grey levels; below, the details are the encoder's noise
# Between these blurs are the details, in pixels: of 64, and of fewer, where the mean of a block
# is the fine blur.
BLURS: dict[int, tuple[float | None, float]] = {64: (1.0, 2.5), 32: (None, 1.25), 16: (None, 1.25)}
MARGIN = 4  # pixels of 64 at an edge, where the blur of one picture reaches beyond its crop
BLOCK = 8
PART = 16  # pixels of a part that may have moved against the others
QUIET = 0.3  # of the mean power of the details: differences of a quiet part count less
STRENGTHS = (0.6, 1.6)  # of a copy's colours against the original's
WORST_MOVE = 10.0  # pixels of 64; a twentieth of it counts as a correlation of 0.95 does
WORST_BLOCK = 10.0
WORST_LOCAL_MOVE = 7.0  # a third of a pixel
WORST_LIGHTER = 720.0  # 36 grey levels in a block, in the same tones: a copy made lighter has 30
# Sides of parts, of 16, and the difference in Cb and Cr that counts as a correlation of 0.95 does.
# The edges of a crop differ by up to 22 in a small part, brightness changes a large one by 14.
SAME = 0.95
COLOUR_PARTS = ((2, 32.0), (4, 18.0))


def has_detail(luma: Pictures) -> NDArray[np.bool_]:
    """Return whether there is something to compare: bool [n].

    Args:
        luma: float32 [n, 64, 64], 0 to 255.
    """
    inner = details(luma)[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    enough: NDArray[np.bool_] = inner.std(axis=(1, 2)) >= LEAST_DETAIL
    return enough


def detail_score(luma: Pictures, laid: Overlay) -> Scores:
    inside = laid.inside(MARGIN)
    one, other = details(luma), details(laid.pictures)
    found = correlation(one, other, inside)
    slope = np.minimum(_slope(one, inside), _slope(other, inside))
    move = np.sqrt(2 * np.maximum(1 - found, 0)) / slope
    one, other = _scaled(one, inside), _scaled(other, inside)
    worst = _worst_block(one, other, inside)
    local = _local_move(one, other, inside)
    lighter = np.abs(_blocks((luma - laid.pictures) * inside)).max(axis=(1, 2))
    taken = [move / WORST_MOVE, worst / WORST_BLOCK]
    taken += [local / WORST_LOCAL_MOVE, lighter / WORST_LIGHTER]
    return np.asarray(np.minimum(found, 1 - np.max(taken, axis=0)), np.float32)


def _local_move(one: Pictures, other: Pictures, inside: Pictures) -> Scores:
    """Return how far the part that moved most is from its place, in pixels: float32 [n].

    What is turned moves in its middle against its outline, a copy nowhere. In each part the move
    (x, y) solves one - other = slope_x · x + slope_y · y by least squares; the ridge keeps it
    small where there are no details.
    """
    across, down = (np.gradient(one + other, axis=axis) / 2 for axis in (2, 1))
    difference = one - other

    def sums(values: Pictures) -> Pictures:
        return _blocks(values * inside, PART)

    ridge = np.float32(0.02)
    xx, xy, yy = sums(across**2) + ridge, sums(across * down), sums(down**2) + ridge
    x, y = sums(across * difference), sums(down * difference)
    length = np.hypot(yy * x - xy * y, xx * y - xy * x) / (xx * yy - xy**2)
    known = _blocks(inside, PART) > 1 / 2
    return np.asarray(np.where(known, length, 0).max(axis=(1, 2)), np.float32)


def _slope(details: Pictures, inside: Pictures) -> Scores:
    """Return how much a picture of power 1 changes when it is moved by a pixel: float32 [n]."""
    axes = (1, 2)
    squares = sum(np.gradient(details, axis=axis) ** 2 for axis in axes)
    power = (details**2 * inside).sum(axes) + 1e-6
    slope: Scores = np.sqrt((squares * inside).sum(axes) / power + 1e-6)
    return slope


def _worst_block(one: Pictures, other: Pictures, inside: Pictures) -> Scores:
    """Return the power of the difference relative to the details, in the worst block."""
    share = _blocks(inside)
    difference = _blocks((one - other) ** 2)
    power = _blocks(one * one) + _blocks(other * other)
    part = difference / (power + QUIET * share + 1e-6)
    return np.asarray(np.where(share > 1 / 3, part, 0).max(axis=(1, 2)), np.float32)


def _blocks(values: Pictures, side: int = BLOCK) -> Pictures:
    count = LUMA // side
    means: Pictures = values.reshape(-1, count, side, count, side).mean(axis=(2, 4))
    return means


def _scaled(details: Pictures, inside: Pictures) -> Pictures:
    """Scale to mean 0 and power 1 inside, and 0 elsewhere."""
    axes = (1, 2)
    pixels = inside.sum(axes, keepdims=True) + 1e-6
    centred = (details - (details * inside).sum(axes, keepdims=True) / pixels) * inside
    scaled: Pictures = centred / np.sqrt((centred**2).sum(axes, keepdims=True) / pixels + 1e-6)
    return scaled


def colour_score(one: Pictures, other: Pictures, places: Places) -> Scores:
    """Return the part whose colours differ most, seen from either picture.

    A small object on white differs in its own place alone: the mean of all says little of it.
    From either picture, because nothing is left of black when any strength of blue is taken.
    """
    laid = [overlay(other[:, part], places) for part in range(2)]
    inside = laid[0].inside(1)[:, None]
    one, seen = one * inside, np.stack([part.pictures for part in laid], 1) * inside
    rest = np.stack([_colour_rest(one, seen), _colour_rest(seen, one)])
    worst = np.max([rest[..., at] / most for at, (_, most) in enumerate(COLOUR_PARTS)], axis=(0, 1))
    return np.asarray(1 - (1 - SAME) * worst, np.float32)


def _colour_rest(one: Pictures, other: Pictures) -> Pictures:
    """Return what the colours of the other, at any strength, leave: float32 [n, sizes of parts]."""
    axes = (1, 2, 3)
    strength = (one * other).sum(axes) / ((other * other).sum(axes) + 1e-6)
    rest = one - np.clip(strength, *STRENGTHS)[:, None, None, None] * other
    lengths = [np.hypot(*_means(rest, size).transpose(1, 0, 2, 3)) for size, _ in COLOUR_PARTS]
    return np.stack([length.max(axis=(1, 2)) for length in lengths], axis=1)


def _means(values: Pictures, size: int) -> Pictures:
    """Return means of all squares of a size: float32 [..., side - size + 1, side - size + 1]."""
    windows = np.lib.stride_tricks.sliding_window_view(values, (size, size), axis=(-2, -1))
    return np.asarray(windows.mean(axis=(-2, -1)), np.float32)


def details(luma: Pictures) -> Pictures:
    """Return the luma without its coarse and its finest parts, of the same shape.

    Args:
        luma: float32 [n, side, side], 0 to 255; a side of `BLURS`.
    """
    side = luma.shape[1]
    fine, coarse = (_blurred(luma, _blur(sigma, side)) for sigma in BLURS[side])
    return fine - coarse


def _blurred(luma: Pictures, blur: Pictures) -> Pictures:
    return np.asarray(blur @ luma @ blur.T, np.float32)


@cache
def _blur(sigma: float | None, side: int) -> Pictures:
    """Return the matrix that blurs columns, float32 [side, side]; None leaves them."""
    import cv2

    unit = np.eye(side, dtype=np.float32)
    if sigma is None:
        return unit
    blurred = cv2.GaussianBlur(
        unit, (1, 0), sigmaX=1, sigmaY=sigma, borderType=cv2.BORDER_REPLICATE
    )
    return np.asarray(blurred, np.float32)
