"""Decoding of images to the pixels of a network's input, or at full size."""

from collections import Counter
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from pixelmill.images.decoding import Picture, decode, once
from pixelmill.images.limits import Limits

Pixels = NDArray[np.uint8]

PIXEL_VERSION = 2
"""Part of the fingerprint: raise it when an image gets other pixels.

2: colours of an ICC profile become sRGB; every kind has its orientation, its transparent colour and
its range of 16 bits by the same rules; files with harmless damage have pixels.
"""

DECODER_VERSION = 3
"""Stored with each error: raise it when a refused image may be read now, or is refused for another
reason. Only rows with an error of another version are computed again.
"""

RESIZE_METHOD = "stretch: scaled JPEG decoding, averaging from 3x, bilinear"
"""Part of the fingerprint: change it when the pixels change."""

USUAL = (224, 224)
"""Height and width in pixels of the input of most networks. Featurizers that want less or about as
much decode to a scale that covers this, so that one decoding of a JPEG serves them and the network.
"""


REDUCED = 256
"""Longer side in pixels of the picture that checks and signatures share."""


@dataclass(frozen=True)
class _Remarking:
    """Counts what was unusual about images that have pixels nevertheless."""

    remarks: Counter[str] = field(default_factory=Counter, init=False, compare=False)

    def take_remarks(self) -> Counter[str]:
        """Return how many images had each remark since the last call."""
        taken = self.remarks.copy()
        self.remarks.clear()
        return taken


@dataclass(frozen=True)
class Decoder(_Remarking):
    """Decodes images to one size, whatever their format.

    Attributes:
        size: Height and width in pixels.
        limits: Images beyond them are refused from their header, before anything is allocated.
    """

    size: tuple[int, int]
    limits: Limits

    def decode(self, data: bytes, into: Pixels) -> tuple[int, int]:
        """Decode, convert to sRGB, turn upright as EXIF says, and stretch to the size.

        Args:
            data: Content of the file.
            into: uint8 [height, width, 3], filled with RGB.

        Returns:
            Height and width of the whole image in pixels, upright.

        Raises:
            ImageError: As `pixelmill.images.decoding.decode` says.
        """
        picture = decode(data, self.limits, lambda _: self.size)
        self.remarks.update(picture.remarks)
        if picture.is_shown_as_stored():
            _stretch(picture.pixels, into)
        else:
            into[:] = picture.shown(self._small(picture))
        return picture.size

    def _small(self, picture: Picture) -> Pixels:
        """Return the shrunk picture before rotation and conversion, which then cost less."""
        small = np.empty((*picture.stored_size(self.size), picture.pixels.shape[2]), np.uint8)
        _stretch(picture.pixels, small)
        return small


@dataclass(frozen=True)
class FullSizeDecoder(_Remarking):
    """Decodes every pixel of an image, whatever its format.

    Attributes:
        limits: Images beyond them are refused from their header, before anything is allocated.
    """

    limits: Limits

    def decode(self, data: bytes) -> Pixels:
        """Decode, convert to sRGB and turn upright.

        Args:
            data: Content of the file.

        Returns:
            RGB, uint8 [height, width, 3].

        Raises:
            ImageError: As `pixelmill.images.decoding.decode` says.
        """
        picture = decode(data, self.limits)
        self.remarks.update(picture.remarks)
        return np.ascontiguousarray(picture.shown(picture.pixels))


@dataclass(frozen=True)
class FittingDecoder(_Remarking):
    """Decodes images to a longest side and keeps their aspect ratio; small images stay as they are.

    JPEG is decoded at a scale that covers the usual network's input. Of a nearly square one that
    may be an eighth less than the longest side, which is interpolated.

    Attributes:
        side: Longest side in pixels.
        limits: Images beyond them are refused from their header, before anything is allocated.
    """

    side: int
    limits: Limits

    def decode(self, data: bytes) -> tuple[Pixels, tuple[int, int], int]:
        """Decode, shrink, convert to sRGB and turn upright.

        Args:
            data: Content of the file.

        Returns:
            RGB, uint8 [height, width, 3]; height and width of the whole image in pixels, upright;
            and channels of the decoded file.

        Raises:
            ImageError: As `pixelmill.images.decoding.decode` says.
        """
        picture = decode(data, self.limits, lambda _: USUAL)
        self.remarks.update(picture.remarks)
        channels = picture.pixels.shape[2]
        return _fitted(data, picture, self.side), picture.size, channels


