"""The URLs that a table lists."""

import re
from collections import Counter
from urllib.parse import unquote

from pixelmill.sources.download_files import name_of
from pixelmill.sources.exclusion import EXCLUDED, Exclusion
from pixelmill.sources.listing import EXAMPLES, repeat
from pixelmill.untrusted_text import shown_url

DUPLICATE = "duplicate URL"
NO_URL = "no URL"
_URL = re.compile(r"(?i)\s*https?://[^\s/?#]")
# Python's `urlsplit` raises an error for hosts that are none, such as [domain].
_PARTS = re.compile(r"(?i)\s*https?://(?P<host>[^/?#]*)(?P<path>[^?#]*)")
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
    found = _PARTS.match(url)
    path = found["path"] if found else ""
    return unquote(re.sub(r"[\t\r\n]", "", path)).lstrip("/")


def host_in(url: str) -> str:
    """The host of a URL in lower case, with its port; whatever stands there, and '' for nothing.

    Example:
        >>> host_in("http://me:pw@Example.org:81/a.jpg")
        'example.org:81'
    """
    found = _PARTS.match(url)
    return found["host"].rpartition("@")[2].lower() if found else ""


class UrlList:
    """The URLs of a table, each once, with what was left out.

    Attributes:
        values: The first value of each URL.
        skipped: Number of rows left out, by reason.
        skipped_examples: The first few of them, without what is secret in a URL.
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
        self._several: dict[str, list[str]] = {}
        self.skipped = Counter({DUPLICATE: 0, NO_URL: 0})
        self.skipped_examples: list[str] = []
        for location, value in rows:
            self._add(location, value)

    @property
    def contradictions(self) -> dict[str, list[str]]:
        """All values of the URLs that have several, by the URL without what is secret in it.

        The name of its file is added where something is hidden: other URLs may look the same.
        """
        return {_told_apart(url): values for url, values in self._several.items()}

    def _add(self, location: str, value: str | None) -> None:
        url = location.strip().partition("#")[0]
        if not is_url(url):
            self._skip(NO_URL, location)
        elif self._exclusion.chosen(path_in(url)):
            self._skip(EXCLUDED, url)
        elif url in self.values:
            self._skip(DUPLICATE, url)
            repeat(self.values, url, value, self._several)
        else:
            self.values[url] = value

    def _skip(self, reason: str, example: str) -> None:
        self.skipped[reason] += 1
        if len(self.skipped_examples) < EXAMPLES:
            self.skipped_examples.append(shown_url(example))


def _told_apart(url: str) -> str:
    shown = shown_url(url)
    return shown if shown == url else f"{shown} ({name_of(url)})"
