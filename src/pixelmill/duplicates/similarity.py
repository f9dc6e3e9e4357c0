"""Similarity of two images as the same picture, 0 to 1.

Both pictures are laid over each other (`alignment`), given the same brightness (`tones`), and
compared (`differences`). Pairs that are far from alike are given up at a coarse scale.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pixelmill.duplicates.alignment import Overlay, Places, align, correlation, inverse, overlay
from pixelmill.duplicates.alignment import Pictures as Images
from pixelmill.duplicates.borders import content_places, edge_places, have_border
from pixelmill.duplicates.differences import MARGIN, Scores, colour_score, detail_score, details
from pixelmill.duplicates.pictures import Pictures, Positions
from pixelmill.duplicates.tones import fit_tones
from pixelmill.duplicates.views import find_starts
from pixelmill.featurizers.picture_signature import LUMA

BATCH = 256
# Side of the pictures, steps of alignment, and the correlations (of pictures, and of their details)
# below which a pair is given up. The details of copies agree as soon as they are nearly aligned, by
# 0.75 at a side of 16 and 0.82 at 32, and those of most other pairs do not: the expensive steps
# are for the rest.
SCALES = (
    (16, 4, 0.7, 0.55),
    (32, 1, 0.7, 0.65),
    (32, 4, 0.8, 0.6),
    (64, 1, 0.8, 0.8),
    (64, 3, 0.88, 0.85),
)
LEAST_START = 0.65  # cosine of the views that show the same part; of copies 0.77 at least
TONE_ROUNDS = 2  # tones move the place that fits best, and the place the tones
TONE_STEPS = 2  # of alignment in a round

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
    framed = _any_framed(pictures, first, second)

    def compare(part: slice) -> Scores:
        return _scores(pictures, (first[part], second[part]), framed[part], enough)

    with ThreadPoolExecutor(os.cpu_count()) as pool:  # numpy lets other threads run
        scores = pool.map(compare, _parts(len(first)))
        return np.concatenate([*scores, np.empty(0, np.float32)])


def _parts(count: int) -> list[slice]:
    return [slice(start, start + BATCH) for start in range(0, count, BATCH)]


def _any_framed(pictures: Pictures, first: Positions, second: Positions) -> NDArray[np.bool_]:
    """Return which pairs have a picture with a border: bool [m]."""
    positions, which = np.unique(np.concatenate([first, second]), return_inverse=True)
    framed = [have_border(pictures.luma(positions[part])) for part in _parts(len(positions))]
    of_each = np.concatenate([*framed, np.empty(0, np.bool_)])[which]
    return np.asarray(of_each[: len(first)] | of_each[len(first) :], np.bool_)


def _scores(
    pictures: Pictures,
    positions: tuple[Positions, Positions],
    framed: NDArray[np.bool_],
    enough: float,
) -> Scores:
    """Compare the pictures as they are and, where one has a border, without it."""
    first, second = positions
    luma = pictures.luma(first), pictures.luma(second)
    chroma = pictures.chroma(first), pictures.chroma(second)
    edges = edge_places(len(first), LUMA)
    found = _compared_inside(luma, chroma, (edges, edges), enough)
    again = np.flatnonzero((found < enough) & framed)
    luma, chroma = _chosen(luma, again), _chosen(chroma, again)
    contents = content_places(luma[0]), content_places(luma[1])
    found[again] = np.maximum(found[again], _compared_inside(luma, chroma, contents, enough))
    return found


def _chosen(pair: Pair, places: Positions) -> Pair:
    return pair[0][places], pair[1][places]


def _compared_inside(
    luma: Pair, chroma: Pair, places: tuple[Places, Places], enough: float
) -> Scores:
    """Compare the parts of both pictures at some places, from both sides."""
    one, other = (overlay(luma[side], places[side]).pictures for side in range(2))
    colours = _cut_out(chroma[0], places[0]), _cut_out(chroma[1], places[1])
    starts, cosines = find_starts(one, other)
    near = np.flatnonzero(cosines >= LEAST_START)
    found = np.zeros(len(starts), np.float32)
    found[near] = _compared(_chosen((one, other), near), _chosen(colours, near), starts[near])
    behind = near[found[near] < enough]
    there = _compared(
        _chosen((other, one), behind),
        _chosen((colours[1], colours[0]), behind),
        inverse(starts[behind]),
    )
    found[behind] = np.maximum(found[behind], there)
    return found


def _cut_out(chroma: Images, places: Places) -> Images:
    return np.stack([overlay(chroma[:, part], places).pictures for part in range(2)], axis=1)


def _compared(luma: Pair, chroma: Pair, places: Places) -> Scores:
    """Lay the second pictures over the first, from where they start: float32 [n]."""
    left = np.arange(len(places))
    for side, steps, least, least_of_details in SCALES:
        one, other = (_shrunk(picture[left], side) for picture in luma)
        places[left], correlations = _improved(one, other, places[left], steps)
        alike = correlations >= least
        one, other, left = one[alike], other[alike], left[alike]
        laid = overlay(other, places[left])
        left = left[_detail_correlation(one, laid) >= least_of_details]
    by_detail, at = _compared_in_same_tones(luma[0][left], luma[1][left], places[left])
    by_colour = colour_score(chroma[0][left], chroma[1][left], at)
    found = np.zeros(len(places), np.float32)
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
    return detail_score(tones.of_first(one), seen), places


def _detail_correlation(luma: Images, laid: Overlay) -> Scores:
    margin = MARGIN * luma.shape[1] // LUMA
    return correlation(details(luma), details(laid.pictures), laid.inside(margin))


def _shrunk(luma: Images, side: int) -> Images:
    """Return the means of blocks, float32 [n, side, side]."""
    if luma.shape[1] == side:
        return luma
    means = _block_means(side)
    return np.asarray(means @ luma @ means.T, np.float32)


@cache
def _block_means(side: int) -> Images:
    """Return the matrix that averages the rows of a picture, float32 [side, 64]."""
    block = LUMA // side
    return np.repeat(np.eye(side, dtype=np.float32) / block, block, axis=1)
