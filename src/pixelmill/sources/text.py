"""Lines of a text file in any encoding."""

import codecs
import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

from pixelmill.untrusted_text import safe_text

# UTF-32's mark begins like UTF-16's.
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_MARK = "\ufeff"
_SHOWN = 60  # characters of a line that an error repeats
_HEAD = 1 << 20  # bytes in which a file shows what it is
Content = bytes | Callable[[], BinaryIO]
"""Content of a file, or what opens it, so that a large one is never in memory."""


def opened(content: Content) -> BinaryIO:
    """Open the content of a file, at its beginning.

    Args:
        content: Content of the file.
    """
    return io.BytesIO(content) if isinstance(content, bytes) else content()


def read_lines(data: Content, encoding: str | None = None) -> Iterator[str]:
    r"""Yield lines with their ends, which are '\n', '\r\n' or '\r' as the file has them.

    Args:
        data: Content of the file.
        encoding: Encoding by Python's name; None is that of the byte-order mark, else UTF-8.

    Raises:
        ValueError: The file is of another encoding.
    """
    file = opened(data)
    head = file.read(len(data) if isinstance(data, bytes) else _HEAD)
    file.seek(0)
    named = encoding or next((name for mark, name in _MARKS.items() if head.startswith(mark)), None)
    if named is None and b"\0" in head:
        raise ValueError(
            "it has zero bytes, as UTF-16 without a byte-order mark has: set "
            "ingestion.encoding=utf-16-le where it is that, or save the file as UTF-8"
        )
    lines = io.TextIOWrapper(file, named or "utf-8", newline="")
    try:
        for number, line in enumerate(lines):
            yield line if number else line.removeprefix(_MARK)
    except UnicodeError as error:
        raise ValueError(_not_encoded(data, named)) from error


def _not_encoded(data: Content, encoding: str | None) -> str:
    if encoding not in (None, "utf-8-sig"):
        return f"it is not {encoding}: set ingestion.encoding to the encoding that it has"
    for number, line in enumerate(opened(data), 1):
        try:
            line.decode("utf-8-sig")
        except UnicodeError:
            return f"line {number} is not UTF-8{_as_windows_1252(line)}, or save the file as UTF-8"
    return "it is not UTF-8: save the file as UTF-8"


def _as_windows_1252(line: bytes) -> str:
    """Return the line in the encoding of Excel's "CSV" in Europe and America."""
    try:
        read = safe_text(line.decode("cp1252").strip(), _SHOWN)
    except UnicodeError:
        return ": set ingestion.encoding to the encoding that it has"
    return f"; in Windows-1252 it is {read!r}: set ingestion.encoding=windows-1252 if so"
