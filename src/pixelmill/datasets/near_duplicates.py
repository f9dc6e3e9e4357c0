"""The table of near-duplicates, one Parquet file that may be missing."""

import io
from typing import TYPE_CHECKING, Any

from kedro.io.core import AbstractDataset

from pixelmill.datasets.folders import write_file
from pixelmill.datasets.parquet_table import PREVIEW_ROWS, TablePreview
from pixelmill.storage.file_systems import find_file_system

if TYPE_CHECKING:
    from pixelmill.spark.types import ArrowTable


class NearDuplicates(AbstractDataset["ArrowTable", "ArrowTable | None"]):
    """An Arrow table, or None if near-duplicates have not been searched.

    It is read without Spark, so that a run that does not use it loses no time with it.

    Example:
        >>> NearDuplicates(filepath="data/07_model_output/nowhere/near_duplicates.parquet").load()
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the file; touches neither disk nor network.

        Args:
            filepath: Path of the Parquet file, on disk or as an `s3://` URI.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> "ArrowTable | None":
        """Return the table with the metadata of its schema; None if there is none."""
        from pyarrow import parquet

        system, path = find_file_system(self._filepath)
        if not system.exists(path):
            return None
        content = io.BytesIO(system.cat_file(path))
        return parquet.read_table(content, page_checksum_verification=True)

    def save(self, data: "ArrowTable") -> None:
        """Replace the file.

        Args:
            data: The table; the metadata of its schema is kept.
        """
        from pyarrow import parquet

        out = io.BytesIO()
        parquet.write_table(data, out, write_page_checksum=True)
        write_file(self._filepath, out.getvalue())

    def preview(self, nrows: int = PREVIEW_ROWS) -> TablePreview:
        """Return the first rows for kedro-viz.

        Args:
            nrows: Number of rows.

        Returns:
            `index`, `columns` and `data` of kedro-viz's table preview.
        """
        table = self.load()
        rows = table.slice(0, nrows).to_pandas() if table is not None else None
        shown = {} if rows is None else rows.astype(str).to_dict(orient="split")
        return TablePreview(shown)

    def _exists(self) -> bool:
        system, path = find_file_system(self._filepath)
        return bool(system.exists(path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
