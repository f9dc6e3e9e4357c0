"""A table of Parquet files that exists only when it is complete."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NewType
from urllib.parse import unquote
from uuid import uuid4

from kedro.io.core import AbstractDataset

from pixelmill.datasets.commit_marker import DATA, SUCCESS, commit, list_folder, problem
from pixelmill.datasets.folders import write_rows
from pixelmill.datasets.small_tables import DataFile, few_files
from pixelmill.errors import UNREADABLE, DamagedFileError, InputError
from pixelmill.spark.paths import path_to_read, path_to_write
from pixelmill.spark.session import get_session
from pixelmill.spark.tables import as_spark, is_in_memory
from pixelmill.storage.file_systems import find_file_system

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from pixelmill.spark.types import ArrowTable, Table

PREVIEW_ROWS = 20
TablePreview = NewType("TablePreview", dict[str, Any])  # kedro-viz goes by this name


class ParquetTable(AbstractDataset["DataFrame | ArrowTable", "DataFrame"]):
    """A Spark table in one folder, replaced as a whole by every save.

    `_SUCCESS` is written last and lists the files. A folder without it was left by a run that died,
    and one with other files lost some: neither exists for Kedro (`--only-missing-outputs`), and
    loading it says so.

    Example:
        >>> ParquetTable(filepath="data/02_intermediate/digits/image_index").exists()
        False
    """

    def __init__(
        self, *, filepath: str, schema: str | None = None, metadata: dict[str, Any] | None = None
    ) -> None:
        """Name the table; touches neither Spark nor the folder.

        Args:
            filepath: Folder of the table, on disk or as an `s3://` URI.
            schema: Columns and types as Spark's DDL writes them; None has a Spark job look for
                them in the files.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath
        self._schema = schema
        self.metadata = metadata

    def load(self) -> "DataFrame":
        """Return the table as a lazy DataFrame.

        Raises:
            InputError: If there is no table, or half of one.
        """
        if reason := problem_of_table(self._filepath):
            raise InputError(
                f"there is no finished table in {self._filepath}: run the pipeline that writes it "
                f"(`kedro run`) first ({reason})"
            )
        return read_parquet([self._filepath], self._schema)

    def save(self, data: "DataFrame | ArrowTable") -> None:
        """Replace the table.

        Args:
            data: Table to write; it may not read from this very table. A table that is in memory
                anyway is written without Spark.
        """
        write_parquet(data, self._filepath)
        commit(self._filepath, self._filepath, SUCCESS)

    def preview(self, nrows: int = PREVIEW_ROWS) -> TablePreview:
        """Return the first rows for kedro-viz, read without Spark.

        Args:
            nrows: Number of rows.

        Returns:
            `index`, `columns` and `data` of kedro-viz's table preview.
        """
        import pyarrow.dataset as arrow

        system, path = find_file_system(self._filepath)
        files = [f"{path}/{name}" for name in sorted(list_folder(self._filepath).sizes)]
        rows = arrow.dataset(files, filesystem=system, format="parquet").head(nrows).to_pandas()
        return TablePreview(rows.astype(str).to_dict(orient="split"))

    def _exists(self) -> bool:
        return problem_of_table(self._filepath) is None

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


def read_parquet(folders: Sequence[str], schema: str | None = None) -> "DataFrame":
    """Read the data files of folders, and no other files there.

    Spark lists the files of a large table now. Those of a small one are listed here, and opened by
    Spark when something is asked of it.

    Args:
        folders: Folders on disk or as `s3://` URIs.
        schema: As of `ParquetTable`.
    """
    from pixelmill.spark.stored_table import StoredTable

    files = few_files(folders)
    if files is None:
        return _opened(folders, schema)
    return StoredTable(folders, schema, partial(_opened_whole, folders, schema, files))


def _opened_whole(
    folders: Sequence[str], schema: str | None, files: Sequence[DataFile]
) -> "DataFrame":
    """Return the table, refused where a file went since it was loaded."""
    table = _opened(folders, schema)
    found = {unquote(file).rpartition("/")[2] for file in table.inputFiles()}
    for file in files:
        if file.place.rpartition("/")[2] not in found:
            raise DamagedFileError(file.place, "it is missing")
    return table


def _opened(folders: Sequence[str], schema: str | None) -> "DataFrame":
    # Spark takes two tables of the same folder and options for one, whatever files were there: what
    # it kept of an earlier one (`persist`) would be the rows of this one.
    reader = get_session().read.options(pathGlobFilter=f"{DATA}*", load=uuid4().hex)
    if schema is not None:
        reader = reader.schema(schema)
    return reader.parquet(*map(path_to_read, folders))


def write_parquet(data: "Table", folder: str, by: str | None = None) -> None:
    """Replace the Parquet files of a folder, without a marker.

    Args:
        data: Rows to write, which may not read from this very folder. A table that is in memory
            anyway is written without Spark, unless by the values of a column.
        folder: Folder on disk or `s3://` URI.
        by: Column whose values have a folder each, `<by>=<value>`; None for files of all rows.
    """
    if is_in_memory(data) and by is None:
        write_rows(data, folder)
        return
    # Spark's own marker would count before ours is there.
    writer = as_spark(data).write.option(
        "mapreduce.fileoutputcommitter.marksuccessfuljobs", "false"
    )
    if by is not None:
        writer = writer.partitionBy(by)
    writer.mode("overwrite").parquet(path_to_write(folder))


def problem_of_table(folder: str) -> str | None:
    """Return why a folder is not a complete and undamaged table; None if it is.

    Args:
        folder: Folder on disk or `s3://` URI.
    """
    system, path = find_file_system(folder)
    try:
        marker = system.cat_file(f"{path}/{SUCCESS}")
    except FileNotFoundError:
        return f"it has no {SUCCESS}"
    return problem(folder, marker, list_folder(folder))


def holds_unreadable(folders: list[str]) -> bool:
    """Return whether some rows are of images that could not be read, which is tried again.

    Args:
        folders: Folders of Parquet files with a column `error`, on disk or as `s3://` URIs.
    """
    import pyarrow.compute as pc
    import pyarrow.dataset as ds

    for folder in folders:
        system, path = find_file_system(folder)
        files = [f"{path}/{name}" for name in list_folder(folder).sizes]
        unreadable = pc.starts_with(ds.field("error"), UNREADABLE)
        if files and ds.dataset(files, filesystem=system, format="parquet").count_rows(unreadable):
            return True
    return False
