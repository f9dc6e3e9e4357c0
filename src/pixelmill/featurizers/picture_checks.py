"""Measures by which faulty images are found: blurred, dark, blank, tiny and so on.

A row of named float32 numbers from one decode, of the reduced image that signatures share. Pixels
of `edge_width` and `edge_strength` are those of the *checked scale*, at which the longer side of
the picture is reduced to 256 pixels; smaller pictures are as they are. All after them are those of
the `halved` picture.

| columns | unit | what it is |
| --- | --- | --- |
| `width`, `height` | pixels | of the upright image |
| `short_side` | pixels | the smaller of both |
| `aspect` | from 1 on | longer side over shorter side |
| `format` | 0, 1, … | place in the list `formats` of the description |
| `channels` | 1, 3, 4 | of the file: grey, RGB, CMYK; transparency is composed on white |
| `taken` | days | of EXIF: 1 is 1 January of the year 1 in the Gregorian calendar; 0 is no date |
| `edge_width` | pixels | deviation of the Gaussian that blurs the strongest edges, see `edges` |
| `edge_strength` | grey levels a pixel | mean gradient of those edges |
| `luma_mean`, `luma_std` | 0 to 255 | of luma, ITU-R BT.601 on sRGB |
| `luma_p1`, `_p5`, `_p50`, `_p95`, `_p99` | 0 to 255 | percentiles of luma |
| `entropy` | 0 to 8 bits | of the 256 levels of luma |
| `spread` | 0 to 255 | deviation of red, green and blue: root of the mean of their variances |
| `contrast` | from 0 on | `spread` / (`luma_mean` + 8), so that a dark photo is not a blank one |
| `chroma_mean`, `chroma_p99` | 0 to 255 | largest minus smallest channel of a pixel |
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pixelmill.featurizers.contracts import Description, refuse_network_parameters
from pixelmill.featurizers.decoding import PIXEL_VERSION, Reduced
from pixelmill.featurizers.edges import counts_of, edge_widths
from pixelmill.featurizers.reduced import ReducedBatch, ReducedFeaturizer
from pixelmill.images.kinds import KINDS
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
    "stretched to 224 at most, sides from 128 on halved but for edges; luma BT.601; edges: 0.5% of "
    "pixels by differences of neighbours, blurred by 2 pixels within 6; widths at 256 pixels; "
    "channels of the file"
)
"""Part of the fingerprint: change it when the numbers change."""

CHECKED = 256  # pixels
_OF_PIXELS = COLUMNS.index("edge_width")
_POWERS = np.arange(256, dtype=np.float64)[:, None] ** [1, 2]
_DARK_LIGHT = 8.0  # grey levels that look black, by Weber's contrast

Rows = NDArray[np.float32]
Numbers = NDArray[np.float64]
Positions = NDArray[np.intp]
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
        return OpenPictureChecks(self.limits)


class OpenPictureChecks(ReducedFeaturizer):
    """Bytes of images in, numbers out."""

    def rows(self, batch: ReducedBatch) -> Rows:
        """Return the numbers of n images, float32 [n, 21]."""
        rows = np.empty((len(batch.pictures), len(COLUMNS)), np.float32)
        rows[:, :_OF_PIXELS] = [_of_file(one) for one in batch.pictures]
        rows[:, _OF_PIXELS:] = measure(batch)
        return rows


def _of_file(reduced: Reduced) -> tuple[float, ...]:
    """Return the numbers of `COLUMNS` before `edge_width`."""
    height, width = reduced.size
    short, long = sorted(reduced.size)
    file_format = FORMATS.index(reduced.kind.name) if reduced.kind else -1
    day = reduced.taken.toordinal() if reduced.taken else 0
    return width, height, short, long / short, file_format, reduced.channels, day


def measure(batch: ReducedBatch) -> Numbers:
    """Return the numbers of the pictures of a batch: float64 [n, 14].

    They are those of `COLUMNS` from `edge_width` on.
    """
    pictures = batch.pictures
    levels = [*batch.halved_luma, *(_chroma(one.halved) for one in pictures)]
    counts = np.array([counts_of(one) for one in levels], np.float64)
    (mean, chroma_mean), (deviation, _) = (one.reshape(2, -1) for one in _moments(counts))
    luma, chroma = _percentiles(counts).reshape(2, len(pictures), -1)
    spread = np.array([_spread(one.halved) for one in pictures])
    return np.column_stack(
        [
            edge_widths([one.luma for one in pictures], _scales(pictures)),
            mean,
            deviation,
            luma,
            _entropy(counts[: len(pictures)]),
            spread,
            spread / (mean + _DARK_LIGHT),
            chroma_mean,
            chroma[:, PERCENTILES.index(99)],
        ]
    )


def _scales(pictures: Sequence[Reduced]) -> Numbers:
    """Return pixels across and down per pixel of the checked scale, float64 [n, 2]."""
    sizes = np.array([one.size for one in pictures])
    shapes = np.array([one.luma.shape for one in pictures])
    checked = np.minimum(1, CHECKED / sizes.max(axis=1))
    return np.asarray(shapes / (sizes * checked[:, None]))[:, ::-1]


def _chroma(picture: Pixels) -> Pixels:
    """Return largest minus smallest channel of each pixel, thirty times as fast as NumPy."""
    red, green, blue = cv2.split(picture)
    largest, smallest = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    return np.asarray(cv2.subtract(largest, smallest), np.uint8)


def _spread(picture: Pixels) -> float:
    """Return the root of the mean of the variances of three channels, by sums of whole numbers."""
    pixels: int = picture.shape[0] * picture.shape[1]
    squares = pixels * cv2.norm(picture, cv2.NORM_L2SQR)
    return math.sqrt((squares - sum(one**2 for one in cv2.sumElems(picture))) / 3) / pixels


def _moments(counts: Numbers) -> tuple[Numbers, Numbers]:
    """Return mean and deviation of n pictures' levels, each float64 [n], by sums of whole numbers.

    Args:
        counts: Pixels of each level, float64 [n, 256].
    """
    sums, squares = (counts @ _POWERS / counts.sum(axis=1)[:, None]).T
    return sums, np.sqrt(squares - sums**2)


def _percentiles(counts: Numbers) -> Positions:
    """Return the lowest levels that `PERCENTILES` of the pixels do not exceed, intp [n, 5]."""
    shares = np.array(PERCENTILES) / 100
    below = counts.cumsum(axis=1)
    return np.array([one.searchsorted(shares * one[-1]) for one in below])


def _entropy(counts: Numbers) -> Numbers:
    """Return the entropy of n pictures' levels in bits, float64 [n]."""
    total = counts.sum(axis=1)[:, None]
    bits: Numbers = counts * np.log2(total / np.maximum(counts, 1))
    return np.asarray((bits / total).sum(axis=1))
