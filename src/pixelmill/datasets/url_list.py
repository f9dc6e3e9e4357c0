"""The URLs of a list during their collection, removed afterwards because of secrets in them."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io.core import AbstractDataset

from pixelmill.datasets.commit_marker import SUCCESS, commit
from pixelmill.datasets.folders import make_folder, remove_folder
from pixelmill.datasets.parquet_table import problem_of_table, read_parquet
from pixelmill.errors import InputError
from pixelmill.records import StoredUrlList
from pixelmill.storage import is_s3, local_path
from pixelmill.storage.commit import write_marker
from pixelmill.storage.file_systems import find_file_system

if TYPE_CHECKING:
    from kedro.io import DataCatalog
    from kedro.pipeline import Pipeline
    from pyspark.sql import DataFrame

    from pixelmill.spark.types import ArrowTable

FACTS = "_list.json"  # readers of Parquet pass over names that begin so
MISSING_URLS = "_missing"  # folder of those that are asked for, by chunks
ROWS_A_FILE = 1_000_000


@dataclass(frozen=True)
class UrlListing:
    """A list that is read while it is saved.

    Attributes:
        batches: Some thousand rows at a time; none where `images` is no list of URLs.
        facts: Properties of the list after its last row was read.
    """

    batches: Iterable["ArrowTable"]
    facts: Callable[[], StoredUrlList]


@dataclass(frozen=True)
class StoredList:
    """A list that was saved.

    Attributes:
        folder: Folder of the rows.
        facts: Properties of the list.
    """

    folder: str
    facts: StoredUrlList

    def rows(self) -> "DataFrame":
        """Return the rows as a lazy DataFrame."""
        own = (f"`{name.replace('`', '``')}` string" for name in self.facts["columns"].values())
        schema = ", ".join(("position long", "url_id string", "url string", "host string", *own))
        return read_parquet([self.folder], schema)

    def url_ids(self) -> "DataFrame":
        """Return the column `url_id`, which is read without Spark where the list is small."""
        return read_parquet([self.folder], "url_id string")


def release_left_lists(catalog: "DataCatalog", pipeline: "Pipeline") -> None:
    """Remove the lists that runs left which were killed or failed, as they hold whole URLs.

    A list that this run goes on with stays: it begins after the node that made it.

    Args:
        catalog: Catalog of the run.
        pipeline: Nodes that run.
    """
    taken = pipeline.inputs()
    for name in catalog:
        if name.endswith("url_list") and name not in taken:
            catalog.release(name)


def _make_private_folder(folder: str) -> None:
    """Make a folder that only its owner may enter on disk; in a bucket its policy decides."""
    make_folder(folder)
    if not is_s3(folder):
        Path(local_path(folder)).chmod(0o700)


class UrlListTable(AbstractDataset[UrlListing, StoredList]):
    """Parquet files of a list's rows, which are removed when the last node has read them."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the table; touches neither Spark nor the folder.

        Args:
            filepath: Folder of the table, on disk or as an `s3://` URI.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> StoredList:
        """Return the list; no row is read.

        Raises:
            InputError: There is no list, or half of one.
        """
        if reason := problem_of_table(self._filepath):
            raise InputError(
                f"there is no list in {self._filepath}: run `kedro run --pipelines collection` "
                f"first ({reason})"
            )
        system, path = find_file_system(self._filepath)
        return StoredList(self._filepath, json.loads(system.cat_file(f"{path}/{FACTS}")))

    def save(self, data: UrlListing) -> None:
        """Replace the list, reading it as it is written.

        Args:
            data: The list.
        """
        self._release()
        _make_private_folder(self._filepath)
        self._write(data.batches)
        write_marker(self._filepath, FACTS, json.dumps(data.facts()).encode())
        commit(self._filepath, self._filepath, SUCCESS)

    def _write(self, batches: Iterable["ArrowTable"]) -> None:
        from pyarrow import parquet

        system, path = find_file_system(self._filepath)
        writer, rows = None, 0
        try:
            for batch in batches:
                if writer is None or rows % ROWS_A_FILE + len(batch) > ROWS_A_FILE:
                    if writer is not None:
                        writer.close()
                    place = f"{path}/part-{rows:012d}.parquet"
                    writer = parquet.ParquetWriter(place, batch.schema, filesystem=system)
                writer.write_table(batch)
                rows += len(batch)
        finally:
            if writer is not None:
                writer.close()

    def _release(self) -> None:
        system, path = find_file_system(self._filepath)
        if system.exists(path):
            remove_folder(system, path)

    def _exists(self) -> bool:
        return problem_of_table(self._filepath) is None

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
