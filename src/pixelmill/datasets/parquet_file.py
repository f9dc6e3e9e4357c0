"""A table of pandas in one Parquet file that is replaced atomically."""

import io
from typing import Any

import pandas as pd
from kedro_datasets.pandas import ParquetDataset

from pixelmill.datasets.folders import write_file


class ParquetFile(ParquetDataset):  # type: ignore[misc]  # kedro-datasets has no types
    """Kedro's dataset, whose file is written beside the old one and put in its place.

    Kedro empties the file first: a killed run or a full disk leaves half of a table that the
    next steps read.

    Example:
        >>> ParquetFile(filepath="data/08_reporting/nowhere/pairs.parquet").exists()
        False
    """

    def __init__(
        self, *, filepath: str, index: bool | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        """Name the file; touches neither disk nor network.

        Args:
            filepath: Path of the file, on disk or as an `s3://` URI.
            index: Whether the index of the table is saved, too; None: unless it is row numbers.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        super().__init__(
            filepath=filepath,
            load_args={"page_checksum_verification": True},
            metadata=metadata,
        )
        self._index = index

    def save(self, data: pd.DataFrame) -> None:
        """Replace the file.

        Args:
            data: Table to write.
        """
        out = io.BytesIO()
        data.to_parquet(out, write_page_checksum=True, index=self._index)
        write_file(f"{self._protocol}://{self._filepath}", out.getvalue())
        self.release()  # a bucket's listing is kept in memory
