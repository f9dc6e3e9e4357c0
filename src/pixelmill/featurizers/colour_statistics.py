"""Mean and deviation of each channel of RGB, HSV and LAB, over all pixels of an image.

Every pixel counts once, at the size that the image has. The conversions are OpenCV's of 8 bits a
channel, which are rounded (hue to 2°, L* to 0.4, the others to 1 of 255 steps), and the statistics
are then given in the units of the table.

| columns | range | what it is |
| --- | --- | --- |
| `red_*`, `green_*`, `blue_*` | 0 to 255 | sRGB, converted where the file has a profile |
| `hue_mean` | above -180 to 180 degrees | red 0, yellow 60, green 120, cyan 180, blue -120 |
| `hue_std` | 0 to 81.03 degrees | 0 where all hues are one |
| `saturation_*`, `value_*` | 0 to 1 | of HSV |
| `lightness_*` | 0 to 100 | L* of CIELAB under D65 |
| `a_*`, `b_*` | -128 to 127 | a* from green to red, b* from blue to yellow |

Deviations (`_std`) are those of the population. Hue is a circle: its mean is the direction of the
sum of all pixels' hues as arrows, and its deviation is the angular deviation √(2 (1 - R)), where R
is the length of that sum as a share of the lengths of the arrows. An arrow is as long as the
pixel's chroma (the difference between its largest and smallest channel), because the hue of a
grey pixel is noise and OpenCV writes it as red. An image without any chroma has the mean 0 and
the deviation 81.03, as one whose hues cancel out. The circle is cut at cyan, so that reds, which
lie on both sides of 0°, stay together.

Source: Zar, Biostatistical Analysis, chapter 26 (circular distributions); OpenCV, Color
conversions, https://docs.opencv.org/4.x/de/d25/imgproc_color_conversions.html.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import ImageError
from pixelmill.featurizers.contracts import Description, FeaturizedBatch, refuse_network_parameters
from pixelmill.featurizers.decoding import PIXEL_VERSION, FullSizeDecoder, Pixels
from pixelmill.images.limits import Limits
from pixelmill.parameters import FeaturizationParameters

CHANNELS = ("red", "green", "blue", "hue", "saturation", "value", "lightness", "a", "b")
COLUMNS = tuple(f"{channel}_{what}" for channel in CHANNELS for what in ("mean", "std"))
CONVENTIONS = (
    "all pixels, OpenCV's 8-bit conversions; red, green, blue 0 to 255; hue in degrees, -180 to "
    "180, circular mean and angular deviation weighted by chroma; saturation and value 0 to 1; "
    "CIELAB under D65, lightness 0 to 100"
)
"""Part of the fingerprint: change it when the numbers change."""

_STRIP_PIXELS = 1 << 17
_CHROMAS, _HUES = 256, 180
_WEIGHTS = np.arange(_CHROMAS, dtype=np.float32)
_ARROWS = np.exp(2j * np.pi * np.arange(_HUES) / _HUES)
_HUE = CHANNELS.index("hue")
_OTHERS = [position for position in range(len(CHANNELS)) if position != _HUE]
# From OpenCV's 8 bits to the units above, for the others: value * scale - offset.
_SCALE = np.array([1, 1, 1, 1 / 255, 1 / 255, 100 / 255, 1, 1])
_OFFSET = np.array([0, 0, 0, 0, 0, 0, 128, 128])

Floats = NDArray[np.float64]


def featurizer(parameters: FeaturizationParameters) -> "ColourStatistics":
    """Make the featurizer.

    Args:
        parameters: The limits are read.

    Returns:
        The featurizer: 18 floats.

    Raises:
        InputError: The parameters name what only a network has.
    """
    refuse_network_parameters("colour_statistics", parameters)
    return ColourStatistics(parameters.limits)


@dataclass(frozen=True)
class ColourStatistics:
    """The featurizer; there is nothing to build, so that it travels to the workers as it is.

    Attributes:
        limits: Images beyond them are refused.
    """

    limits: Limits

    def describe(self) -> Description:
        """Tell all that changes the numbers, and the names of the columns."""
        return {
            "featurizer": "colour_statistics",
            "columns": list(COLUMNS),
            "conventions": CONVENTIONS,
            "pixels": PIXEL_VERSION,
        }

    def prepare(self) -> "ColourStatistics":
        """Return itself."""
        return self

    def open(self, threads: int) -> "OpenColourStatistics":  # noqa: ARG002 (one image, one core)
        """Set the decoder up."""
        return OpenColourStatistics(FullSizeDecoder(self.limits))


class OpenColourStatistics:
    """Bytes of images in, statistics out."""

    def __init__(self, decoder: FullSizeDecoder) -> None:
        """Take a decoder."""
        self._decoder = decoder

    def __call__(self, images: Sequence[bytes | ImageError]) -> FeaturizedBatch:
        """Featurize a batch, one image after another: at their full size few fit in memory.

        Args:
            images: Content of the files, or why it could not be read.

        Returns:
            Features of the good images, and the reasons of the others; the statistics' time is
            counted as inference.
        """
        rows: list[Floats] = []
        errors: list[str | None] = []
        decode_seconds = infer_seconds = 0.0
        for image in images:
            started = perf_counter()
            pixels = self._decode(image)
            decoded = perf_counter()
            decode_seconds += decoded - started
            errors.append(pixels if isinstance(pixels, str) else None)
            if not isinstance(pixels, str):
                rows.append(statistics(pixels))
                infer_seconds += perf_counter() - decoded
        features = np.array(rows, np.float32) if rows else np.empty((0, 0), np.float32)
        remarks = self._decoder.take_remarks()
        return FeaturizedBatch(features, errors, decode_seconds, infer_seconds, remarks)

    def _decode(self, image: bytes | ImageError) -> Pixels | str:
        """Return the pixels, or the reason why there are none."""
        if isinstance(image, ImageError):
            return str(image)
        try:
            return self._decoder.decode(image)
        except ImageError as problem:
            return str(problem)


def statistics(pixels: Pixels) -> Floats:
    """Compute the statistics of an image.

    Args:
        pixels: RGB, uint8 [height, width, 3].

    Returns:
        float64 [18], in the order of `COLUMNS`.
    """
    # Of a large image, the converted pixels would take three times the memory again.
    rows = max(1, _STRIP_PIXELS // pixels.shape[1])
    strips = [_Strip.of(pixels[start : start + rows]) for start in range(0, len(pixels), rows)]
    means, deviations = _merge(strips)
    found = np.empty((len(CHANNELS), 2))
    found[_OTHERS, 0] = means * _SCALE - _OFFSET
    found[_OTHERS, 1] = deviations * _SCALE
    found[_HUE] = _hue(np.sum([strip.hues for strip in strips], axis=0, dtype=np.float64))
    return found.ravel()


class _Strip(NamedTuple):
    """Some rows of an image in OpenCV's 8 bits.

    Attributes:
        pixels: Number of pixels.
        moments: float64 [8, 2], mean and deviation of each channel but hue.
        hues: float32 [180], the sum of chroma at each hue.
    """

    pixels: int
    moments: Floats
    hues: NDArray[np.float32]

    @classmethod
    def of(cls, rgb: Pixels) -> "_Strip":
        hue, saturation, value = cv2.split(cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV))
        lab = cv2.split(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB))
        # Channel by channel it takes half the time.
        moments = [cv2.meanStdDev(part) for part in (*cv2.split(rgb), saturation, value, *lab)]
        chroma = cv2.multiply(saturation, value, scale=1 / 255)
        table = cv2.calcHist(
            [hue, chroma], [0, 1], None, [_HUES, _CHROMAS], [0, _HUES, 0, _CHROMAS]
        )
        return cls(hue.size, np.array(moments).reshape(-1, 2), table @ _WEIGHTS)


def _merge(strips: list[_Strip]) -> tuple[Floats, Floats]:
    """Return means and deviations of the whole, float64 [8] each."""
    pixels = np.array([strip.pixels for strip in strips])
    shares = pixels / pixels.sum()
    means, deviations = np.moveaxis(np.array([strip.moments for strip in strips]), 2, 0)
    mean = shares @ means
    return mean, np.sqrt(shares @ (deviations**2 + (means - mean) ** 2))


def _hue(weights: Floats) -> tuple[float, float]:
    """Return circular mean and angular deviation in degrees, from chroma by hue, [180]."""
    total = float(weights.sum())
    arrow = complex(weights @ _ARROWS) / max(total, 1.0)
    length = min(abs(arrow), 1.0)
    direction = float(np.degrees(np.angle(arrow))) if total else 0.0
    return direction, float(np.degrees(np.sqrt(2 * (1 - length))))
