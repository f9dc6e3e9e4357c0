"""The sample images with true and predicted class as one picture, for kedro-viz."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from pixelmill.datasets.png_image import UNREAD
from pixelmill.errors import UNREADABLE
from pixelmill.mosaics.lettering import cut, width_of, write
from pixelmill.pipelines.reporting.samples import Sample

COLUMNS = 6
GAP = 14
FONT = 12  # pixels
LINE = 17  # pixels from one line of a caption to the next
INK, MUTED, GREY, PAPER = "#1c2024", "#6b7280", "#e5e7eb", "#ffffff"
LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"
COLOURS = {"wrong": "#c2410c", "right": "#0f766e", "unlabelled": MUTED}


def draw_sheet(samples: Sequence[Sample], side: int) -> Image.Image:
    """Draw the images in rows of six, each above its true and its predicted class.

    Args:
        samples: The images in the order of the sheet.
        side: Side of the square that each image gets, in pixels.

    Returns:
        An RGB image, which notes where an image could not be read; a sentence where there is
        nothing to show.
    """
    if not samples:
        return _sentence("No image to show: none has features, or reporting.samples is 0.")
    columns = min(COLUMNS, len(samples))
    rows = -(-len(samples) // columns)
    width, height = side + GAP, side + 2 * LINE + GAP
    sheet = Image.new("RGB", (columns * width + GAP, rows * height + GAP), PAPER)
    for position, sample in enumerate(samples):
        row, column = divmod(position, columns)
        _draw_sample(sheet, sample, GAP + column * width, GAP + row * height, side)
    if any((sample.problem or "").startswith(UNREADABLE) for sample in samples):
        sheet.info[UNREAD] = "true"
    return sheet


def _draw_sample(sheet: Image.Image, sample: Sample, left: int, top: int, side: int) -> None:
    pen = ImageDraw.Draw(sheet)
    pen.rectangle((left, top, left + side - 1, top + side - 1), fill=GREY)
    if sample.picture is None:
        problem = cut(sample.problem or "", FONT, side - 12)
        write(pen, (left + 6, top + side // 2), problem, FONT, MUTED)
    else:
        with Image.open(io.BytesIO(sample.picture), formats=("WEBP",)) as picture:
            place = (left + (side - picture.width) // 2, top + (side - picture.height) // 2)
            sheet.paste(picture, place)
    for line, (text, colour) in enumerate(_caption(sample)):
        write(pen, (left, top + side + 3 + line * LINE), cut(text, FONT, side), FONT, colour)


def _caption(sample: Sample) -> list[tuple[str, str]]:
    if sample.prediction is None:
        return [(sample.path.rsplit("/", 1)[-1], MUTED)]
    score = "" if sample.score is None else f" {sample.score:.2f}"
    truth = "no label" if sample.label is None else sample.label
    # The arrow stays before, and the score after, a name that is read from right to left.
    answer = f"{LEFT_TO_RIGHT}→ {sample.prediction}{LEFT_TO_RIGHT}{score}"
    return [(truth, INK), (answer, COLOURS[sample.outcome])]


def _sentence(text: str) -> Image.Image:
    picture = Image.new("RGB", (width_of(text, FONT) + 4 * GAP, 5 * GAP), PAPER)
    write(ImageDraw.Draw(picture), (2 * GAP, 2 * GAP), text, FONT, MUTED)
    return picture
