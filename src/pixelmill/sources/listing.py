"""What a source gives: its images, and what it left out."""

from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass

from pixelmill.errors import InputError
from pixelmill.storage import StoredFile

HIDDEN = "hidden"
NOT_AN_IMAGE = "not an image"
DUPLICATE = "duplicate path"
NOT_UTF8 = "name is not UTF-8"
EXAMPLES = 10


@dataclass(frozen=True)
class Listing:
    """The images of a source.

    Attributes:
        root: Absolute folder or S3 URI that the paths are relative to.
        files: Images, sorted by path, each path once.
        labels: Of `files`, where a table has them; None where the paths tell the label.
        skipped: Number of files left out, by reason.
        skipped_examples: Paths of the first few of them.
    """

    root: str
    files: list[StoredFile]
    labels: list[str | None] | None
    skipped: dict[str, int]
    skipped_examples: list[str]


class Source(ABC):
    """A place that has images."""

    def __init__(self, images: str) -> None:
        self.images = images

    @abstractmethod
    def list_images(self) -> Listing:
        """List the images without reading them.

        Raises:
            InputError: There are none, or the place is missing or may not be listed.
        """

    def column(self, name: str) -> dict[str, str | None]:
        """A column of the table that lists the images.

        Args:
            name: The column.

        Returns: Value as text, or None, by the path of the image as `list_images` has it.

        Raises:
            InputError: The source is no table, or the table has no such column.
        """
        raise InputError(
            f"{self.images} is no table, so it has no column {name!r}: "
            "give a .csv or .parquet file with a column of paths as `images`."
        )


class Sieve:
    """Keeps images, counts everything else.

    Args:
        extensions: File name endings, in lower case, that count as images.
    """

    def __init__(self, extensions: tuple[str, ...]) -> None:
        self.skipped = Counter({HIDDEN: 0, NOT_AN_IMAGE: 0, DUPLICATE: 0})
        self.examples: list[str] = []
        self._extensions = extensions
        self._hidden: set[str] = set()

    def enter(self, folder: str) -> bool:
        """Whether a folder is to be looked into; a hidden one is counted as one."""
        hidden = _hidden_part(folder)
        if hidden:
            self._skip_hidden(hidden)
        return not hidden

    def keep(self, path: str) -> bool:
        """Whether the file is an image that is not hidden."""
        hidden = _hidden_part(path)
        if hidden:
            self._skip_hidden(hidden)
            return False
        return self.keep_listed(path)

    def keep_listed(self, path: str) -> bool:
        """Whether the file is an image by its name, hidden or not."""
        if not path.lower().endswith(self._extensions):
            self.skip(NOT_AN_IMAGE, path)
            return False
        if not path.isascii() and not _is_utf8(path):
            self.skip(NOT_UTF8, path.encode(errors="surrogateescape").decode(errors="replace"))
            return False
        return True

    def skip(self, reason: str, path: str) -> None:
        """Count one file that is left out."""
        self.skipped[reason] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(path.encode(errors="replace").decode())

    def listing(
        self, root: str, files: list[StoredFile], labels: list[str | None] | None = None
    ) -> Listing:
        """What was kept; `files` in the order of their paths."""
        return Listing(root, files, labels, dict(self.skipped), self.examples)

    def nothing_found(self, place: str) -> InputError:
        """The error where no file was kept."""
        endings = ", ".join(self._extensions)
        if not self.skipped.total():
            return InputError(f"There are no images in {place}: it is empty or does not exist.")
        example = self.examples[0]
        return InputError(
            f"There are no images in {place}: its {self.skipped.total()} files are hidden or "
            f"of other kinds than {endings} ({example!r} is one)."
        )

    def _skip_hidden(self, part: str) -> None:
        if part not in self._hidden:
            self._hidden.add(part)
            self.skip(HIDDEN, part)


def _hidden_part(path: str) -> str | None:
    """The path up to its first component that starts with a dot."""
    if not path.startswith(".") and "/." not in path:
        return None
    parts = path.split("/")
    first = next(number for number, part in enumerate(parts) if part.startswith("."))
    return "/".join(parts[: first + 1])


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
