"""Coordinates of points on the page, and the order of thumbnails."""

import numpy as np
import numpy.typing as npt


def centred(coordinates: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return coordinates in a square of -1 to 1, with their aspect ratio.

    Args:
        coordinates: Shape [n, 2]; n may be 0, and all may be equal.

    Returns:
        Shape [n, 2].
    """
    if not len(coordinates):
        return np.zeros((0, 2), np.float32)
    low, high = coordinates.min(axis=0), coordinates.max(axis=0)
    half = float((high - low).max()) / 2
    moved = coordinates - (low + high) / 2
    placed: npt.NDArray[np.float32] = (moved / half if half else moved).astype(np.float32)
    return placed


def quantised(places: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return places in 21 bits an axis: steps of a pixel in the closest view.

    Args:
        places: Positions in a square of -1 to 1, float32 [n, 2].

    Returns:
        Shape [2, 3, n]: for x and y the low, middle and high byte of (place + 1) * 2^20.
    """
    steps = np.rint((places.T.astype(np.float64) + 1) * 2**20).astype(np.uint32)
    return np.stack([steps >> shift & 255 for shift in (0, 8, 16)], axis=1).astype(np.uint8)


def neighbours_first(coordinates: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Return the order along Morton's curve, so that near points follow one another.

    Args:
        coordinates: Positions in a square of -1 to 1, float32 [n, 2].

    Returns:
        Indices, shape [n].
    """
    steps = ((coordinates + 1) * 32767.5).astype(np.uint64)
    return np.argsort(_spread(steps[:, 0]) | (_spread(steps[:, 1]) << np.uint64(1)), kind="stable")


def _spread(bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return sixteen bits with a gap after each."""
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        bits = (bits | (bits << np.uint64(shift))) & np.uint64(mask)
    return bits
