"""The features of a data set, a folder for each fingerprint, which runs extend chunk by chunk."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kedro.io.core import AbstractDataset

from pixelmill.datasets.chunks import (
    PREFIX,
    add_chunk,
    chunk_folders,
    drop_chunks,
)
from pixelmill.datasets.completeness import (
    COMPLETE,
    check_features,
    current_fingerprint,
    mark_complete,
    reopen,
    why_refused,
)
from pixelmill.datasets.image_index import find_state
from pixelmill.datasets.parquet_table import holds_unreadable, read_parquet
from pixelmill.errors import InputError
from pixelmill.spark.session import get_session
from pixelmill.storage.file_systems import find_file_system
from pixelmill.tables import FEATURES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

RETIRED = "_retired"


@dataclass(frozen=True)
class FeatureUpdate:
    """One step of a run: rows to add, rows to remove, or the completion marker.

    Attributes:
        fingerprint: Featurizer fingerprint; names the folder.
        add: Rows of the table's schema.
        remove: Table with a column `path`: all rows of these images leave the table.
        complete: The featurizer's description, where every image of the index has its row now.
    """

    fingerprint: str
    add: "DataFrame | None" = None
    remove: "DataFrame | None" = None
    complete: dict[str, Any] | None = None


class FeatureTable(AbstractDataset[FeatureUpdate, "DataFrame"]):
    """Chunks `<filepath>/<fingerprint>/chunk=*/part-*`, one more for each step of a run.

    A reader sees a chunk whole or not at all (`pixelmill.datasets.chunks`). Existence is not
    completeness: a killed run leaves the chunks that it finished. The table exists for Kedro only
    while its `_COMPLETE` exists, which the last step of a run writes and the first step of the
    next one that has work to do takes away; and only while the image index lists the files that
    it listed then.
    """

    def __init__(
        self,
        *,
        filepath: str,
        empty_when_missing: bool = False,
        image_index: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name the table; touches neither Spark nor the folder.

        Args:
            filepath: Folder that holds one folder for each fingerprint, and `featurizer.json`,
                which names the one to load.
            empty_when_missing: Whether features that were not computed yet are an empty table
                rather than an error.
            image_index: Folder of the image index; None where the table is compared with none.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath.rstrip("/")
        self._empty_when_missing = empty_when_missing
        self._image_index = image_index
        self._saved: set[str] = set()  # fingerprints
        self.metadata = metadata

    def load(self) -> "DataFrame":
        """Return the features of the current featurizer as a lazy DataFrame.

        Returns:
            Columns `path`, `size`, `modified`, `features` (array of float32 or null), `error`
            (null or the reason), `featurizer` (fingerprint), `decoder` (version and limits; null
            in rows of early versions).

        Raises:
            InputError: If there are none, they are not complete, or they are of other images
                than the image index.
        """
        folder = self._folder()
        if self._empty_when_missing:
            return stored_features(folder)
        if folder is None or not chunk_folders(folder):
            raise InputError(
                f"there are no features in {self._filepath}: "
                "run `kedro run --pipelines featurization` first"
            )
        if self._image_index is not None:
            check_features(folder, self._image_index)
        return stored_features(folder)

    def save(self, data: FeatureUpdate) -> None:
        """Carry out one step.

        Args:
            data: Rows to add, rows to remove, or the completion marker.
        """
        folder = f"{self._filepath}/{data.fingerprint}"
        self._saved.add(data.fingerprint)
        if data.complete is not None:
            mark_complete(folder, data.complete, self._image_index)
            return
        reopen(folder)
        if data.remove is not None:
            self._remove(folder, data.remove)
        if data.add is not None:
            add_chunk(data.add, folder)

    def places(self) -> list[str]:
        """Return the completion marker and the chunks of the current featurizer."""
        folder = self._folder()
        return [] if folder is None else [f"{folder}/{COMPLETE}", *chunk_folders(folder)]

    def is_unfinished(self) -> bool:
        """Return whether the saved rows include unreadable images, which are tried again."""
        folders = (f"{self._filepath}/{mark}" for mark in self._saved)
        return any(holds_unreadable(chunk_folders(folder)) for folder in folders)

    def _remove(self, folder: str, gone: "DataFrame") -> None:
        """Rewrite the chunks that hold rows of `gone`, which move to `_retired`.

        The new chunk comes before the old ones go: who dies in between leaves images twice, and
        the next run finds them by that and computes them again.
        """
        touched = _chunks_with(gone, chunk_folders(folder))
        if not touched:
            return
        rows = _read(touched)
        add_chunk(rows.join(gone, "path", "left_semi"), f"{folder}/{RETIRED}")
        add_chunk(rows.join(gone, "path", "left_anti"), folder)
        drop_chunks(folder, touched)

    def _folder(self) -> str | None:
        fingerprint = current_fingerprint(self._filepath)
        return fingerprint and f"{self._filepath}/{fingerprint}"

    def _exists(self) -> bool:
        try:
            folder = self._folder()
        except InputError:
            return False
        if folder is None:
            return False
        if self._image_index is None:
            system, path = find_file_system(folder)
            return bool(system.exists(f"{path}/{COMPLETE}"))
        return find_state(self._image_index) is not None and not why_refused(
            folder, self._image_index
        )

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


def stored_features(folder: str | None) -> "DataFrame":
    """Return the stored features of one featurizer, complete or not, as a lazy DataFrame.

    Args:
        folder: `<filepath>/<fingerprint>`; one without chunks, or None, is a table without rows.

    Returns:
        Columns as `FeatureTable.load` has them.
    """
    chunks = [] if folder is None else chunk_folders(folder)
    if chunks:
        return _read(chunks)
    from pixelmill.spark.stored_table import StoredTable

    return StoredTable([], FEATURES, _nothing)


def _nothing() -> "DataFrame":
    # By the filter the optimizer knows that the table is empty: no join is planned with it.
    return get_session().createDataFrame([], FEATURES).where("false")


def _read(chunks: list[str]) -> "DataFrame":
    return read_parquet(chunks, FEATURES)


def _chunks_with(images: "DataFrame", chunks: list[str]) -> list[str]:
    """Return those of the chunks that hold a row of the images."""
    from pixelmill.spark import functions as sf

    if not chunks:
        return []
    name = sf.regexp_extract(sf.input_file_name(), rf"/({PREFIX}\w+)/", 1).alias("chunk")
    held = _read(chunks).select("path", name).join(images, "path", "left_semi")
    names = {row.chunk for row in held.select("chunk").distinct().collect()}
    return [chunk for chunk in chunks if chunk.rpartition("/")[2] in names]
