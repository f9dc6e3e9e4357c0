"""The URLs that a table lists."""

import re
from collections.abc import Iterable
from urllib.parse import unquote

JUDGED = 10_000  # first rows of a table by which it is a list of URLs or of paths
_URL = re.compile(r"(?i)\s*https?://[^\s/?#]")
# Python's `urlsplit` raises an error for hosts that are none, such as [domain].
_PARTS = re.compile(r"(?i)\s*https?://(?P<host>[^/?#]*)(?P<path>[^?#]*)(?P<query>[^#]*)")
_URL_AND_MORE = re.compile(
    r"""(?ix) https?:// (?:
        \S+ \t \s*+ (?!\#) .*
        | [^\s?#]* \.[a-z]\w{2,3} (?:\?\S*)? \s++ (?! \# | .*\.[a-z]\w{2,3}$ ) .*
        | [^\s?#]* \.[a-z]\w{2,3} [,;|] [^/=.]*  # what continues a path has one of these
    )"""
)
_ANOTHER_URL = re.compile(r"(?i)\S[\s,;|]\s*https?://")
Row = tuple[str, str | None]  # what a table says of an image's place ('' is nothing), and a value


def is_url(location: str) -> bool:
    """Return whether a text is an http or https URL, blanks at its ends or not."""
    return _URL.match(location) is not None


def names_several_urls(text: str) -> bool:
    """Return whether a text has a URL behind a blank, a comma, a semicolon or a bar.

    Args:
        text: A cell or a line. URLs within the path or the query of another are parts of it.
    """
    return _ANOTHER_URL.search(text) is not None


def names_more_than_a_url(line: str) -> bool:
    """Return whether a text is a URL and more, behind a tab, or behind a file name and blanks, a
    comma, a semicolon or a bar.

    File names may have blanks themselves, as in `a cat.jpg` and `a.jpg copy.jpg`, and paths commas,
    as in `a.jpg,w=200` and `a.jpg;v=1`.

    Args:
        line: Line of a text file, without blanks at its ends.

    Example:
        >>> names_more_than_a_url("http://a/1.jpg cat"), names_more_than_a_url("http://a/1 cat.jpg")
        (True, False)
    """
    return _URL_AND_MORE.fullmatch(line) is not None or (
        is_url(line) and names_several_urls(line.partition("#")[0])
    )


def lists_urls(locations: Iterable[str | None]) -> bool:
    """Return whether most of a table's places are URLs; those that are not are counted.

    Args:
        locations: Locations of the first `JUDGED` rows.
    """
    found = [location for location in locations if location]
    return sum(map(is_url, found)) * 2 > len(found)


def path_in(url: str) -> str:
    """Return the path within a URL as a label is read from it, without a slash at its beginning."""
    found = _PARTS.match(url)
    path = found["path"] if found else ""
    return unquote(re.sub(r"[\t\r\n]", "", path)).lstrip("/")


def host_in(url: str) -> str:
    """Return the host of a URL in lower case, with its port; whatever is there, and '' for
    nothing.

    A port that is the usual one, and a dot at the end, make no other host of it.

    Example:
        >>> host_in("http://me:pw@Example.org:81/a.jpg"), host_in("https://example.org.:443")
        ('example.org:81', 'example.org')
    """
    found = _PARTS.match(url)
    host = found["host"].rpartition("@")[2].lower() if found else ""
    usual = ":443" if url.lstrip()[:6].lower() == "https:" else ":80"
    return (host if host.isascii() else _in_ascii(host)).removesuffix(usual).rstrip(":.")


def _in_ascii(host: str) -> str:
    """Return a host as it is sent and looked up, such as xn--bcher-kva.example."""
    from yarl import URL

    try:
        return str(URL(f"//{host}").raw_authority)
    except ValueError:  # no host can be called so
        return host
