"""Ranges of cells of a sheet of Excel: those with a link to a URL, and those merged into one."""

import re

from pixelmill.sources.excel_parts import UnusableWorkbookError, check_count

MAX_ROWS = 1_048_576  # of a sheet; this and the next are Excel's own limits
MAX_COLUMNS = 16_384
MAX_MERGED = 16 * MAX_ROWS  # cells of the first columns of what is merged
_URL = re.compile(r"(?i)\s*https?://")
_RANGE = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?", re.I)


class Ranges:
    """What a sheet says of ranges of its cells.

    Attributes:
        targets: URL that a cell is linked to, by row number, from 1, and column number, from 0.
        merged: First row, last row and column of each text that is shown for several rows.
    """

    def __init__(self) -> None:
        self.targets: dict[tuple[int, int], str] = {}
        self.merged: list[tuple[int, int, int]] = []
        self._merged_cells = 0

    def link(self, reference: str, target: str) -> None:
        """Add the link of a cell or a range of cells, unless it leads to no URL.

        Args:
            reference: Reference such as "B2" or "B2:B5".
            target: What it leads to.

        Raises:
            UnusableWorkbookError: There are more linked cells than a sheet has rows.
        """
        if not _URL.match(target):
            return
        top, bottom, left, right = _corners(reference, "a link is in no cell")
        size = max(0, right + 1 - left) * max(0, bottom + 1 - top)
        check_count(len(self.targets) + size, MAX_ROWS, "linked cells")
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                self.targets[row, column] = target.strip()

    def merge(self, reference: str) -> None:
        """Add cells that are merged into one, whose text is that of the first.

        Args:
            reference: Reference such as "B2:C5".

        Raises:
            UnusableWorkbookError: They are too many.
        """
        top, bottom, left, _ = _corners(reference, "merged cells are in no place")
        if bottom > top:
            self.merged.append((top, bottom, left))
            self._merged_cells += bottom + 1 - top
            check_count(len(self.merged), MAX_ROWS, "merged ranges")
            check_count(self._merged_cells, MAX_MERGED, "merged cells")


def _corners(reference: str, problem: str) -> tuple[int, int, int, int]:
    """Return first and last row, from 1, and first and last column, from 0."""
    found = _RANGE.fullmatch(reference)
    if found is None:
        raise ValueError(problem)
    left, right = column_number(found[1]), column_number(found[3] or found[1])
    return int(found[2]), int(found[4] or found[2]), left, right


def column_number(letters: str) -> int:
    """Return the number of a column, from 0.

    Args:
        letters: As Excel shows them above the column.

    Raises:
        UnusableWorkbookError: Excel has no such column.

    Example:
        >>> column_number("A"), column_number("AB")
        (0, 27)
    """
    number = 0
    for letter in letters.upper()[:4]:
        if not "A" <= letter <= "Z":
            raise ValueError("a cell has no column")
        number = number * 26 + ord(letter) - ord("A") + 1
    if not 0 < number <= MAX_COLUMNS:
        raise UnusableWorkbookError(
            f"it has a cell in column {letters[:20]!r}, and a sheet of Excel has {MAX_COLUMNS:,} "
            "columns: the file is damaged"
        )
    return number - 1
