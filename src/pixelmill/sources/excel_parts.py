"""The XML parts of an Excel file, each parsed as a stream of tags.

A file of a few kilobytes can unzip to gigabytes, and a tree of XML takes ten times the memory of
its text. Parts are therefore unzipped and parsed block by block, and none is ever held as a tree.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple
from xml.parsers import expat

MAX_SHEET_BYTES = 2 << 30  # unzipped
MAX_PART_BYTES = 512 << 20  # unzipped, of any part that is no sheet
MAX_RELATIONS = 1_048_576  # as many as a sheet has rows
_BLOCK = 1 << 16
_MAX_TAG = 1 << 20  # bytes: expat keeps a tag or a comment in memory until its end
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may ask for gigabytes themselves

Attributes = dict[str, str]
StartHandler = Callable[[str, Attributes], None]


class UnusableWorkbookError(ValueError):
    """The file cannot be used; its message is the reason, as the end of a sentence."""


class Relation(NamedTuple):
    """What a part refers to.

    Attributes:
        kind: Kind such as "worksheet", "styles" or "hyperlink".
        target: Name of another part, or a URL.
    """

    kind: str
    target: str


class Handlers(NamedTuple):
    """Functions that expat calls; names have their namespace and a blank before them."""

    start: StartHandler
    end: Callable[[str], None] | None = None
    text: Callable[[str], None] | None = None


class Parts:
    """The parts of an Excel file.

    Args:
        data: Content of the file.
    """

    def __init__(self, data: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        names = self._archive.namelist()
        self._names = {name.replace("\\", "/").lower(): name for name in names}

    def relations(self, part: str) -> dict[str, Relation]:
        """Return what a part refers to, by identifier.

        Args:
            part: Part name; "" is the file itself.
        """
        folder, name = posixpath.split(part)
        source = posixpath.join(folder, "_rels", f"{name}.rels")
        found: dict[str, Relation] = {}

        def start(name: str, attributes: Attributes) -> None:
            if not name.endswith(" Relationship"):
                return
            target = attributes.get("Target", "")
            if attributes.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            kind = attributes.get("Type", "").rpartition("/")[2]
            found[attributes.get("Id", "")] = Relation(kind, target)
            check_count(len(found), MAX_RELATIONS, "links")

        if source.lower() in self._names:
            self.parse(source, Handlers(start))
        return found

    def parse(self, part: str, handlers: Handlers) -> None:
        """Parse a part to its end."""
        for _ in self.stream(part, handlers):
            pass

    def stream(
        self, part: str, handlers: Handlers, max_bytes: int = MAX_PART_BYTES
    ) -> Iterator[None]:
        """Parse a part block by block.

        Args:
            part: Part name.
            handlers: Callbacks for each tag and text.
            max_bytes: Unzipped bytes that are too many.

        Yields: After each block, so that the caller can take what the handlers collected.

        Raises:
            UnusableWorkbookError: The part is larger, or declares entities.
        """
        parser = _parser(handlers)
        count = 0
        for block in self._blocks(part, max_bytes):
            parser.Parse(block, False)
            count += len(block)
            if count - parser.CurrentByteIndex > _MAX_TAG:
                raise ValueError("a tag has no end")
            yield
        parser.Parse(b"", True)
        yield

    def _blocks(self, part: str, max_bytes: int) -> Iterator[bytes]:
        entry = self._archive.getinfo(self._names[part.lower()])
        if entry.compress_type not in _METHODS:
            raise ValueError("its compression is not one of Excel's")
        if entry.file_size > max_bytes:  # zipfile gives no more bytes than this
            raise UnusableWorkbookError(
                f"its {posixpath.basename(part)} unzips to {entry.file_size >> 20:,} MiB, more "
                f"than {max_bytes >> 20:,}; save the columns of paths and labels as CSV"
            )
        with self._archive.open(entry) as file:
            while block := file.read(_BLOCK):
                yield block


@contextmanager
def readable() -> Iterator[None]:
    """Say of whatever a damaged file raises that it is damaged.

    Raises:
        UnusableWorkbookError: Replaces any error of the zip file or of its XML.
    """
    try:
        yield
    except UnusableWorkbookError:
        raise
    except (
        zipfile.BadZipFile, zlib.error, expat.ExpatError, EOFError, OSError, RuntimeError,
        NotImplementedError, ArithmeticError, LookupError, ValueError,
    ) as error:  # fmt: skip
        reason = f"{error.args[0] if error.args else type(error).__name__}"[:200]
        raise UnusableWorkbookError(f"it is no Excel file, or damaged ({reason})") from error


def check_count(count: int, limit: int, what: str) -> None:
    """Refuse more of something than Excel itself allows.

    Raises:
        UnusableWorkbookError: The count is above the limit.
    """
    if count > limit:
        raise UnusableWorkbookError(f"it has more than {limit:,} {what}; save it as CSV")


def _parser(handlers: Handlers) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_declarations
    parser.StartElementHandler = handlers.start
    if handlers.end is not None:
        parser.EndElementHandler = handlers.end
    if handlers.text is not None:
        parser.CharacterDataHandler = handlers.text
    return parser


def _refuse_declarations(*_: object) -> None:
    """Refuse declarations, since entities could expand to any size."""
    raise UnusableWorkbookError("it declares XML entities, which no Excel file does")
