"""Untrusted text (URLs, headers, file names), made safe to write and to show.

Every table, log, message and page that repeats such text takes it from here, so that none of them
is broken by bytes that are not UTF-8, by characters that hide or reorder the text around them,
by its length, by a secret within a URL, or by a formula that a spreadsheet would run.
"""

import logging
import re
from typing import Final

LONGEST_TEXT: Final = 300  # characters
LONGEST_URL: Final = 2000
LONGEST_LINE: Final = 4000  # of a log or a terminal
_READ = 65_536  # characters of a text, before its URLs make it shorter
HIDDEN: Final = "…"

# Python counts these as printable, but they take no room or look like a blank.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_INVISIBLE |= {chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))}

# A cell that begins like this is a formula for Excel, LibreOffice or Google Sheets, behind blanks
# and invisible characters too. So is what follows a semicolon or a line break, where these divide
# cells and rows: Excel reads CSV so in countries that write decimal commas.
FORMULA_START: Final = (
    r"(^|[;\t\r\n])"
    r"(?=[\x00-\x08\x0b\x0c\x0e-\x20\x7f-\xa0\u200b-\u200f\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20])"
)
"""Behind its group 1 `csv_cell` writes a quote; a pattern for Python and JavaScript."""
_FORMULA_START = re.compile(FORMULA_START)
# What is hidden already ends a URL: quotes or commas may follow it.
_FROM_SLASHES = re.compile(rf"//\S*?(?=[?#]{HIDDEN})|//\S+")
_HOST_AND_PORT = re.compile(r"(\[[^\]]*\]|[^:]*+)(:[0-9]*)?\W*")  # a message goes on
_PARAMETERS = re.compile(r";[^/]+")


def safe_text(text: str, limit: int = LONGEST_TEXT) -> str:
    r"""Return text that can be written anywhere: one line of valid UTF-8 of bounded length.

    Control characters, line breaks, bytes that are not UTF-8, and characters that are invisible or
    change the direction of writing are written as in a Python string. URLs lose what `shown_url`
    hides.

    Args:
        text: Any text, with lone surrogates or without.
        limit: Maximum number of characters of the result; longer text ends with '…'.

    Example:
        >>> safe_text("caf\udce9: https://me:pw@example.org/a?key=1 is\na \u202egpj.exe")
        'caf\\xe9: https://…@example.org/a?… is\\na \\u202egpj.exe'
    """
    shown = _FROM_SLASHES.sub(lambda found: _without_secrets(found[0]), text[:_READ])
    return _visible(shown, limit)


def shown_url(url: str, limit: int = LONGEST_URL) -> str:
    """Return a URL without its secrets, as it may appear in tables, logs and pages.

    The user and password, the query (signatures, tokens), the fragment, and the parameters behind
    semicolons of the path are replaced by '…'. Scheme, host, port and path stay, and with them a
    token that is part of the path.

    Args:
        url: Valid or not; without slashes, it is read as what follows them.
        limit: Maximum number of characters of the result.

    Example:
        >>> shown_url("https://me:pw@example.org:81/a/1.jpg;jsessionid=1?X-Amz-Signature=2")
        'https://…@example.org:81/a/1.jpg;…?…'
    """
    scheme, slashes, rest = url.partition("//")
    if slashes:
        return _visible(scheme + _without_secrets(slashes + rest), limit)
    return _visible(_without_secrets(f"//{url}")[2:], limit)


def shown_bytes(data: bytes) -> str:
    r"""Return the beginning of a file as it may be shown: text in quotes, else hexadecimal numbers.

    Args:
        data: A few bytes.

    Example:
        >>> print(shown_bytes(b"%PDF-1.7"), shown_bytes(b"\xff\xd8") , shown_bytes(b"a\nb"))
        '%PDF-1.7' the bytes ff d8 'a\nb'
    """
    if all(byte in b"\t\r\n" or 0x20 <= byte < 0x7F for byte in data):
        return f"'{safe_text(data.decode('ascii'))}'"
    return f"the bytes {data.hex(' ')}"


class SafeArguments(logging.Filter):
    """Makes what log messages are filled with safe: names of files, labels, errors of libraries."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, with `safe_text` for the text among its arguments."""
        if isinstance(record.args, tuple):
            record.args = tuple(map(_safe_argument, record.args))
        return True


def guard_logs() -> None:
    """Have every handler of the root logger show what its messages are filled with safely."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(_SAFE_ARGUMENTS)


def csv_cell(value: object) -> str:
    """Return a cell of a CSV file that no spreadsheet takes for a formula.

    Args:
        value: None is an empty cell. Quoting is left to the CSV writer.

    Example:
        >>> csv_cell("=1+1"), csv_cell("a;@SUM(A1)"), csv_cell("a=b.jpg"), csv_cell(None)
        ("'=1+1", "a;'@SUM(A1)", 'a=b.jpg', '')
    """
    cell = "" if value is None else _FORMULA_START.sub(r"\1'", str(value))
    return f"'{cell}" if cell.startswith(("\t", "\r", "\n")) else cell


_SAFE_ARGUMENTS = SafeArguments()


def _safe_argument(value: object) -> object:
    shown = str(value) if isinstance(value, str | Exception) else value
    return safe_text(shown, LONGEST_LINE) if isinstance(shown, str) else value


def _without_secrets(url: str) -> str:
    """Hide what is secret in a URL that is given from its two slashes on."""
    authority, path, rest = _parts(url)
    _, at, host = authority.rpartition("@")
    if not at and not _HOST_AND_PORT.fullmatch(host):
        if "@" in url:
            return f"//{HIDDEN}"  # the password has a slash, a question mark or a hash
        host = f"{host.partition(':')[0]}:{HIDDEN}"  # no port, but a password perhaps
    user = f"{HIDDEN}@" if at else ""
    path = _PARAMETERS.sub(f";{HIDDEN}", path)
    return f"//{user}{host}{path}{rest}{HIDDEN if rest else ''}"


def _parts(url: str) -> tuple[str, str, str]:
    """User, host and port; the path; the first character of what follows that."""
    place, mark = url[2:], ""
    for one in "?#":
        place, found, _ = place.partition(one)
        mark = found or mark
    authority, slash, path = place.partition("/")
    return authority, slash + path, mark


def _visible(text: str, limit: int) -> str:
    """Return the text with nothing hidden in it, and not longer than the limit."""
    shown = text[: limit + 1]
    if not shown.isprintable() or not (shown.isascii() or _INVISIBLE.isdisjoint(shown)):
        shown = "".join(map(_visible_character, shown))
    return shown if len(shown) <= limit else shown[: limit - 1] + HIDDEN


def _visible_character(one: str) -> str:
    if one.isprintable() and one not in _INVISIBLE:
        return one
    if "\udc80" <= one <= "\udcff":  # a byte that is not UTF-8, as Python keeps it
        return f"\\x{ord(one) - 0xDC00:02x}"
    return one.encode("unicode_escape").decode("ascii")
