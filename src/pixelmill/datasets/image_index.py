"""The image index, and checks that results belong to the images that it lists."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pixelmill.datasets.parquet_table import ParquetTable, holds_unreadable
from pixelmill.errors import InputError
from pixelmill.storage.commit import write_marker
from pixelmill.storage.file_systems import find_file_system
from pixelmill.tables import arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa

    from pixelmill.spark.types import ArrowTable, DataFrame

STATE = "_image_index.json"  # readers of Parquet pass over names that begin so
COLUMNS = ["path", "label", "size", "modified"]
SUMS = "images long, files decimal(20, 0), labels decimal(20, 0)"
MODULUS = 2**64


@dataclass(frozen=True)
class IndexState:
    """A name for the rows of an image index, whatever their order.

    Attributes:
        images: Number of images.
        files: Digest of their paths, sizes and times of change, in hexadecimal.
        labels: Digest of their paths and labels, in hexadecimal.
    """

    images: int
    files: str
    labels: str


class ImageIndex(ParquetTable):
    """The table `image_index`, and its state in a small file that is read without Spark.

    Whatever is computed of images keeps the state of the index that it was computed from, and is
    refused once the index is in another one.
    """

    def save(self, data: DataFrame | ArrowTable) -> None:
        """Replace the table; its state is written last.

        Args:
            data: Columns `path`, `label`, `size`, `modified`.
        """
        super().save(data)
        write_state(self._filepath, state_of(data if _is_arrow(data) else self.load()))


class ImageTable(ParquetTable):
    """A table that was made of the images of the index, and is refused once those are others."""

    def __init__(
        self,
        *,
        filepath: str,
        image_index: str,
        made_by: str,
        schema: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name the table; touches neither Spark nor the folder.

        Args:
            filepath: Folder of the table, on disk or as an `s3://` URI.
            image_index: Folder of the image index.
            made_by: Name of the pipeline that makes the table.
            schema: As `ParquetTable` takes it.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        super().__init__(filepath=filepath, schema=schema, metadata=metadata)
        self._image_index = image_index
        self._made_by = made_by

    def load(self) -> DataFrame:
        """Return the table as a lazy DataFrame.

        Raises:
            InputError: If there is no table, half of one, or one of other images.
        """
        if super()._exists() and find_state(self._filepath) != read_state(self._image_index):
            raise InputError(outdated(self._filepath, self._made_by))
        return super().load()

    def save(self, data: DataFrame | ArrowTable) -> None:
        """Replace the table, and name the state of the index that it was made of.

        Args:
            data: Table to write; it may not read from this very table.
        """
        super().save(data)
        write_state(self._filepath, read_state(self._image_index))

    def is_unfinished(self) -> bool:
        """Return whether the table has errors of images that could not be read this time."""
        columns = arrow_schema(self._schema).names if self._schema else []
        return "error" in columns and holds_unreadable([self._filepath])

    def _exists(self) -> bool:
        state = find_state(self._filepath)
        return super()._exists() and state is not None and state == find_state(self._image_index)


def outdated(place: str, pipelines: str) -> str:
    """Return the sentence about a result that belongs to other images.

    Args:
        place: Location of the result.
        pipelines: Pipelines that compute it again, as `--pipelines` takes them.
    """
    return (
        f"{place} is of other images than the image index (some came, went or changed since, or an "
        f"earlier version made it): run `kedro run --pipelines {pipelines}` with the same "
        "parameters first"
    )


def read_state(folder: str) -> IndexState:
    """Return the state of an image index.

    Args:
        folder: Folder of the index, on disk or as an `s3://` URI.

    Raises:
        InputError: If there is no index, or one of an early version, which has no state.
    """
    state = find_state(folder)
    if state is None:
        raise InputError(
            f"there is no finished image index in {folder}: run `kedro run --pipelines ingestion` "
            "with the images of the data set first"
        )
    return state


def find_state(folder: str) -> IndexState | None:
    """Return the state of the index that a table was made of; None if it names none.

    Args:
        folder: Folder of the table, on disk or as an `s3://` URI.
    """
    system, path = find_file_system(folder)
    try:
        return IndexState(**json.loads(system.cat_file(f"{path}/{STATE}")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def write_state(folder: str, state: IndexState) -> None:
    """Write it into the folder of a table.

    Args:
        folder: Folder of the table, on disk or as an `s3://` URI.
        state: State of the index.
    """
    write_marker(folder, STATE, json.dumps(asdict(state)).encode())


def state_of(rows: Any) -> IndexState:
    """Return the state of an index with these rows.

    Args:
        rows: Columns `path`, `label`, `size`, `modified`; a DataFrame, whose state is computed in
            Spark tasks, or an Arrow table.
    """
    if _is_arrow(rows):
        sums = [_sums(batch) for batch in rows.select(COLUMNS).to_batches()]
    else:
        parts = rows.select(COLUMNS).mapInArrow(_sums_in_task, SUMS).collect()
        sums = [(part["images"], int(part["files"]), int(part["labels"])) for part in parts]
    images, files, labels = (sum(column) for column in zip(*sums, (0, 0, 0), strict=True))
    return IndexState(images, f"{files % MODULUS:016x}", f"{labels % MODULUS:016x}")


def _sums_in_task(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    digest = pa.decimal128(20, 0)
    for batch in batches:
        images, files, labels = _sums(batch)
        columns = [pa.array([images]), pa.array([files], digest), pa.array([labels], digest)]
        yield pa.RecordBatch.from_arrays(columns, ["images", "files", "labels"])


def _sums(batch: pa.RecordBatch) -> tuple[int, int, int]:
    """Return the number of rows and sums of digests modulo 2^64, whatever their order."""
    import pyarrow as pa

    paths, labels, sizes = (batch.column(name).to_pylist() for name in ("path", "label", "size"))
    times = batch.column("modified").cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_pylist()
    files = sum(map(_digest, zip(paths, sizes, times, strict=True)))
    named = sum(map(_digest, zip(paths, labels, strict=True)))
    return len(paths), files % MODULUS, named % MODULUS


def _digest(values: tuple[Any, ...]) -> int:
    found = hashlib.blake2b(repr(values).encode(), digest_size=8)
    return int.from_bytes(found.digest(), "big")


def _is_arrow(data: Any) -> bool:
    import pyarrow as pa

    return isinstance(data, pa.Table)
