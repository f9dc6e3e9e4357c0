"""Signatures of images for near-duplicates: a small copy, and a digest of the bytes.

A row of 4,626 floats, each a whole number that float32 and one byte or two hold exactly:

| columns | what |
| --- | --- |
| 4,096 | luma, 64x64, row by row, 0 to 255 |
| 512 | blue and red difference (Cb, Cr), 16x16 each, 0 to 255, 128 is grey |
| 2 | width and height of the upright image in pixels |
| 16 | SHA-256 of the file's bytes, in pieces of 16 bits |

The picture is turned upright and stretched to a square, so that a copy of another size or format
has the same numbers but for noise. It is made from the pixels that the usual networks see, so that
one decoding and one resizing serve both.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pixelmill.featurizers.contracts import Description, refuse_network_parameters
from pixelmill.featurizers.decoding import PIXEL_VERSION
from pixelmill.featurizers.reduced import ReducedBatch, ReducedFeaturizer
from pixelmill.images.limits import Limits
from pixelmill.parameters import FeaturizationParameters

LUMA = 64
CHROMA = 16
PIXELS = LUMA * LUMA + 2 * CHROMA * CHROMA
DIGEST = 16
COLUMNS = PIXELS + 2 + DIGEST
CONVENTIONS = (
    "luma 64, Cb and Cr 16, width, height, SHA-256; stretched to 224 at most, sides from 128 on "
    "halved, then averaged; shorter sides bilinear"
)
"""Part of the fingerprint: change it when the numbers change."""

Rows = NDArray[np.float32]
Pixels = NDArray[np.uint8]


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
        return OpenPictureSignature(self.limits)


class OpenPictureSignature(ReducedFeaturizer):
    """Bytes of images in, signatures out."""

    def rows(self, batch: ReducedBatch) -> Rows:
        """Return the signatures of n images, float32 [n, 4626]."""
        rows = np.empty((len(batch.pictures), COLUMNS), np.float32)
        for row, picture, luma in zip(rows, batch.pictures, batch.halved_luma, strict=True):
            red, blue = _chroma(picture.halved)
            row[:PIXELS] = np.concatenate([_square(luma, LUMA), blue, red], axis=None)
            row[PIXELS : PIXELS + 2] = picture.size[::-1]
            row[PIXELS + 2 :] = np.frombuffer(picture.digest, ">u2")
        return rows


def _chroma(picture: Pixels) -> tuple[Pixels, Pixels]:
    """Return averaged Cr and Cb of a picture, each uint8 [16, 16]."""
    _, red, blue = cv2.split(cv2.cvtColor(_square(picture, CHROMA), cv2.COLOR_RGB2YCrCb))
    return np.asarray(red, np.uint8), np.asarray(blue, np.uint8)


def _square(picture: Pixels, side: int) -> Pixels:
    """Stretch a picture to a square by averaging; sides that are too short are interpolated."""
    height, width = picture.shape[:2]
    if min(height, width) < side:
        picture = np.asarray(cv2.resize(picture, (max(width, side), max(height, side))), np.uint8)
    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
