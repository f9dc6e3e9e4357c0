"""The confusion matrix on the page: a table with numbers or, for many classes, a picture."""

import io
import math
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from pixelmill.pipelines.reporting.confusion import (
    Confusion,
    ConfusionMatrix,
    confusion_matrix,
    worst_confusions,
)
from pixelmill.pipelines.reporting.counts import ConfusionCount

TABLE_CLASSES = 60  # above, the cells of a table are too small to read and too many to load
PICTURE_CLASSES = 400
PAIRS = 10
RIGHT, WRONG = (31, 122, 140), (208, 84, 32)  # RGB; distinct for the colour-blind too
FAINTEST = 0.22  # opacity of the smallest cell that is not zero


@dataclass(frozen=True)
class Cell:
    """A cell of the table that is not zero.

    Attributes:
        images: Test images.
        opacity: Opacity of its colour, 0 to 1.
        right: Whether it is on the diagonal.
    """

    images: int
    opacity: float
    right: bool


@dataclass(frozen=True)
class HeatMap:
    """The matrix, ready for the page.

    Attributes:
        matrix: The numbers.
        size: `large`, `medium` or `small` cells.
        rows: [n][n] cells of the table, None where zero; empty for a picture.
        picture: Address of the picture; None for a table.
        pairs: The pairs of classes confused most often.
    """

    matrix: ConfusionMatrix
    size: str
    rows: list[list[Cell | None]]
    picture: str | None
    pairs: list[Confusion]

    @property
    def cells(self) -> list[list[int]]:
        """`[row, column, images]` of every cell that is not zero."""
        return [
            [row, column, images]
            for row, line in enumerate(self.matrix.images)
            for column, images in enumerate(line)
            if images
        ]


def heat_map(counts: Sequence[ConfusionCount]) -> HeatMap | None:
    """Lay out the confusion matrix.

    Args:
        counts: The cells of the confusion matrix that are not zero.

    Returns:
        None where nothing was predicted.
    """
    if not counts:
        return None
    matrix = confusion_matrix(counts, PICTURE_CLASSES)
    classes = len(matrix.labels)
    as_table = classes <= TABLE_CLASSES
    return HeatMap(
        matrix=matrix,
        size=cell_size(classes),
        rows=_rows(matrix) if as_table else [],
        picture=None if as_table else _picture(matrix),
        pairs=worst_confusions(counts, PAIRS),
    )


def cell_size(classes: int) -> str:
    """Return `large`, `medium` or `small` cells, as many fit a page side by side."""
    return "large" if classes <= 12 else "medium" if classes <= 30 else "small"


def opacity(share: float) -> float:
    """Return the opacity of a share, 0 to 1, with single mistakes in large classes visible."""
    return 0.0 if share <= 0 else FAINTEST + (1 - FAINTEST) * math.sqrt(min(share, 1.0))


def _rows(matrix: ConfusionMatrix) -> list[list[Cell | None]]:
    return [
        [
            Cell(images, round(opacity(matrix.share(row, column)), 2), row == column)
            if images
            else None
            for column, images in enumerate(line)
        ]
        for row, line in enumerate(matrix.images)
    ]


def _picture(matrix: ConfusionMatrix) -> str:
    """Return one pixel per cell on a transparent ground, for light and dark pages."""
    from PIL import Image

    size = len(matrix.labels)
    picture = Image.new("RGBA", (size, size))
    for row, line in enumerate(matrix.images):
        for column, images in enumerate(line):
            if images:
                strength = round(255 * opacity(matrix.share(row, column)))
                colour = RIGHT if row == column else WRONG
                picture.putpixel((column, row), (*colour, strength))
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return "data:image/png;base64," + b64encode(out.getvalue()).decode("ascii")
