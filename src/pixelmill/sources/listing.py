"""The listing of a source: its images, and what it left out."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from pixelmill.errors import InputError
from pixelmill.sources.exclusion import EXCLUDED, HIDDEN, SYSTEM, Exclusion
from pixelmill.sources.index import Images, Index, Labeller, no_column
from pixelmill.spark.types import ArrowTable
from pixelmill.storage import StoredFile

NOT_AN_IMAGE = "not an image"
DUPLICATE = "duplicate path"
NOT_UTF8 = "name is not UTF-8"
EXAMPLES = 10


@dataclass(frozen=True)
class Listing(Images):
    """The images of a source that fit into memory.

    Attributes:
        root: Absolute folder or S3 URI that the paths are relative to.
        files: Images, sorted by path, each path once.
        labels: Labels of `files`, where a table has them; None if labels come from the paths.
        skipped: Number of files left out, by reason.
        skipped_examples: Paths of the first few of them.
        contradictions: Labels of each image that a table gives several, by path; the first counts.
    """

    root: str
    files: list[StoredFile]
    labels: list[str | None] | None
    skipped: dict[str, int]
    skipped_examples: list[str]
    contradictions: dict[str, list[str]] = field(default_factory=dict)

    def index(self, label: Labeller | None) -> Index:
        """Index the images with their labels."""
        labels = self.labels if label is None else [label(file.path) for file in self.files]
        if labels is None:
            raise no_column(self.root)
        return Index(
            self._table(labels),
            len(self.files),
            len(set(labels) - {None}),
            labels.count(None),
            self.skipped,
            self.skipped_examples,
            self.contradictions if label is None else {},
        )

    def amount(self) -> tuple[int, int]:
        """Return number and bytes of the images."""
        return len(self.files), sum(file.size for file in self.files)

    def _table(self, labels: list[str | None]) -> ArrowTable:
        import pyarrow as pa

        times = [file.modified for file in self.files]
        return pa.table(
            {
                "path": pa.array([file.path for file in self.files], pa.string()),
                "label": pa.array(labels, pa.string()),
                "size": pa.array([file.size for file in self.files], pa.int64()),
                "modified": pa.array(times, pa.timestamp("us", tz="UTC")),
            }
        )


class Source(ABC):
    """A place that has images.

    Attributes:
        is_table: Whether it is a table, which has columns and perhaps sheets.
    """

    is_table = False

    def __init__(self, images: str) -> None:
        self.images = images

    @abstractmethod
    def list_images(self) -> Images:
        """List the images without reading them.

        Raises:
            InputError: There are none, or the place is missing or may not be listed.
        """

    def column(self, name: str) -> dict[str, str | None]:
        """Return a column of the table that lists the images.

        Args:
            name: The column.

        Returns: Value as text, or None, by the path of the image as in `list_images`.

        Raises:
            InputError: The source is no table, or the table has no such column.
        """
        raise InputError(
            f"{self.images} is no table, so it has no column {name!r}: "
            "give a table (.csv, .xlsx, .parquet or .txt) with a column of paths as `images`."
        )


class ImageFilter:
    """Keeps images, counts everything else.

    Args:
        extensions: File name endings, in lower case, that count as images.
        exclude: Globs of what is left out.
    """

    def __init__(self, extensions: tuple[str, ...], exclude: tuple[str, ...] = ()) -> None:
        self.skipped = Counter({HIDDEN: 0, NOT_AN_IMAGE: 0, DUPLICATE: 0})
        self.examples: list[str] = []
        self.contradictions: dict[str, list[str]] = {}
        self._extensions = extensions
        self._exclusion = Exclusion(exclude)
        self._left_out: set[str] = set()

    def enter(self, folder: str) -> bool:
        """Return whether a folder is to be looked into; one that is left out is counted as one."""
        found = self._exclusion.left_out(folder)
        if found:
            self._skip_once(*found)
        return found is None

    def keep(self, path: str) -> bool:
        """Return whether the file is an image that is neither hidden nor excluded."""
        return self.enter(path) and self.keep_listed(path)

    def excludes(self, path: str) -> bool:
        """Return whether `ingestion.exclude` leaves out a file that a table lists; it is counted
        then.
        """
        excluded = self._exclusion.chosen(path)
        if excluded:
            self.skip(EXCLUDED, path)
        return excluded

    def keep_listed(self, path: str) -> bool:
        """Return whether the file is an image by its name, hidden or not."""
        reason = reason_against(path, self._extensions)
        if reason:
            self.skip(reason, path)
        return reason is None

    def skip(self, reason: str, path: str) -> None:
        """Count one file that is left out."""
        self.skipped[reason] += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(shown(path))

    def listing(
        self, root: str, files: list[StoredFile], labels: list[str | None] | None = None
    ) -> Listing:
        """Return what was kept; `files` in the order of their paths."""
        start = len(root.rstrip("/")) + 1
        several = {location[start:]: labels for location, labels in self.contradictions.items()}
        return Listing(root, files, labels, dict(self.skipped), self.examples, several)

    def nothing_found(self, place: str) -> InputError:
        """Return the error where no file was kept."""
        return nothing_found(place, self._extensions, self.skipped, self.examples)

    def _skip_once(self, reason: str, part: str) -> None:
        if part not in self._left_out:
            self._left_out.add(part)
            self.skip(reason, part)


def repeat(
    values: dict[str, str | None],
    place: str,
    value: str | None,
    contradictions: dict[str, list[str]],
) -> None:
    """Take another row of a place that a table lists more than once: its first value counts.

    Args:
        values: Values of the places so far, including this one.
        place: Path or URL.
        value: Value of the other row; None for no value.
        contradictions: All values of the places that have several.
    """
    first = values[place]
    if first is None:
        values[place] = value
    elif value not in (None, first):
        known = contradictions.setdefault(place, [first])
        known += [value] * (value not in known)


def nothing_found(
    place: str, extensions: tuple[str, ...], skipped: Mapping[str, int], examples: list[str]
) -> InputError:
    """Return the error where a place has no images.

    Args:
        place: Location that was listed.
        extensions: File name endings that count as images.
        skipped: Number of files left out, by reason.
        examples: Paths of a few of them.
    """
    total = sum(skipped.values())
    if not total:
        return InputError(f"There are no images in {place}: it is empty or does not exist.")
    parquet = any(example.endswith(".parquet") for example in examples)
    hint = " A folder of Parquet files is a table if its name ends with .parquet." * parquet
    others = [reason for reason in (SYSTEM, EXCLUDED) if skipped.get(reason)]
    others += ["of names that are not UTF-8"] * (NOT_UTF8 in skipped)
    files = "file is" if total == 1 else "files are"
    return InputError(
        f"There are no images in {place}: its {total} {files} {', '.join([HIDDEN, *others])} or "
        f"of other kinds than {', '.join(extensions)} ({examples[0]!r} is one).{hint}"
    )


def reason_against(path: str, extensions: tuple[str, ...]) -> str | None:
    """Return why a file is no image by its name, hidden or not; None for an image.

    Args:
        path: Path of the file.
        extensions: File name endings, in lower case, that count as images.
    """
    if not path.lower().endswith(extensions):
        return NOT_AN_IMAGE
    return None if path.isascii() or _is_utf8(path) else NOT_UTF8


def shown(path: str) -> str:
    """Return the path as text that can be written, with '�' for what is no text."""
    return path.encode(errors="surrogateescape").decode(errors="replace")


def _is_utf8(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
