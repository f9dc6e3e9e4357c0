"""Interpretation of table cells, the same for CSV, Excel, Parquet and text.

A cell is text without blanks, or marks that nobody sees, at its ends; nothing, blanks alone and
not-a-number are no value.
`NA`, `None` and `007` are what they are: names of classes, not absence or numbers.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from pixelmill.untrusted_text import safe_text

# Joined files have byte-order marks inside, and text that was copied has marks of its direction.
_UNSEEN = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001)))) + _UNSEEN
PATH = "path"
URL_NAMES = ("url", "urls", "image_url", "image url", "imageurl", "img_url", "photo_url", "link")
# What other tools call their column of paths; taken where its values look like paths.
PATH_NAMES = (
    "file_name", "filename", "file name", "file_path", "filepath", "image_path", "image_name",
    "image_file", "image", "img_path", "img",
)  # fmt: skip
_ENDING = r"\.[A-Za-z]\w{2,3}"
_IMAGE = re.compile(rf"(?i:https?)://\S+|\S+{_ENDING}")
_FILE = re.compile(rf"(?i:https?)://.*|.*{_ENDING}", re.DOTALL)


def names_image(text: str) -> bool:
    """Return whether a text can only be a URL or a file name with an ending, without blanks."""
    return _IMAGE.fullmatch(text.strip()) is not None


def ends_as_file(text: str) -> bool:
    """Return whether a text is a URL, or ends as names of files do."""
    return _FILE.fullmatch(text.strip()) is not None


def names_location(heading: str) -> bool:
    """Return whether a column is called as those of paths and URLs usually are."""
    return folded_name(heading) in (PATH, *URL_NAMES, *PATH_NAMES)


def text_column(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the cells of a column as text.

    Args:
        column: Column of any type with a text form: strings, numbers, dictionaries of either.

    Returns: Strings, null where a cell has no value.

    Raises:
        ArrowException: The column is of another type, such as a list.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    trimmed = pc.utf8_trim(column.cast(pa.string()), _BLANKS)
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def header_row(rows: Iterable[Sequence[str | None]]) -> int | None:
    """Return the position of the header row: the first that is not empty, below titles.

    A title is alone in its row, while a row below has several cells. So is a name in a table of one
    column, but not above the names of images, and not where it is a usual name.

    Args:
        rows: First rows of a table, or all of them; taken until it is clear which it is.

    Returns: Place of the row, from 0; None where all rows are empty.
    """
    first = None
    for place, row in enumerate(rows):
        cells = [cell for cell in row if cell and cell.strip()]
        first = place if cells and first is None else first
        if len(cells) > 1:
            return place
        if cells and (names_image(cells[0]) or names_location(cells[0])):
            return first
    return first


def headings(cells: list[str | None]) -> list[str]:
    """Return names of columns: what the header row says, or the letter that Excel shows above.

    Args:
        cells: Cells of the header row.
    """
    return [(cell or "").strip(_BLANKS) or letter(place) for place, cell in enumerate(cells)]


def letter(place: int) -> str:
    """Return the letter of a column as Excel shows it.

    Args:
        place: Number of the column, from 0.

    Example:
        >>> letter(0), letter(27)
        ('A', 'AB')
    """
    letters, number = "", place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def shown_names(names: list[str]) -> str:
    """Return names of columns for an error, on one line whatever they hold."""
    safe = {name: safe_text(name) for name in names}
    return ", ".join(name if safe[name] == name else f"'{safe[name]}'" for name in names)


def matching_names(wanted: str, names: list[str]) -> list[str]:
    """Return the columns that a name means: those called exactly so, else those that differ in
    case.

    Args:
        wanted: Name that the user gives, or that a column of paths usually has.
        names: Names of the table's columns.
    """
    exact = [name for name in names if name == wanted]
    return exact or [name for name in names if folded_name(name) == folded_name(wanted)]


def folded_name(name: str) -> str:
    """Return what is alike of names of columns that differ in case or in blanks at their ends.

    Args:
        name: Name of a column.
    """
    return unicodedata.normalize("NFC", name.strip(_BLANKS)).casefold()