@dataclass(frozen=True)
class SmallDecoder(_Remarking):
    """Decodes images to a small size, with little work where a larger picture is there already.

    It is made from the picture of a longer side of `REDUCED`, which the checks of the image use as
    well. Long and narrow pictures, of which that one is smaller than `size`, are shrunk at once.

    Attributes:
        size: Height and width in pixels.
        limits: Images beyond them are refused from their header, before anything is allocated.
    """

    size: tuple[int, int]
    limits: Limits

    def decode(self, data: bytes) -> tuple[Pixels, tuple[int, int]]:
        """Decode, stretch to the size, convert to sRGB and turn upright.

        Args:
            data: Content of the file.

        Returns:
            RGB, uint8 [height, width, 3]; height and width of the whole image in pixels, upright.

        Raises:
            ImageError: As `pixelmill.images.decoding.decode` says.
        """
        picture = decode(data, self.limits, lambda _: USUAL)
        self.remarks.update(picture.remarks)
        height, width = fitting(picture.size, REDUCED)
        if height >= self.size[0] and width >= self.size[1]:
            return _shrunk(_fitted(data, picture, REDUCED), self.size), picture.size
        small = _shrunk(picture.pixels, picture.stored_size(self.size))
        return np.ascontiguousarray(picture.shown(small)), picture.size


def fitting(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return the size at which the longest side is `side` at most, in pixels."""
    share = min(1.0, side / max(size))
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def _fitted(data: bytes, picture: Picture, side: int) -> Pixels:
    """Return the picture with a longest side, in sRGB and upright; nobody may write to it."""

    def work() -> Pixels:
        small = _shrunk(picture.pixels, picture.stored_size(fitting(picture.size, side)))
        return np.ascontiguousarray(picture.shown(small))

    return once(data, ("fitted", side), work)


def _stretch(pixels: Pixels, into: Pixels) -> None:
    """Resize; sides more than three times too long are averaged first, by whole factors."""
    height, width = pixels.shape[:2]
    rows, columns = _whole_factor(height, into.shape[0]), _whole_factor(width, into.shape[1])
    if rows > 1 or columns > 1:
        pixels = cv2.resize(
            pixels[: height // rows * rows, : width // columns * columns],
            (width // columns, height // rows),
            interpolation=cv2.INTER_AREA,
        )
    cv2.resize(pixels, (into.shape[1], into.shape[0]), dst=into, interpolation=cv2.INTER_LINEAR)


def _shrunk(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Resize with little work: the same whole factor for both sides, then bilinear below 3x.

    OpenCV averages squares of 2x2 or 3x3 pixels five times as fast as other shapes.
    """
    ratios = pixels.shape[0] / size[0], pixels.shape[1] / size[1]
    factor = int(max(ratios) / 3) + 1
    into = np.empty((*size, pixels.shape[2]), np.uint8)
    if factor > min(ratios):
        _stretch(pixels, into)
        return into
    if factor > 1:
        height, width = pixels.shape[0] // factor, pixels.shape[1] // factor
        whole = pixels[: height * factor, : width * factor]
        pixels = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    cv2.resize(pixels, (size[1], size[0]), dst=into, interpolation=cv2.INTER_LINEAR)
    return into


def _whole_factor(length: int, target: int) -> int:
    """Return 2 from three times the target on, and so on: bilinear skips pixels from 2 on."""
    return max(1, int(length / target / 1.5))
