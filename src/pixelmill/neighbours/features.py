"""The features of an index, read chunk by chunk in bounded memory, without Spark."""

from __future__ import annotations

import glob
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pixelmill.errors import DamagedFileError
from pixelmill.featurizers import Description
from pixelmill.neighbours.rows import Found
from pixelmill.neighbours.vectors import Vectors, checksums, usable
from pixelmill.parameters import NeighboursParameters
from pixelmill.storage import is_s3, local_path

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 2048
COLUMNS = ["path", "size", "modified", "features"]


@dataclass(frozen=True)
class Features:
    """What an index is made of.

    Attributes:
        featurizer: `fingerprint` and `parts`, as a classifier's manifest has them.
        chunks: Folders of Parquet files by their names, which never change once they are there;
            columns `path`, `size`, `modified` and `features` (array of float32, or null).
        labels: Folder of a table with columns `path` and `label`; None where there are none.
        root: Folder or URI that the paths are relative to, if it is known.
        check: Callback with the name of a chunk before it is read; raises if it is damaged.
    """

    featurizer: Description
    chunks: dict[str, str] = field(default_factory=dict)
    labels: str | None = None
    root: str | None = None
    check: Callable[[str], None] = lambda _: None


def read_chunk(folder: str) -> Iterator[tuple[pa.RecordBatch, Vectors]]:
    """Return the images of a chunk that have features.

    Args:
        folder: Folder of the chunk.

    Yields:
        `path`, `size`, `modified` of n images, and their features, float32 [n, d]; features of
        another length than the first's are all nan.

    Raises:
        DamagedFileError: A file cannot be read.
    """
    system, path = _file_system(folder)
    for file in sorted(str(entry) for entry in system.glob(f"{glob.escape(path)}/part-*.parquet")):
        for batch in _batches(system, file, f"{folder}/{file.rpartition('/')[2]}"):
            rows = batch.filter(batch.column("features").is_valid())
            if rows.num_rows:
                yield rows, _matrix(rows.column("features"))


def _batches(system: Any, file: str, place: str) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with system.open(file, "rb") as content:
            opened = parquet.ParquetFile(content, page_checksum_verification=True)
            yield from opened.iter_batches(ROWS_AT_ONCE, columns=COLUMNS)
    except (pa.ArrowException, OSError) as error:
        raise DamagedFileError(place, str(error).partition("\n")[0]) from error


def take(
    batch: pa.RecordBatch, vectors: Vectors, dimension: int, parameters: NeighboursParameters
) -> Found:
    """Return the rows of a batch that an index can take, and the number of the others.

    Args:
        batch: Columns `path`, `size`, `modified`.
        vectors: Features of the rows, float32 [n, d].
        dimension: Dimension of the vectors of the index; 0 for an empty index.
        parameters: Index parameters.
    """
    if dimension in (0, vectors.shape[1]):
        keep = usable(vectors, parameters)
    else:
        keep = np.zeros(len(vectors), bool)
    return Found(batch, vectors, keep, checksums(vectors))


def read_labels(folder: str | None, paths: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the labels of images.

    Args:
        folder: Folder of a table with columns `path` and `label`, or None.
        paths: Paths of n images.

    Returns:
        n strings, null where an image has none.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.dataset as arrow

    if folder is None:
        return pa.chunked_array([pa.nulls(len(paths), pa.string())])
    system, path = _file_system(folder)
    checked = arrow.ParquetFragmentScanOptions(page_checksum_verification=True)
    kind = arrow.ParquetFileFormat(default_fragment_scan_options=checked)
    known = arrow.dataset(path, filesystem=system, format=kind).to_table(["path", "label"])
    positions = pc.index_in(paths, value_set=known["path"].combine_chunks())
    return known["label"].cast(pa.string()).take(positions)


def _matrix(lists: Any) -> Vectors:
    """Return the lists of a column as rows of one length."""
    values = np.asarray(lists.flatten().to_numpy(zero_copy_only=False), np.float32)
    lengths = lists.value_lengths().to_numpy()
    width = int(lengths[0])
    if (lengths == width).all():
        return values.reshape(len(lists), width)
    rows = np.full((len(lists), width), np.nan, np.float32)
    starts = np.cumsum(lengths) - lengths
    for number in np.flatnonzero(lengths == width):
        rows[number] = values[starts[number] : starts[number] + width]
    return rows


def _file_system(folder: str) -> tuple[Any, str]:
    from pixelmill.storage.file_systems import find_file_system

    system, path = find_file_system(folder if is_s3(folder) else local_path(folder))
    return system, path
