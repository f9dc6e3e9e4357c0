"""URLs of a list and its other columns, some thousand rows at a time."""

import logging
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import pyarrow as pa

from pixelmill.collection.files import url_id
from pixelmill.collection.results import NAMES
from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.records import Source, UrlListFacts
from pixelmill.sources import find_source
from pixelmill.sources.cells import matching_names, shown_names
from pixelmill.sources.columns import Table
from pixelmill.sources.exclusion import EXCLUDED, Exclusion
from pixelmill.sources.listing import EXAMPLES
from pixelmill.sources.table import TableSource
from pixelmill.sources.url_list import (
    JUDGED,
    host_in,
    is_url,
    lists_urls,
    names_several_urls,
    path_in,
)
from pixelmill.untrusted_text import shown_url

if TYPE_CHECKING:
    from pixelmill.spark.types import ArrowTable

DUPLICATE = "duplicate URL"
NO_URL = "no URL"
SEVERAL_URLS = "several URLs in a cell"
OWN = ("position", "url_id", "url", "host")
PREFIX = "list_"  # of a column of the list that is called like one of ours
_FIRST_ROWS = 200  # of each file, by which a column is text or not: some may be empty
_URL_IN_TEXT = re.compile(r"""(?i)(?:https?|ftp)://[^\s"<>]+""")
_OURS = {*OWN, *NAMES, "modified"}

logger = logging.getLogger(__name__)


class UrlRows:
    """The rows of a list of URLs, which are read once.

    Args:
        images: The table, as the user gave it.
        table: The table.
        column: Column of the URLs.
        exclude: Globs of paths within URLs that are left out.

    Attributes:
        columns: Name in the table `collected` by the name that a column has in the list.
        skipped: Number of rows left out so far, by reason; duplicates are not among them.
        examples: The first few of them, without what is secret in a URL.

    Raises:
        InputError: A pattern is no glob.
    """

    def __init__(
        self, images: str, table: Table, column: str, exclude: tuple[str, ...] = ()
    ) -> None:
        self._images = images
        self._table = table
        self._column = column
        self._exclusion = Exclusion(exclude)
        self.columns = _own_names(_readable(table, column))
        self.skipped = Counter({NO_URL: 0, EXCLUDED: 0} if exclude else {NO_URL: 0})
        self.examples: list[str] = []
        self.rows = 0

    def batches(self) -> "Iterator[ArrowTable]":
        """Read the list.

        Yields:
            `position` (number of the row, from 0), `url_id`, `url` (with its secrets), `host`, and
            the list's columns as text, in which URLs have lost their secrets.
        """
        first = 0
        for read in self._table.batches([self._column, *self.columns]):
            found = self._sorted(read, first)
            first += len(read)
            if len(found):
                yield found

    def facts(self) -> UrlListFacts:
        """Return the properties of the list after it has been read."""
        return {
            "images": self._images,
            "rows": self.rows,
            "columns": self.columns,
            "skipped": dict(self.skipped),
            "skipped_examples": self.examples,
        }

    def _sorted(self, read: "ArrowTable", first: int) -> "ArrowTable":
        urls = [self._url(location or "") for location in read[0].to_pylist()]
        places = [place for place, url in enumerate(urls) if url is not None]
        kept = [url for url in urls if url is not None]
        self.rows += len(kept)
        rows = read.take(pa.array(places, pa.int64()))
        arrays = [
            pa.array([first + place for place in places], pa.int64()),
            pa.array(map(url_id, kept), pa.string()),
            pa.array([_as_text(url) for url in kept], pa.string()),
            pa.array([_as_text(host_in(url)) for url in kept], pa.string()),
            *(_without_secrets(column) for column in rows.columns[1:]),
        ]
        return pa.Table.from_arrays(arrays, names=[*OWN, *self.columns.values()])

    def _url(self, location: str) -> str | None:
        url = location.partition("#")[0].strip()
        if not is_url(url):
            self._skip(NO_URL, location)
        elif names_several_urls(url):
            self._skip(SEVERAL_URLS, url)
        elif self._exclusion.chosen(path_in(url)):
            self._skip(EXCLUDED, url)
        else:
            return url
        return None

    def _skip(self, reason: str, example: str) -> None:
        self.skipped[reason] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(shown_url(example))


def find_urls(images: str | None, ingestion: IngestionParameters) -> UrlRows | None:
    """Look whether `images` is a list of URLs; at most its first rows are read.

    Args:
        images: Value of the parameter `images`.
        ingestion: Ingestion parameters; how a table is read.

    Returns: Its rows; None where it is something else.

    Raises:
        InputError: The table, or its column of labels, cannot be read.
    """
    source = find_source(images, ingestion) if images else None
    if not isinstance(source, TableSource):
        return None
    table, column = source.open()
    found = (value for part in table.batches([column], JUDGED) for value in part[0].to_pylist())
    if not lists_urls(islice(found, JUDGED)):
        return None
    if ingestion.label == "column":  # known before hours of downloads
        table.read([str(ingestion.column)], _FIRST_ROWS)
    return UrlRows(str(images), table, column, ingestion.exclude)


def called(name: str, facts: Source | UrlListFacts) -> str:
    """Return the name that a column of the list has in the table `collected`.

    Args:
        name: Name that the user gives.
        facts: Properties of a list, or the source of its images: `columns` and `images`.

    Raises:
        InputError: There is no such column.
    """
    found = matching_names(name, list(facts["columns"]))
    if not found:
        raise InputError(
            f"{facts['images']} has no column {name!r}, only {shown_names(list(facts['columns']))}"
            ": set ingestion.column or splitting.column to one of these."
        )
    return facts["columns"][found[0]]


def _readable(table: Table, column: str) -> list[str]:
    """Return the other columns whose cells are text, and warn of those that are not."""
    others = [name for name in table.names if name not in matching_names(column, table.names)]
    single = [name for name in others if len(matching_names(name, table.names)) == 1]
    readable = single if _can_read(table, single) else [
        name for name in single if _can_read(table, [name])
    ]  # fmt: skip
    left_out = [name for name in dict.fromkeys(others) if name not in readable]
    if left_out:
        logger.warning(
            "Columns of %s that are no text, have the name of another, or are missing in some of "
            "its files, do not come along: %s.",
            table.place, shown_names(left_out),
        )  # fmt: skip
    return readable


def _can_read(table: Table, columns: list[str]) -> bool:
    try:
        table.read(columns, _FIRST_ROWS)
    except InputError:
        return False
    return True


def _own_names(names: list[str]) -> dict[str, str]:
    """Return a distinct name in `collected` for each column, regardless of case."""
    taken, found = set(_OURS), dict[str, str]()
    for name in names:
        own = _as_text(name)
        while own.lower() in taken:
            own = f"{PREFIX}{own}"
        taken.add(own.lower())
        found[name] = own
    return found


def _without_secrets(column: pa.ChunkedArray) -> pa.Array:
    return pa.array([value and _shown(value) for value in column.to_pylist()], pa.string())


def _shown(value: str) -> str:
    """Return a cell without the secrets of URLs, which may stand within text or JSON."""
    if is_url(value):
        return shown_url(value)
    return _URL_IN_TEXT.sub(lambda found: shown_url(found[0]), value) if "//" in value else value


def _as_text(text: str) -> str:
    """Return text that a table can hold, without half pairs of UTF-16."""
    return text.encode("utf-8", "replace").decode()
