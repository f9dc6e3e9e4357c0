"""Decoding of images to the pixels of a network's input, or at full size."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import ImageError
from pixelmill.images.date_taken import date_taken
from pixelmill.images.decoding import Picture, decode
from pixelmill.images.kinds import Kind, kind_of
from pixelmill.images.limits import Limits
from pixelmill.images.sharing import is_shared, once

Pixels = NDArray[np.uint8]

PIXEL_VERSION = 5
"""Part of the fingerprint: raise it when an image gets other pixels.

2: colours of an ICC profile become sRGB; every kind has its orientation, its transparent colour and
its range of 16 bits by the same rules; files with harmless damage have pixels.
3: a GIF is white around a smaller frame; samples of TIFF have the order and sign of their file.
4: what is cut off an AVIF is not shown; chunks of PNG behind what they describe do not count; wide
colours that code points name become sRGB.
5: so do colours of gAMA and cHRM in PNG, linear ones of code points, and profiles of BMP; half
transparent ones do before they are put on white; EXIF of JPEG counts as in browsers; BMP with run
lengths, or with two colours in more bits, is as stored.
"""

DECODER_VERSION = 6
"""Stored with each error: raise it when a refused image may be read now, or is refused for another
reason. Only rows with an error of another version are computed again.
"""

RESIZE_METHOD = "stretch: scaled JPEG decoding, averaging from 3x, bilinear"
"""Part of the fingerprint: change it when the pixels change."""

USUAL = (224, 224)
"""Height and width in pixels of the input of most networks. Featurizers that want less or about as
much decode to a scale that covers this, so that one decoding of a JPEG serves them and the network.
"""
_HALVED = 128  # pixels; more than half of any side of `USUAL`
_REDUCED = "reduced"


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
            into[:] = picture.shown(_stretched(picture, self.size))
        if self.size == USUAL and is_shared(data) and min(picture.size) >= max(USUAL):
            once(data, (_REDUCED, self.limits), lambda: _reduced(data, picture, into))
        return picture.size


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


class Reduced(NamedTuple):
    """An image at the sizes that checks and signatures share, and what is read from its file.

    Everything is read while the file is in the cache of the core. The pixels, to which nobody may
    write, are made from those that networks with the usual input see: the picture is stretched to
    the sides of `USUAL`, while a side that is shorter stays as it is.

    Attributes:
        luma: uint8 [height, width].
        halved: RGB, uint8 [height, width, 3], of which sides of 128 pixels or more are halved by
            averaging.
        size: Height and width of the whole image in pixels, upright.
        channels: Number of channels of the file.
        kind: Kind of the file.
        taken: Day of the photo from EXIF, if it says one.
        digest: SHA-256 of the file.
        remarks: Unusual properties of the file that cost no pixel.
    """

    luma: Pixels
    halved: Pixels
    size: tuple[int, int]
    channels: int
    kind: Kind | None
    taken: date | None
    digest: bytes
    remarks: tuple[str, ...]


def reduce_image(image: bytes | ImageError, limits: Limits) -> Reduced | str:
    """Decode, shrink, convert to sRGB and turn upright; a shared image once for all who want it.

    Args:
        image: Content of the file, or why it could not be read.
        limits: Images beyond them are refused from their header, before anything is allocated.

    Returns:
        The reduced image, or the reason why there is none.
    """
    if isinstance(image, ImageError):
        return str(image)

    def work() -> Reduced:
        picture = decode(image, limits, lambda _: USUAL)
        size = min(picture.size[0], USUAL[0]), min(picture.size[1], USUAL[1])
        pixels = picture.shown(_stretched(picture, size))
        return _reduced(image, picture, np.ascontiguousarray(pixels))

    try:
        return once(image, (_REDUCED, limits), work)
    except ImageError as problem:
        return str(problem)


def fitting(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return the size at which the longest side is `side` at most, in pixels."""
    share = min(1.0, side / max(size))
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def _reduced(data: bytes, picture: Picture, pixels: Pixels) -> Reduced:
    """Reduce a picture that was stretched, in sRGB and upright."""
    rows, columns = pixels.shape[0] // _HALVED + 1, pixels.shape[1] // _HALVED + 1
    height, width = pixels.shape[0] // rows, pixels.shape[1] // columns
    whole = pixels[: height * rows, : width * columns]
    halved = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    luma = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return Reduced(
        luma=luma,
        halved=halved,
        size=picture.size,
        channels=picture.channels,
        kind=kind_of(data),
        taken=date_taken(data),
        digest=sha256(data).digest(),
        remarks=picture.remarks,
    )


def _stretched(picture: Picture, size: tuple[int, int]) -> Pixels:
    """Return the picture shrunk before rotation and conversion, which then cost less."""
    small = np.empty((*picture.stored_size(size), picture.pixels.shape[2]), np.uint8)
    _stretch(picture.pixels, small)
    return small


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


def _whole_factor(length: int, target: int) -> int:
    """Return 2 from three times the target on, and so on: bilinear skips pixels from 2 on."""
    return max(1, int(length / target / 1.5))
