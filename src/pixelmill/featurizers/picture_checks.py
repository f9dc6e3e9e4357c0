"""Measures by which faulty images are found: blurred, dark, blank, tiny and so on.

A row of named float32 numbers from one decode. All from `edge_width` on are those of the picture at
its *checked scale*: its longer side reduced to 256 pixels, smaller pictures as they are.

| columns | unit | what it is |
| --- | --- | --- |
| `width`, `height` | pixels | of the upright image |
| `short_side` | pixels | the smaller of both |
| `aspect` | from 1 on | longer side over shorter side |
| `format` | 0, 1, … | place in the list `formats` of the description |
| `channels` | 1, 3, 4 | of the decoded file: grey, RGB, CMYK; transparency is composed on white |
| `taken` | days | of EXIF: 1 is 1 January of the year 1 in the Gregorian calendar; 0 is no date |
| `edge_width` | pixels | deviation of the Gaussian that blurs the strongest edges, see below |
| `edge_strength` | grey levels a pixel | mean gradient of those edges |
| `luma_mean`, `luma_std` | 0 to 255 | of luma, ITU-R BT.601 on sRGB |
| `luma_p1`, `_p5`, `_p50`, `_p95`, `_p99` | 0 to 255 | percentiles of luma |
| `entropy` | 0 to 8 bits | of the 256 levels of luma |
| `spread` | 0 to 255 | deviation of red, green and blue: root of the mean of their variances |
| `contrast` | from 0 on | `spread` / (`luma_mean` + 8), so that a dark photo is not a blank one |
| `chroma_mean`, `chroma_p99` | 0 to 255 | largest minus smallest channel of a pixel |

`spread` and chroma are those of every other pixel of every other row.

**Edge width.** An ideal step of height h that is blurred by a Gaussian of deviation s has the
gradient h / (s √(2π)) at its middle. Blurring it once more by t makes the deviation √(s² + t²), so
the ratio of both gradients is

    R = √(s² + t²) / s    and so    s = t / √(R² - 1):

the height of the edge and with it brightness and contrast of the photo cancel out, which they do
not in the variance of a Laplacian. R is taken over the 0.5% of pixels with the largest gradients. A
photo is sharp where anything in it is, so that a soft background or a plain wall around a sharp
subject does not count, and the scale is the same for all, so that many pixels alone are no blur.
Where nothing has an edge (`edge_strength` says so) the width means nothing. Sobel's own blur makes
the width of an unblurred edge some 0.75 pixels and adds in squares to that of others.

Source: Zhuo and Sim, Defocus map estimation from a single image, Pattern Recognition 44, 2011.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import cv2
import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import ImageError
from pixelmill.featurizers.contracts import Description, FeaturizedBatch, refuse_network_parameters
from pixelmill.featurizers.decoding import PIXEL_VERSION, REDUCED, FittingDecoder
from pixelmill.images.date_taken import date_taken
from pixelmill.images.kinds import KINDS, kind_of
from pixelmill.images.limits import Limits
from pixelmill.parameters import FeaturizationParameters

PERCENTILES = (1, 5, 50, 95, 99)
COLUMNS = (
    *("width", "height", "short_side", "aspect", "format", "channels", "taken"),
    *("edge_width", "edge_strength"),
    *("luma_mean", "luma_std", *(f"luma_p{percent}" for percent in PERCENTILES)),
    *("entropy", "spread", "contrast", "chroma_mean", "chroma_p99"),
)
FORMATS = tuple(kind.name for kind in KINDS)
CONVENTIONS = (
    "decoded to cover 224, longer side 256; luma BT.601; colours of one pixel of four; edges: 0.5% "
    "of pixels, blurred by 2 pixels within 6"
)
"""Part of the fingerprint: change it when the numbers change."""

WIDEST = 100.0  # pixels; the edge width of a picture without edges
_EDGES = 0.005  # share of the pixels
_FEWEST_EDGES = 8  # pixels
_BLUR = 2.0  # t, pixels
_REACH = 6  # pixels; three deviations of the blur
_LEVELS = np.arange(256, dtype=np.float64)
_DARK_LIGHT = 8.0  # grey levels that look black, by Weber's contrast

Floats = NDArray[np.float32]
Counts = NDArray[np.float64]
Pixels = NDArray[np.uint8]


def featurizer(parameters: FeaturizationParameters) -> "PictureChecks":
    """Make the featurizer.

    Args:
        parameters: The limits are read.

    Returns:
        The featurizer: 21 floats.

    Raises:
        InputError: The parameters name what only a network has.
    """
    refuse_network_parameters("picture_checks", parameters)
    return PictureChecks(parameters.limits)


@dataclass(frozen=True)
class PictureChecks:
    """The featurizer; there is nothing to build, so that it travels to the workers as it is.

    Attributes:
        limits: Images beyond them are refused.
    """

    limits: Limits

    def describe(self) -> Description:
        """Return all that changes the numbers, and the names of the columns."""
        return {
            "featurizer": "picture_checks",
            "columns": list(COLUMNS),
            "formats": list(FORMATS),
            "conventions": CONVENTIONS,
            "pixels": PIXEL_VERSION,
        }

    def prepare(self) -> "PictureChecks":
        """Return itself."""
        return self

    def open(self, threads: int) -> "OpenPictureChecks":  # noqa: ARG002 (one image, one core)
        """Set the decoder up."""
        return OpenPictureChecks(FittingDecoder(REDUCED, self.limits))


class OpenPictureChecks:
    """Bytes of images in, numbers out."""

    def __init__(self, decoder: FittingDecoder) -> None:
        """Take a decoder to the checked scale."""
        self._decoder = decoder

    def __call__(self, images: Sequence[bytes | ImageError]) -> FeaturizedBatch:
        """Check a batch.

        Args:
            images: Content of the files, or why it could not be read.

        Returns:
            Rows of the good images, and the reasons of the others; all time counts as decoding.
        """
        started = perf_counter()
        rows = [self._check(image) for image in images]
        seconds = perf_counter() - started
        return FeaturizedBatch.of_rows(rows, seconds, self._decoder.take_remarks())

    def _check(self, image: bytes | ImageError) -> list[float] | str:
        """Return the row, or the reason why there is none."""
        if isinstance(image, ImageError):
            return str(image)
        try:
            pixels, (height, width), channels = self._decoder.decode(image)
        except ImageError as problem:
            return str(problem)
        kind = kind_of(image)
        file_format = FORMATS.index(kind.name) if kind else -1
        short, long = sorted((width, height))
        taken = date_taken(image)
        size = [width, height, short, long / short]
        day = taken.toordinal() if taken else 0
        return [*size, file_format, channels, day, *measure(pixels)]


def measure(rgb: Pixels) -> list[float]:
    """Return the numbers of a picture at its checked scale.

    Args:
        rgb: uint8 [height, width, 3].

    Returns:
        Those of `COLUMNS` from `edge_width` on.
    """
    luma = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    # Channel by channel numpy takes every other pixel in half the time.
    fewer = [np.ascontiguousarray(channel[::2, ::2]) for channel in cv2.split(rgb)]
    deviations = np.array([cv2.meanStdDev(channel)[1] for channel in fewer])
    counts, chroma = _counts(luma), _counts(_chroma(*fewer))
    mean = float(counts @ _LEVELS / luma.size)
    deviation = float(np.sqrt(counts @ (_LEVELS - mean) ** 2 / luma.size))
    spread = float(np.sqrt(np.mean(deviations**2)))
    return [
        *edge_width(luma),
        mean,
        deviation,
        *_levels(counts, PERCENTILES),
        _entropy(counts),
        spread,
        spread / (mean + _DARK_LIGHT),
        float(chroma @ _LEVELS / chroma.sum()),
        *_levels(chroma, (99,)),
    ]


def edge_width(luma: Pixels) -> tuple[float, float]:
    """Return the width and strength of the strongest edges.

    Args:
        luma: uint8 [height, width].

    Returns:
        Deviation in pixels of the Gaussian that blurs them, at most 100; and their mean gradient
        in grey levels a pixel.
    """
    across, down = cv2.spatialGradient(luma)  # Sobel's sums of 8 levels a pixel
    sums = cv2.magnitude(across.astype(np.float32), down.astype(np.float32))
    strongest = _strongest(sums)
    before = float(sums.ravel()[strongest].mean(dtype=np.float64)) / 8
    after = _gradient_of_blurred(luma, strongest)
    # s = t / √(R² - 1) with R = before / after, written without dividing by small numbers.
    squares = before**2 - after**2
    if squares * WIDEST**2 <= (_BLUR * after) ** 2:
        return WIDEST, before
    return _BLUR * after / float(np.sqrt(squares)), before


def _strongest(gradient: Floats) -> NDArray[np.intp]:
    """Return positions of the pixels with the largest gradients, found by a histogram."""
    count = min(max(_FEWEST_EDGES, round(_EDGES * gradient.size)), gradient.size)
    coarse = cv2.convertScaleAbs(gradient, alpha=1 / 4)
    least = 255 - int(np.searchsorted(_counts(coarse)[::-1].cumsum(), count))
    candidates = np.flatnonzero(coarse.ravel() >= least)
    largest = np.argpartition(gradient.ravel()[candidates], -count)[-count:]
    return candidates[largest]


def _gradient_of_blurred(luma: Pixels, places: NDArray[np.intp]) -> float:
    """Return the mean gradient at some pixels of the picture that was blurred by `_BLUR`.

    Sobel's filter and a Gaussian are one filter, K = S * G. It is applied at these n pixels alone:
    their surroundings, [n, 13 x 13], times both directions of K, [13 x 13, 2].
    """
    side = 2 * _REACH + 1
    edges = (_REACH, _REACH, _REACH, _REACH)
    padded = cv2.copyMakeBorder(luma, *edges, cv2.BORDER_REFLECT_101)
    rows, columns = np.divmod(places, luma.shape[1])
    around = np.lib.stride_tricks.sliding_window_view(padded, (side, side))[rows, columns]
    gradients = around.reshape(len(places), -1).astype(np.float32) @ _BLURRED_SOBEL
    return float(np.hypot(*gradients.T).mean(dtype=np.float64))


def _blurred_sobel() -> Floats:
    """Return both directions of the filter K, float32 [13 x 13, 2], in grey levels a pixel."""
    gaussian = cv2.getGaussianKernel(2 * _REACH - 1, _BLUR).ravel()
    smooth, slope = np.convolve(gaussian, [1, 2, 1]) / 4, np.convolve(gaussian, [-1, 0, 1]) / 2
    both = [np.outer(smooth, slope).ravel(), np.outer(slope, smooth).ravel()]
    return np.stack(both, axis=1).astype(np.float32)


_BLURRED_SOBEL = _blurred_sobel()


def _chroma(red: Pixels, green: Pixels, blue: Pixels) -> Pixels:
    """Return largest minus smallest channel of each pixel, thirty times as fast as NumPy."""
    largest = cv2.max(cv2.max(red, green), blue)
    return np.asarray(cv2.subtract(largest, cv2.min(cv2.min(red, green), blue)), np.uint8)


def _counts(levels: Pixels) -> Counts:
    """Return pixels of each of 256 levels."""
    return np.asarray(cv2.calcHist([levels], [0], None, [256], [0, 256]), np.float64).ravel()


def _levels(counts: Counts, percents: Sequence[int]) -> list[float]:
    """Return the lowest levels that given percentages of the pixels do not exceed."""
    limits = np.array(percents) / 100 * counts.sum()
    return [float(level) for level in np.searchsorted(counts.cumsum(), limits)]


def _entropy(counts: Counts) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(abs(shares @ np.log2(shares)))  # never -0.0
