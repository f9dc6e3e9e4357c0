"""Width of the strongest edges of pictures, which tells a blurred photo from a sharp one.

An ideal step of height h that is blurred by a Gaussian of deviation s has the gradient
h / (s √(2π)) at its middle. Blurring it once more by t makes the deviation √(s² + t²), so the ratio
of both gradients is

    R = √(s² + t²) / s    and so    s = t / √(R² - 1):

the height of the edge and with it brightness and contrast of the photo cancel out, which they do
not in the variance of a Laplacian. R is taken over the 0.5% of pixels whose neighbours differ most.
A photo is sharp where anything in it is, so that a soft background or a plain wall around a sharp
subject does not count, and the scale is the same for all, so that many pixels alone are no blur.
Where nothing has an edge (`edge_strength` says so) the width means nothing. Sobel's own blur makes
the width of an unblurred edge some 0.75 pixels and adds in squares to that of others.

Source: Zhuo and Sim, Defocus map estimation from a single image, Pattern Recognition 44, 2011.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pixelmill.featurizers.reduced import Pixels

WIDEST = 100.0  # pixels; the edge width of a picture without edges
_EDGES = 0.005  # share of the pixels
_FEWEST_EDGES = 8  # pixels
_MOST_EQUAL = 4  # times as many are looked at where many pixels have the same difference
_BLUR = 2.0  # t, pixels
_REACH = 6  # pixels; three deviations of the blur
_BORDER = (_REACH, _REACH, _REACH, _REACH)
_SIDE = 2 * _REACH + 1
_ONE = 1 << 15  # of the filters' whole numbers

Floats = NDArray[np.float32]
Numbers = NDArray[np.float64]
Positions = NDArray[np.intp]


def edge_widths(luma: Sequence[Pixels], scales: Numbers) -> Numbers:
    """Return width and strength of the strongest edges of n pictures.

    A blur by s of the picture of the checked scale is one by a·s across and b·s down in another
    that has a and b times its pixels. Across an edge whose gradient has the unit vector (u, v) its
    deviation is s √(a²u² + b²v²). Steep edges count most.

    Args:
        luma: n of uint8 [height, width].
        scales: a and b of each picture, float64 [n, 2].

    Returns:
        Deviation of the Gaussian that blurs the edges in pixels of the checked scale, at most 100;
        and their mean gradient in grey levels per such pixel: float64 [n, 2].
    """
    found = [_gradients(picture) for picture in luma]
    numbers = np.array([len(gradients) for gradients in found])
    starts, gradients = numbers.cumsum() - numbers, np.concatenate(found)
    squares = np.square(gradients, dtype=np.float64)
    lengths = squares[:, ::2] + squares[:, 1::2]
    before, after = np.add.reduceat(np.sqrt(lengths), starts).T / (numbers * _ONE)
    across, down = np.add.reduceat(squares[:, :2], starts).T
    stretched = across * scales[:, 0] ** 2 + down * scales[:, 1] ** 2
    scale = np.sqrt(stretched / np.maximum(across + down, 1))
    # s = t / √(R² - 1) with R = before / after, written without dividing by small numbers.
    excess = np.sqrt(np.maximum(before**2 - after**2, 0)) * scale
    widths = np.full(len(luma), WIDEST)
    np.divide(_BLUR * after, excess, out=widths, where=excess * WIDEST > _BLUR * after)
    return np.stack([widths, before * scale], axis=1)


def counts_of(levels: Pixels) -> Floats:
    """Count the pixels of each of 256 levels in a picture, float32 [256]."""
    return np.asarray(cv2.calcHist([levels], [0], None, [256], [0, 256]), np.float32).ravel()


def _gradients(luma: Pixels) -> Floats:
    """Return the gradients of the strongest edges, float32 [pixels, 4], as of `_BOTH_SOBELS`."""
    padded = cv2.copyMakeBorder(luma, *_BORDER, cv2.BORDER_REFLECT_101)
    return _around(padded, _strongest(padded)) @ _BOTH_SOBELS


def _strongest(padded: Pixels) -> Positions:
    """Return the pixels with the largest differences of their neighbours, across or down.

    A histogram finds the level from which on there are enough of them. Where many pixels have the
    same difference, every second, third, … of them is taken.

    Returns:
        Positions in the picture without its border.
    """
    inner, before, after = (slice(_REACH + step, step - _REACH) for step in (0, -1, 1))
    across = cv2.absdiff(padded[inner, after], padded[inner, before])
    down = cv2.absdiff(padded[after, inner], padded[before, inner])
    larger = cv2.max(across, down)
    wanted = min(max(_FEWEST_EDGES, round(_EDGES * larger.size)), larger.size)
    counts = counts_of(larger)
    least = 255 - counts[::-1].cumsum().searchsorted(wanted)
    places = np.flatnonzero(larger >= np.uint8(least))
    return places[:: -(-len(places) // (_MOST_EQUAL * wanted))]


def _around(padded: Pixels, places: Positions) -> Floats:
    """Return the surroundings of pixels: float32 [pixels, 13 x 13].

    NumPy copies rows of 13 bytes, each one element, in a third of the time of single bytes.
    """
    height, stride = padded.shape
    width = stride - 2 * _REACH
    shape = height - 2 * _REACH, width, _SIDE
    rows = np.ndarray(shape, f"V{_SIDE}", padded, 0, (stride, 1, stride))
    return rows[np.divmod(places, width)].view(np.uint8).astype(np.float32)


def _both_sobels() -> Floats:
    """Return four filters as columns, float32 [13 x 13, 4].

    Sobel's across and down, S, and both blurred: Sobel's and a Gaussian are one filter, S * G.
    They are whole numbers, as the levels are, and so are all sums of products, which stay below
    2^24: float32 holds them exactly, in whatever order a library adds them.
    """
    sharp, gaussian = np.zeros(_SIDE - 2), cv2.getGaussianKernel(_SIDE - 2, _BLUR).ravel()
    sharp[_REACH - 1] = 1
    filters = []
    for blur in (sharp, gaussian):
        smooth, slope = np.convolve(blur, [1, 2, 1]) / 4, np.convolve(blur, [-1, 0, 1]) / 2
        filters += [np.outer(smooth, slope).ravel(), np.outer(slope, smooth).ravel()]
    return np.round(_ONE * np.stack(filters, axis=1)).astype(np.float32)


_BOTH_SOBELS = _both_sobels()
