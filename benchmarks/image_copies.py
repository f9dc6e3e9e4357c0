"""Ways to copy a picture: another encoding or size, a crop, a border, another brightness."""

import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageEnhance

QUALITY = 90  # of the copies that are not about encoding
Change = Callable[[Image.Image], Image.Image]


@dataclass(frozen=True)
class Copy:
    """One way to copy a picture.

    Attributes:
        kind: What is done to it.
        change: The pixels' change.
        format: Format of the file.
        quality: Quality of a JPEG.
    """

    kind: str
    change: Change
    format: str = "JPEG"
    quality: int = QUALITY

    def __call__(self, picture: Image.Image) -> bytes:
        """The copy's file."""
        out = io.BytesIO()
        self.change(picture).save(out, self.format, quality=self.quality)
        return out.getvalue()


def cropped(left: float, top: float, right: float, bottom: float) -> Change:
    """Cuts shares of the sides away."""

    def change(picture: Image.Image) -> Image.Image:
        width, height = picture.size
        box = (left * width, top * height, (1 - right) * width, (1 - bottom) * height)
        return picture.crop(tuple(map(round, box)))

    return change


def bordered(share: float, colour: tuple[int, int, int]) -> Change:
    """Adds a border of one colour to every side, a share of that side wide."""

    def change(picture: Image.Image) -> Image.Image:
        width, height = picture.size
        across, down = max(1, round(share * width)), max(1, round(share * height))
        framed = Image.new("RGB", (width + 2 * across, height + 2 * down), colour)
        framed.paste(picture, (across, down))
        return framed

    return change


def resized(share: float) -> Change:
    """Shrinks both sides."""

    def change(picture: Image.Image) -> Image.Image:
        size = tuple(max(1, round(side * share)) for side in picture.size)
        return picture.resize(size, Image.Resampling.LANCZOS)

    return change


def brighter(picture: Image.Image) -> Image.Image:
    """Times 1.2."""
    return ImageEnhance.Brightness(picture).enhance(1.2)


def lighter(picture: Image.Image) -> Image.Image:
    """Plus 30 of 255."""
    return picture.point(lambda value: min(255, value + 30))


def unchanged(picture: Image.Image) -> Image.Image:
    """As it is."""
    return picture


BLACK, WHITE = (0, 0, 0), (255, 255, 255)
COPIES = (
    Copy("re-encoded", unchanged, quality=60),
    Copy("re-encoded", unchanged, "PNG"),
    Copy("re-encoded", unchanged, "WEBP", 80),
    Copy("resized", resized(0.7)),
    Copy("cropped", cropped(0.025, 0.025, 0.025, 0.025)),
    Copy("cropped", cropped(0.05, 0.05, 0.05, 0.05)),
    Copy("cropped", cropped(0.08, 0.08, 0.08, 0.08)),
    Copy("cropped", cropped(0.1, 0.1, 0.1, 0.1)),
    Copy("cropped", cropped(0.05, 0, 0, 0)),
    Copy("cropped", cropped(0, 0, 0, 0.1)),
    Copy("cropped", cropped(0.1, 0.1, 0, 0)),
    Copy("cropped", cropped(0.02, 0.1, 0.07, 0)),
    Copy("bordered", bordered(0.01, BLACK)),
    Copy("bordered", bordered(0.03, WHITE)),
    Copy("bordered", bordered(0.06, (200, 30, 40))),
    Copy("bordered", bordered(0.1, BLACK)),
    Copy("bordered", bordered(0.1, WHITE)),
    Copy("bordered", bordered(0.1, (127, 127, 127))),
    Copy("brightened", brighter),
    Copy("brightened", lighter),
)
BOTH = (
    Copy("two at once", lambda picture: brighter(cropped(0.05, 0.05, 0.05, 0.05)(picture))),
    Copy("two at once", lambda picture: resized(0.7)(cropped(0.05, 0.05, 0, 0)(picture))),
    Copy("two at once", lambda picture: resized(0.7)(lighter(picture)), quality=60),
    Copy("two at once", lambda picture: bordered(0.1, BLACK)(resized(0.4)(picture)), quality=60),
    Copy("two at once", lambda picture: brighter(cropped(0.1, 0.1, 0.1, 0.1)(picture))),
    Copy("two at once", lambda picture: lighter(bordered(0.05, WHITE)(picture))),
    Copy("two at once", lambda picture: bordered(0.04, WHITE)(cropped(0.05, 0, 0.05, 0)(picture))),
)
