"""Similarity of two images as the same picture, 0 to 1.

Both pictures are laid over each other (`alignment`), given the same brightness (`tones`), and six
things are looked at, of which the worst counts:

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

Pairs that are far from alike are given up at a coarse scale.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pixelmill.duplicates.alignment import Overlay, Places, align, correlation, overlay
from pixelmill.duplicates.alignment import Pictures as Images
from pixelmill.duplicates.borders import content_places, edge_places, have_border
from pixelmill.duplicates.pictures import Pictures, Positions
from pixelmill.duplicates.tones import fit_tones
from pixelmill.duplicates.views import find_starts
from pixelmill.featurizers.picture_signature import LUMA

BATCH = 256
LEAST_DETAIL = 0.75  # grey levels; below, the details are the encoder's noise
# Side of the pictures, steps of alignment, and the correlations (of pictures, and of their details)
# below which a pair is given up. After one step at full size the details of copies agree well, and
# those of most other pairs do not: the expensive steps are for the rest
# (`benchmarks.near_duplicates`).
SCALES = ((16, 4, 0.7, None), (32, 5, 0.8, None), (64, 1, 0.8, 0.8), (64, 3, 0.88, 0.85))
LEAST_START = 0.65  # cosine of the views that show the same part; of copies 0.77 at least
NO_START = -1.0  # the score of a pair no views of which are that near
TONE_ROUNDS = 2  # tones move the place that fits best, and the place the tones
TONE_STEPS = 2  # of alignment in a round
FINE, COARSE = 1.0, 2.5  # pixels of 64: between them are the details
MARGIN = 4  # pixels at an edge, where the blur of one picture reaches beyond its crop
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

Scores = NDArray[np.float32]
Pair = tuple[Images, Images]


def similarities(
    pictures: Pictures, first: Positions, second: Positions, enough: float = 1.0
) -> Scores:
    """Return how far the images of each pair are the same picture.

    A pair is compared from both sides, and the better one counts; only from the side of the smaller
    digest where that is `enough`.

    Args:
        pictures: The images.
        first: Positions of one image of each pair, intp [m].
        second: Positions of the other; which is which changes nothing.
        enough: Similarity from which on two images are alike.

    Returns:
        float32 [m], 0 to 1; without meaning where one of them has no details.
    """
    keys = np.ascontiguousarray(pictures.digests[:, :8]).view(">u8").ravel()
    swapped = keys[first] > keys[second]
    first, second = np.where(swapped, second, first), np.where(swapped, first, second)
    found = _in_parts(pictures, first, second, enough)
    # The views are the same from the other side.
    unlike = np.flatnonzero((found < enough) & (found != NO_START))
    behind = _in_parts(pictures, second[unlike], first[unlike], enough)
    found[unlike] = np.maximum(found[unlike], behind)
    return np.maximum(found, 0, out=found)


def _in_parts(pictures: Pictures, first: Positions, second: Positions, enough: float) -> Scores:
    parts = [slice(start, start + BATCH) for start in range(0, len(first), BATCH)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # numpy lets other threads run
        scores = pool.map(lambda part: _scores(pictures, first[part], second[part], enough), parts)
        return np.concatenate([*scores, np.empty(0, np.float32)])


def has_detail(luma: Images) -> NDArray[np.bool_]:
    """Return whether there is something to compare: bool [n].

    Args:
        luma: float32 [n, 64, 64], 0 to 255.
    """
    inner = _details(luma)[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    enough: NDArray[np.bool_] = inner.std(axis=(1, 2)) >= LEAST_DETAIL
    return enough


def _scores(pictures: Pictures, first: Positions, second: Positions, enough: float) -> Scores:
    """Lay the second over the first as they are and, where one has a border, without it."""
    luma = pictures.luma(first), pictures.luma(second)
    chroma = pictures.chroma(first), pictures.chroma(second)
    edges = edge_places(len(first), LUMA)
    found = _compared_inside(luma, chroma, (edges, edges))
    framed = np.flatnonzero((found < enough) & (have_border(luma[0]) | have_border(luma[1])))
    luma, chroma = (luma[0][framed], luma[1][framed]), (chroma[0][framed], chroma[1][framed])
    contents = content_places(luma[0]), content_places(luma[1])
    found[framed] = np.maximum(found[framed], _compared_inside(luma, chroma, contents))
    return found


def _compared_inside(luma: Pair, chroma: Pair, places: tuple[Places, Places]) -> Scores:
    """Compare the parts of both pictures at some places."""
    one, other = (overlay(luma[side], places[side]).pictures for side in range(2))
    colours = [_cut_out(chroma[side], places[side]) for side in range(2)]
    return _compared((one, other), (colours[0], colours[1]))


def _cut_out(chroma: Images, places: Places) -> Images:
    return np.stack([overlay(chroma[:, part], places).pictures for part in range(2)], axis=1)


def _compared(luma: Pair, chroma: Pair) -> Scores:
    one, other = luma
    places, cosines = find_starts(one, other)
    found = np.where(cosines >= LEAST_START, np.float32(0), np.float32(NO_START))
    left = np.flatnonzero(cosines >= LEAST_START)
    for side, steps, least, least_of_details in SCALES:
        small, over = _shrunk(one[left], side), _shrunk(other[left], side)
        places[left], found_there = _improved(small, over, places[left], steps)
        left = left[found_there >= least]
        if least_of_details is not None:
            laid = overlay(other[left], places[left])
            left = left[_detail_correlation(one[left], laid) >= least_of_details]
    by_detail, places = _compared_in_same_tones(one[left], other[left], places[left])
    by_colour = _colour_score(chroma[0][left], chroma[1][left], places)
    found[left] = np.clip(np.minimum(by_detail, by_colour), 0, 1)
    return found


def _improved(one: Images, other: Images, places: Places, steps: int) -> tuple[Places, Scores]:
    """Aligns; where that leads astray, the place stays. Returns the correlation there too."""
    moved = align(one, other, places.copy(), steps)
    scores = []
    for at in (places, moved):
        laid = overlay(other, at)
        scores.append(correlation(one, laid.pictures, laid.inside()))
    better = scores[1] >= scores[0]
    return np.where(better[:, None], moved, places), np.maximum(*scores)


def _compared_in_same_tones(one: Images, other: Images, places: Places) -> tuple[Scores, Places]:
    """Return the score of the details, and the places, which the tones improve."""
    for _ in range(TONE_ROUNDS):
        laid = overlay(other, places)
        tones = fit_tones(one, laid.pictures, laid.inside())
        places = align(tones.of_first(one), tones.of_second(other), places, TONE_STEPS)
    laid = overlay(other, places)
    tones = fit_tones(one, laid.pictures, laid.inside(MARGIN))
    seen = Overlay(tones.of_second(laid.pictures), laid.rows, laid.columns)
    return _detail_score(tones.of_first(one), seen), places


def _detail_correlation(luma: Images, laid: Overlay) -> Scores:
    return correlation(_details(luma), _details(laid.pictures), laid.inside(MARGIN))


def _detail_score(luma: Images, laid: Overlay) -> Scores:
    inside = laid.inside(MARGIN)
    one, other = _details(luma), _details(laid.pictures)
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


def _local_move(one: Images, other: Images, inside: Images) -> Scores:
    """Return how far the part that moved most is from its place, in pixels: float32 [n].

    What is turned moves in its middle against its outline, a copy nowhere. In each part the move
    (x, y) solves one - other = slope_x · x + slope_y · y by least squares; the ridge keeps it
    small where there are no details.
    """
    across, down = (np.gradient(one + other, axis=axis) / 2 for axis in (2, 1))
    difference = one - other

    def sums(values: Images) -> Images:
        return _blocks(values * inside, PART)

    ridge = np.float32(0.02)
    xx, xy, yy = sums(across**2) + ridge, sums(across * down), sums(down**2) + ridge
    x, y = sums(across * difference), sums(down * difference)
    length = np.hypot(yy * x - xy * y, xx * y - xy * x) / (xx * yy - xy**2)
    known = _blocks(inside, PART) > 1 / 2
    return np.asarray(np.where(known, length, 0).max(axis=(1, 2)), np.float32)


def _slope(details: Images, inside: Images) -> Scores:
    """Return how much a picture of power 1 changes when it is moved by a pixel: float32 [n]."""
    axes = (1, 2)
    squares = sum(np.gradient(details, axis=axis) ** 2 for axis in axes)
    power = (details**2 * inside).sum(axes) + 1e-6
    slope: Scores = np.sqrt((squares * inside).sum(axes) / power + 1e-6)
    return slope


def _worst_block(one: Images, other: Images, inside: Images) -> Scores:
    """Return the power of the difference relative to the details, in the worst block."""
    share = _blocks(inside)
    difference = _blocks((one - other) ** 2)
    power = _blocks(one * one) + _blocks(other * other)
    part = difference / (power + QUIET * share + 1e-6)
    return np.asarray(np.where(share > 1 / 3, part, 0).max(axis=(1, 2)), np.float32)


def _blocks(values: Images, side: int = BLOCK) -> Images:
    count = LUMA // side
    means: Images = values.reshape(-1, count, side, count, side).mean(axis=(2, 4))
    return means


def _scaled(details: Images, inside: Images) -> Images:
    """Scale to mean 0 and power 1 inside, and 0 elsewhere."""
    axes = (1, 2)
    pixels = inside.sum(axes, keepdims=True) + 1e-6
    centred = (details - (details * inside).sum(axes, keepdims=True) / pixels) * inside
    scaled: Images = centred / np.sqrt((centred**2).sum(axes, keepdims=True) / pixels + 1e-6)
    return scaled


def _colour_score(one: Images, other: Images, places: Places) -> Scores:
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


def _colour_rest(one: Images, other: Images) -> Images:
    """Return what the colours of the other, at any strength, leave: float32 [n, sizes of parts]."""
    axes = (1, 2, 3)
    strength = (one * other).sum(axes) / ((other * other).sum(axes) + 1e-6)
    rest = one - np.clip(strength, *STRENGTHS)[:, None, None, None] * other
    lengths = [np.hypot(*_means(rest, size).transpose(1, 0, 2, 3)) for size, _ in COLOUR_PARTS]
    return np.stack([length.max(axis=(1, 2)) for length in lengths], axis=1)


def _means(values: Images, size: int) -> Images:
    """Return means of all squares of a size: float32 [..., side - size + 1, side - size + 1]."""
    windows = np.lib.stride_tricks.sliding_window_view(values, (size, size), axis=(-2, -1))
    return np.asarray(windows.mean(axis=(-2, -1)), np.float32)


def _details(luma: Images) -> Images:
    fine, coarse = _blur(FINE), _blur(COARSE)
    return np.asarray(fine @ luma @ fine.T - coarse @ luma @ coarse.T, np.float32)


@cache
def _blur(sigma: float) -> NDArray[np.float32]:
    """Return the matrix that blurs columns of 64 pixels, float32 [64, 64]."""
    import cv2

    unit = np.eye(LUMA, dtype=np.float32)
    blurred = cv2.GaussianBlur(
        unit, (1, 0), sigmaX=1, sigmaY=sigma, borderType=cv2.BORDER_REPLICATE
    )
    return np.asarray(blurred, np.float32)


def _shrunk(luma: Images, side: int) -> Images:
    block = luma.shape[1] // side
    if block == 1:
        return luma
    means: Images = luma.reshape(-1, side, block, side, block).mean(axis=(2, 4))
    return means
