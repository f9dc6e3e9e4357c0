"""The result of every source: a table of images with labels, and its figures."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pixelmill.errors import InputError

if TYPE_CHECKING:
    from pixelmill.spark.types import ArrowTable, DataFrame

Labeller = Callable[[str], str | None]


@dataclass(frozen=True)
class Index:
    """The images of a source with their labels.

    Attributes:
        table: `path` (relative to the root), `label` (or null), `size` (bytes) and `modified`
            (UTC), each path once.
        count: Number of images.
        labels: Number of different labels.
        unlabelled: Number of images without a label.
        skipped: Number of files left out, by reason.
        skipped_examples: Paths of a few of them.
        contradictions: Labels of each image that a table gives several, by path; the first counts.
    """

    table: "ArrowTable | DataFrame"
    count: int
    labels: int
    unlabelled: int
    skipped: dict[str, int]
    skipped_examples: list[str]
    contradictions: dict[str, list[str]] = field(default_factory=dict)


class Images(ABC):
    """The images of a source, not labelled yet.

    Attributes:
        root: Absolute folder or S3 URI that the paths are relative to.
    """

    root: str

    @abstractmethod
    def index(self, label: Labeller | None) -> Index:
        """Label the images.

        Args:
            label: Label, or None, of the image at a path; without it, the labels are those of the
                table that lists the images.

        Raises:
            InputError: There are no images, or no table has labels.
        """

    @abstractmethod
    def amount(self) -> tuple[int, int]:
        """Return the number of images, and the sum of their sizes in bytes."""


def no_label(path: str) -> None:
    """Return no label."""
    del path


def no_column(place: str) -> InputError:
    """Return the error where labels are asked of something that is no table."""
    return InputError(
        f"ingestion.label is column, but {place} is no table: give a .csv, .xlsx or .parquet file "
        "with a column of paths as `images`, or set ingestion.label to parent."
    )
