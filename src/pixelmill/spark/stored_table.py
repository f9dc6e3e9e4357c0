"""A DataFrame of stored files that Spark opens at the first use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark.sql.classic.dataframe import DataFrame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Self

    from pyspark.sql import DataFrame as AnyDataFrame


class StoredTable(DataFrame):
    """Parquet files as a DataFrame.

    Who reads the files in another way, because they are few, starts neither Spark nor its JVM.

    Args:
        folders: Folders of the files, on disk or as `s3://` URIs; none for a table without rows.
        ddl: Columns and types as Spark's DDL writes them; None where they are read from the files.
        opening: Opens the files as a DataFrame.
    """

    def __new__(cls, *_: object) -> Self:
        return object.__new__(cls)

    def __init__(
        self, folders: Sequence[str], ddl: str | None, opening: Callable[[], AnyDataFrame]
    ) -> None:
        # PySpark's own constructor takes a JVM's object, which is not there yet.
        self.folders = list(folders)
        self.ddl = ddl
        self._opening = opening

    def __getattribute__(self, name: str) -> Any:
        """Open the table before a method is called, whose columns need a session to be made in."""
        if not name.startswith("_") and name not in ("folders", "ddl"):
            self._open()
        return super().__getattribute__(name)

    def __getattr__(self, name: str) -> Any:
        """Open the table for the first attribute that it lacks; later ones are columns."""
        return getattr(self, name) if self._open() else super().__getattr__(name)

    def _open(self) -> bool:
        """Return whether the table was opened now, and not before."""
        if "_jdf" in vars(self):
            return False
        vars(self).update(vars(self._opening()) | vars(self))
        return True
