"""The features of a data set, one folder a fingerprint, that a run extends chunk by chunk."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import fsspec
from kedro.io.core import AbstractDataset

from pixelmill.datasets.parquet_table import spark_path
from pixelmill.errors import InputError
from pixelmill.spark.session import get_session

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

SCHEMA = (
    "path string, size long, modified timestamp, "
    "features array<float>, error string, featurizer string"
)
COMPLETE = "_COMPLETE"
RETIRED = "_retired"


@dataclass(frozen=True)
class FeatureUpdate:
    """One step of a run: rows to add, rows to take out, or the word that nothing is missing.

    Attributes:
        fingerprint: Of the featurizer; names the folder.
        add: Rows of the table's schema.
        remove: Table with a column `path`: all rows of these images leave the table.
        complete: The featurizer's description, where every image of the index has its row now.
    """

    fingerprint: str
    add: "DataFrame | None" = None
    remove: "DataFrame | None" = None
    complete: dict[str, Any] | None = None


class FeatureTable(AbstractDataset[FeatureUpdate, "DataFrame"]):
    """Parquet files `<filepath>/<fingerprint>/part-*`, appended by each chunk of a run.

    Existence is not completeness: a killed run leaves the chunks that it finished. The table
    exists for Kedro only while its `_COMPLETE` stands, which the last step of a run writes and
    the first step of the next one that has work to do takes away.
    """

    def __init__(
        self,
        *,
        filepath: str,
        empty_when_missing: bool = False,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Names the table; touches neither Spark nor the folder.

        Args:
            filepath: Folder that holds one folder for each fingerprint, and `featurizer.json`,
                which names the one to load.
            empty_when_missing: Whether features that nobody computed yet are an empty table
                rather than an error.
            metadata: For Kedro's plugins, as kedro-viz's layer.
        """
        self._filepath = filepath.rstrip("/")
        self._featurizer = f"{self._filepath}/featurizer.json"
        self._empty_when_missing = empty_when_missing
        self.metadata = metadata

    def load(self) -> "DataFrame":
        """The features of the current featurizer as a lazy DataFrame.

        Returns:
            Columns `path`, `size`, `modified`, `features` (array of float32 or null), `error`
            (null or the reason), `featurizer` (fingerprint).

        Raises:
            InputError: Where there are none.
        """
        folder = self._folder()
        if self._empty_when_missing or (folder is not None and _has_files(folder)):
            return stored_features(folder)
        raise InputError(
            f"there are no features in {self._filepath}: "
            "run `kedro run --pipelines featurization` first"
        )

    def save(self, data: FeatureUpdate) -> None:
        """Carries out one step.

        Args:
            data: Rows to add, rows to take out, or the mark of completeness.
        """
        folder = f"{self._filepath}/{data.fingerprint}"
        if data.complete is not None:
            self._mark_complete(folder, data.complete)
            return
        _delete(folder, COMPLETE)
        if data.remove is not None:
            self._remove(folder, data.remove)
        if data.add is not None:
            _append(data.add, folder)

    def _mark_complete(self, folder: str, featurizer: dict[str, Any]) -> None:
        system, path = fsspec.core.url_to_fs(folder)
        system.makedirs(path, exist_ok=True)
        system.pipe_file(f"{path}/{COMPLETE}", json.dumps(featurizer).encode())

    def _remove(self, folder: str, gone: "DataFrame") -> None:
        """Rewrites the files that hold rows of `gone`, which move to `_retired`.

        New files come before old ones go: who dies in between leaves images twice, and the next
        run finds them by that and computes them again.
        """
        from pyspark.sql import functions as F  # noqa: N812 (PySpark's own convention)

        rows = gone.sparkSession.read.schema(SCHEMA).parquet(spark_path(folder))
        held = rows.withColumn("_file", F.input_file_name()).join(gone, "path", "left_semi")
        files = [row[0] for row in held.select("_file").distinct().collect()]
        if not files:
            return
        touched = gone.sparkSession.read.schema(SCHEMA).parquet(*files)
        _append(touched.join(gone, "path", "left_semi"), f"{folder}/{RETIRED}")
        _append(touched.join(gone, "path", "left_anti"), folder)
        system, path = fsspec.core.url_to_fs(folder)
        for file in files:
            system.rm_file(f"{path}/{file.rsplit('/', 1)[1]}")

    def _folder(self) -> str | None:
        system, path = fsspec.core.url_to_fs(self._featurizer)
        if not system.exists(path):
            return None
        return f"{self._filepath}/{json.loads(system.cat_file(path))['fingerprint']}"

    def _exists(self) -> bool:
        folder = self._folder()
        if folder is None:
            return False
        system, path = fsspec.core.url_to_fs(folder)
        return bool(system.exists(f"{path}/{COMPLETE}"))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


def stored_features(folder: str | None) -> "DataFrame":
    """What is there of one featurizer, complete or not, as a lazy DataFrame.

    Args:
        folder: `<filepath>/<fingerprint>`; one without files, or None, is a table without rows.

    Returns:
        Columns as `FeatureTable.load` has them.
    """
    if folder is not None and _has_files(folder):
        return get_session().read.schema(SCHEMA).parquet(spark_path(folder))
    # The filter tells the optimizer that the table is empty: no join is planned with it.
    return get_session().createDataFrame([], SCHEMA).where("false")


def _has_files(folder: str) -> bool:
    system, path = fsspec.core.url_to_fs(folder)
    system.invalidate_cache(path)
    return bool(system.glob(f"{path}/part-*.parquet"))


def _append(rows: "DataFrame", folder: str) -> None:
    # Spark would commit the finished tasks of a run that died along with those of this one.
    _delete(folder, "_temporary")
    rows.write.mode("append").parquet(spark_path(folder))


def _delete(folder: str, name: str) -> None:
    system, path = fsspec.core.url_to_fs(f"{folder}/{name}")
    if system.exists(path):
        system.rm(path, recursive=True)
