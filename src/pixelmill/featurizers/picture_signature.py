"""Signatures of images for near-duplicates: a small copy, and a digest of the bytes.

A row of 1,549 floats, each a whole number that float32 holds exactly:

| columns | what |
| --- | --- |
| 1,536 | 4,096 bytes of luma, 64x64, row by row, 0 to 255; then 512 of blue and red difference |
| | (Cb, Cr), 16x16 each, 0 to 255, 128 is grey |
| 2 | width and height of the upright image in pixels |
| 11 | the 32 bytes of the SHA-256 of the file, and a zero |

Three bytes are one number, the first the lowest: Spark writes and reads a list number by number, so
that fewer numbers take less time.

The picture is turned upright and stretched to a square, so that a copy of another size or format
has the same numbers but for noise. It is made from the pixels that the usual networks see, so that
one decoding and one resizing serve both.
"""

from dataclasses import dataclass
from typing import NamedTuple

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
DIGEST = 32
PACKED = 3  # bytes in a number: float32 holds whole numbers below 2^24
CODE = PIXELS // PACKED
COLUMNS = CODE + 2 + -(-DIGEST // PACKED)
CONVENTIONS = (
    "luma 64, Cb and Cr 16, width, height, SHA-256; bytes in threes; stretched to 224 at most, "
    "sides from 128 on halved, then averaged; shorter sides bilinear"
)
"""Part of the fingerprint: change it when the numbers change."""

Rows = NDArray[np.float32]
Pixels = NDArray[np.uint8]


def featurizer(parameters: FeaturizationParameters) -> "PictureSignature":
    """Make the featurizer.

    Args:
        parameters: The limits are read.

    Returns:
        The featurizer: 1,549 floats.

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
        """Return the signatures of n images, float32 [n, 1549]."""
        codes = np.empty((len(batch.pictures), PIXELS), np.uint8)
        for code, picture, luma in zip(codes, batch.pictures, batch.halved_luma, strict=True):
            red, blue = _chroma(picture.halved)
            np.concatenate([_square(luma, LUMA), blue, red], axis=None, out=code)
        sizes = np.array([one.size[::-1] for one in batch.pictures], np.float32)
        digests = np.frombuffer(b"".join(one.digest for one in batch.pictures), np.uint8)
        columns = packed(codes), sizes, packed(digests.reshape(-1, DIGEST))
        return np.concatenate(columns, axis=1)


class Signatures(NamedTuple):
    """Signatures of n images, unpacked.

    Attributes:
        codes: Luma 64x64, then Cb and Cr 16x16: uint8 [n, 4608].
        sizes: Width and height in pixels, int32 [n, 2].
        digests: SHA-256, uint8 [n, 32].
    """

    codes: Pixels
    sizes: NDArray[np.int32]
    digests: Pixels


def unpacked(rows: Rows) -> Signatures:
    """Return what rows hold.

    Args:
        rows: Signatures of n images, float32 [n, 1549].
    """
    code, sizes, digest = np.split(rows, [CODE, CODE + 2], axis=1)
    return Signatures(_bytes(code), sizes.astype(np.int32), _bytes(digest)[:, :DIGEST])


def packed(values: Pixels) -> Rows:
    """Pack three bytes into each number, behind which there may be zeros.

    Args:
        values: uint8 [n, b].

    Returns:
        float32 [n, b / 3], rounded up.
    """
    count, width = values.shape
    padded = np.pad(values, ((0, 0), (0, -width % PACKED))).reshape(count, -1, PACKED)
    return np.pad(padded, ((0, 0), (0, 0), (0, 1))).view("<u4")[:, :, 0].astype(np.float32)


def _bytes(numbers: Rows) -> Pixels:
    """Return the bytes of packed numbers: float32 [n, m] to uint8 [n, 3m]."""
    whole = np.ascontiguousarray(numbers).astype("<u4")[:, :, None].view(np.uint8)
    return whole[:, :, :PACKED].reshape(len(numbers), -1)


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
