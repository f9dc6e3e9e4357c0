"""Downloads of URLs: one row for each request, by chunks, and one for each URL of the list."""

from typing import TYPE_CHECKING, Any

from kedro.io.core import AbstractDataset

from pixelmill.datasets.chunks import add_chunk, chunk_folders
from pixelmill.datasets.commit_marker import SUCCESS
from pixelmill.datasets.folders import make_folder, remove_folder
from pixelmill.datasets.parquet_table import (
    PREVIEW_ROWS,
    ParquetTable,
    TablePreview,
    read_parquet,
)
from pixelmill.storage.commit import write_marker
from pixelmill.storage.file_systems import find_file_system
from pixelmill.tables import DOWNLOADS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from pixelmill.spark.types import ArrowTable

NO_LIST = b'{"files": {}}'


class DownloadsTable(AbstractDataset["DataFrame | ArrowTable", "DataFrame | None"]):
    """A table that grows by a chunk for each save; what a killed run had saved stays.

    A URL has a row for each run that asked for it, of which the last counts.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the table; touches neither Spark nor the folder.

        Args:
            filepath: Folder of the table, on disk or as an `s3://` URI.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> "DataFrame | None":
        """Return all rows as a lazy DataFrame; None where there are none, without Spark."""
        chunks = chunk_folders(self._filepath)
        if not chunks:
            return None
        return read_parquet(chunks, DOWNLOADS)

    def save(self, data: "DataFrame | ArrowTable") -> None:
        """Add one chunk.

        Args:
            data: Rows of the table's schema, in memory or computed while they are written.
        """
        add_chunk(data, self._filepath)

    def is_unfinished(self) -> bool:
        """Return whether the next run asks servers again, as it does if anything was collected."""
        return self._exists()

    def _exists(self) -> bool:
        return bool(chunk_folders(self._filepath))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


class CollectedTable(AbstractDataset["DataFrame | ArrowTable", "DataFrame | None"]):
    """The table `collected`; where `images` is no list of URLs, a marker without files."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the table; touches neither Spark nor the folder.

        Args:
            filepath: Folder of the table, on disk or as an `s3://` URI.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath
        self._table = ParquetTable(filepath=filepath)
        self.metadata = metadata

    def load(self) -> "DataFrame | None":
        """Return the table as a lazy DataFrame; None where no list of URLs was collected.

        Raises:
            InputError: There is half of a table.
        """
        system, path = find_file_system(self._filepath)
        if not system.exists(path):
            return None
        marker = f"{path}/{SUCCESS}"
        if system.exists(marker) and system.cat_file(marker) == NO_LIST:
            return None
        return self._table.load()

    def save(self, data: "DataFrame | ArrowTable") -> None:
        """Replace the table.

        Args:
            data: Table to write; a table without columns means no list.
        """
        if len(data.columns):
            self._table.save(data)
            return
        system, path = find_file_system(self._filepath)
        if system.exists(path):
            remove_folder(system, path)
        make_folder(self._filepath)
        write_marker(self._filepath, SUCCESS, NO_LIST)

    def preview(self, nrows: int = PREVIEW_ROWS) -> TablePreview:
        """Return the first rows for kedro-viz, read without Spark.

        Args:
            nrows: Number of rows.
        """
        return self._table.preview(nrows)

    def _exists(self) -> bool:
        return self._table.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
