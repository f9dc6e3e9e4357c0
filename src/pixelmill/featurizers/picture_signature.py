"""Signatures of images for near-duplicates: a small copy, and a digest of the bytes.

A row of 4,626 floats, each a whole number that float32 and one byte or two hold exactly:

| columns | what |
| --- | --- |
| 4,096 | luma, 64x64, row by row, 0 to 255 |
| 512 | blue and red difference (Cb, Cr), 16x16 each, 0 to 255, 128 is grey |
| 2 | width and height of the upright image in pixels |
| 16 | SHA-256 of the file's bytes, in pieces of 16 bits |

The picture is turned upright and stretched to a square, so that a copy of another size or format
has the same numbers but for noise. A JPEG is decoded at the scale that the usual networks take, so
that one decoding serves both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from time import perf_counter

import cv2
import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import ImageError
from pixelmill.featurizers.contracts import Description, FeaturizedBatch, refuse_network_parameters
from pixelmill.featurizers.decoding import PIXEL_VERSION, SmallDecoder
from pixelmill.images.limits import Limits
from pixelmill.parameters import FeaturizationParameters

LUMA = 64
CHROMA = 16
PIXELS = LUMA * LUMA + 2 * CHROMA * CHROMA
DIGEST = 16
COLUMNS = PIXELS + 2 + DIGEST
CONVENTIONS = (
    "luma 64, Cb and Cr 16, width, height, SHA-256; decoded to cover 224, longer side 256 where "
    "that covers 128, by a whole factor and bilinear to 128, then averaged"
)
"""Part of the fingerprint: change it when the numbers change."""

_DECODED = 128  # averaging from here leaves no trace of how a decoder shrinks

Row = NDArray[np.float32]


def featurizer(parameters: FeaturizationParameters) -> "PictureSignature":
    """Make the featurizer.

    Args:
        parameters: The limits are read.

    Returns:
        The featurizer: 4,626 floats.

    Raises:
        InputError: The parameters name what only a network has.
    """
    refuse_network_parameters("picture_signature", parameters)
    return PictureSignature(parameters.limits)


@dataclass(frozen=True)
class PictureSignature:
    """The featurizer; there is nothing to build, so that it travels to the workers as it is.

    Attributes:
        limits: Images beyond them are refused.
    """

    limits: Limits

    def describe(self) -> Description:
        """Tell all that changes the numbers."""
        return {
            "featurizer": "picture_signature",
            "dimension": COLUMNS,
            "conventions": CONVENTIONS,
            "pixels": PIXEL_VERSION,
        }

    def prepare(self) -> "PictureSignature":
        """Return itself."""
        return self

    def open(self, threads: int) -> "OpenPictureSignature":  # noqa: ARG002 (one image, one core)
        """Set the decoder up."""
        return OpenPictureSignature(SmallDecoder((_DECODED, _DECODED), self.limits))


class OpenPictureSignature:
    """Bytes of images in, signatures out."""

    def __init__(self, decoder: SmallDecoder) -> None:
        """Take a decoder to 128x128."""
        self._decoder = decoder

    def __call__(self, images: Sequence[bytes | ImageError]) -> FeaturizedBatch:
        """Sign a batch.

        Args:
            images: Content of the files, or why it could not be read.

        Returns:
            Rows of the good images, and the reasons of the others; all time counts as decoding.
        """
        started = perf_counter()
        rows = [self._sign(image) for image in images]
        seconds = perf_counter() - started
        return FeaturizedBatch.of_rows(rows, seconds, self._decoder.take_remarks())

    def _sign(self, image: bytes | ImageError) -> Row | str:
        """Return the row, or the reason why there is none."""
        if isinstance(image, ImageError):
            return str(image)
        try:
            pixels, (height, width) = self._decoder.decode(image)
        except ImageError as problem:
            return str(problem)
        digest = np.frombuffer(sha256(image).digest(), ">u2")
        size = np.array([width, height])
        return np.concatenate([_small(pixels), size, digest], dtype=np.float32)


def _small(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return luma and chroma of [128, 128, 3], averaged: uint8 [4608]."""
    luma, red, blue = cv2.split(cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb))
    parts = [(luma, LUMA), (blue, CHROMA), (red, CHROMA)]
    small = [cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA) for part, side in parts]
    return np.concatenate([part.ravel() for part in small]).astype(np.uint8, copy=False)
