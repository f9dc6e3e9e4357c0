"""The URLs that a table lists."""

import re
from collections import Counter
from urllib.parse import unquote, urldefrag, urlsplit

from pixelmill.sources.exclusion import EXCLUDED, Exclusion
from pixelmill.sources.listing import EXAMPLES, repeat

DUPLICATE = "duplicate URL"
NO_URL = "no URL"
_URL = re.compile(r"(?i)\s*https?://[^\s/?#]")
Row = tuple[str, str | None]  # what a table says of an image's place ('' is nothing), and a value


def is_url(location: str) -> bool:
    """Whether a text is an http or https URL, blanks at its ends or not."""
    return _URL.match(location) is not None


def lists_urls(rows: list[Row]) -> bool:
    """Whether most of a table's places are URLs; those that are not are counted."""
    locations = [location for location, _ in rows if location]
    return sum(map(is_url, locations)) * 2 > len(locations)


def path_in(url: str) -> str:
    """The path within a URL as a label is read from it, without a slash at its beginning."""
    return unquote(urlsplit(url).path).lstrip("/")


class UrlList:
    """The URLs of a table, each once, with what was left out.

    Attributes:
        values: The first value of each URL.
        contradictions: All values of the URLs that have several.
        skipped: Number of rows left out, by reason.
        skipped_examples: The first few of them.
    """

    def __init__(self, rows: list[Row], exclude: tuple[str, ...] = ()) -> None:
        """Sorts the rows.

        Args:
            rows: Of the table.
            exclude: Globs of paths within URLs that are left out.

        Raises:
            InputError: A pattern is no glob.
        """
        self._exclusion = Exclusion(exclude)
        self.values: dict[str, str | None] = {}
        self.contradictions: dict[str, list[str]] = {}
        self.skipped = Counter({DUPLICATE: 0, NO_URL: 0})
        self.skipped_examples: list[str] = []
        for location, value in rows:
            self._add(location, value)

    def _add(self, location: str, value: str | None) -> None:
        url = _without_fragment(location.strip())
        if url is None or not is_url(url):
            self._skip(NO_URL, location)
        elif self._exclusion.chosen(path_in(url)):
            self._skip(EXCLUDED, url)
        elif url in self.values:
            self._skip(DUPLICATE, url)
            repeat(self.values, url, value, self.contradictions)
        else:
            self.values[url] = value

    def _skip(self, reason: str, example: str) -> None:
        self.skipped[reason] += 1
        if len(self.skipped_examples) < EXAMPLES:
            self.skipped_examples.append(example)


def _without_fragment(url: str) -> str | None:
    """The URL as it is asked for; None where its host cannot be read."""
    try:
        return urldefrag(url).url
    except ValueError:  # half a pair of brackets
        return None
