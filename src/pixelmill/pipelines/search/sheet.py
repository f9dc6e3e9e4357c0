"""The query and its most similar images as one picture."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from pixelmill.errors import ImageError
from pixelmill.mosaics.lettering import GREY, INK, MUTED, cut, write
from pixelmill.mosaics.missing import missing_tile
from pixelmill.storage import is_s3, local_path, open_storage, split_location
from pixelmill.thumbnails import thumbnail

COLUMNS = 6
GAP = 14
LINE = 17  # pixels from one line of a caption to the next
LINES = 3
FONT = 12  # pixels
PAPER, ACCENT = "#ffffff", "#0f766e"


@dataclass(frozen=True)
class Picture:
    """An image of the sheet.

    Attributes:
        heading: Above its path and label.
        path: As the user knows it.
        label: None where it has none.
        thumbnail: File of a small picture; None if there is none.
        problem: Reason why there is no picture.
    """

    heading: str
    path: str
    label: str | None
    thumbnail: bytes | None
    problem: str | None = None


def read_pictures(places: Sequence[str], side: int) -> Iterator[tuple[bytes | None, str | None]]:
    """Return small pictures of images, or why there is none.

    Args:
        places: Paths on disk or `s3://` URIs.
        side: Longest side of a small picture in pixels.
    """
    for place in places:
        folder, name = split_location(place if is_s3(place) else local_path(place))
        try:
            yield thumbnail(open_storage(folder).read(name).data, side), None
        except ImageError as problem:
            yield None, str(problem)


def draw_sheet(pictures: Sequence[Picture], side: int) -> Image.Image:
    """Draw the first picture, the query, in a frame, and the others after it in rows of six.

    Args:
        pictures: The query, then its neighbours, nearest first.
        side: Side of the square that each picture gets, in pixels.

    Returns:
        An RGB image.
    """
    columns = min(COLUMNS, len(pictures))
    rows = -(-len(pictures) // columns)
    width, height = side + GAP, side + LINES * LINE + GAP
    sheet = Image.new("RGB", (columns * width + GAP, rows * height + GAP), PAPER)
    for position, picture in enumerate(pictures):
        row, column = divmod(position, columns)
        left, top = GAP + column * width, GAP + row * height
        if position == 0:
            frame = (left - 4, top - 4, left + side + 3, top + side + 3)
            ImageDraw.Draw(sheet).rectangle(frame, fill=ACCENT)
        _draw_picture(sheet, picture, left, top, side)
    return sheet


def _draw_picture(sheet: Image.Image, picture: Picture, left: int, top: int, side: int) -> None:
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((left, top, left + side - 1, top + side - 1), fill=GREY)
    if picture.thumbnail is None:
        tile = Image.fromarray(missing_tile(picture.problem or "", (side, side)))
        sheet.paste(tile.resize((side, side)), (left, top))
    else:
        with Image.open(io.BytesIO(picture.thumbnail), formats=("WEBP",)) as small:
            sheet.paste(small, (left + (side - small.width) // 2, top + (side - small.height) // 2))
    name = picture.path.rsplit("/", 1)[-1]
    lines = [(picture.heading, ACCENT), (picture.label or "no label", INK), (name, MUTED)]
    for line, (text, colour) in enumerate(lines):
        write(pen, (left, top + side + 5 + line * LINE), cut(text, FONT, side), FONT, colour)
