"""The splits of a data set, a table that the next run reads before it replaces it."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kedro.io.core import AbstractDataset, DatasetError

from pixelmill.datasets.commit_marker import SUCCESS, commit, list_folder
from pixelmill.datasets.folders import make_folder, remove_folder
from pixelmill.datasets.image_index import find_state, outdated, read_state, write_state
from pixelmill.datasets.parquet_table import (
    ParquetTable,
    TablePreview,
    problem_of_table,
    write_parquet,
)
from pixelmill.errors import InputError
from pixelmill.storage.commit import check_commit
from pixelmill.storage.file_systems import find_file_system
from pixelmill.storage.sealed_json import DIGEST, is_unchanged, sealed_json
from pixelmill.tables import SPLITS

if TYPE_CHECKING:
    from pixelmill.spark.types import DataFrame, Table

RECORD = "_splitting.json"
LEFT_OUT = "left_out"
"""Split of an image that is neither trained on nor tested; ': ' and a finding may follow."""


@dataclass(frozen=True)
class Splits:
    """A table of splits and what made it.

    Attributes:
        table: Columns `path`, `label`, `split`.
        splitting: The parameters of `splitting` that it depends on; empty where they are unknown.
    """

    table: "Table"
    splitting: dict[str, Any]


class SplitsTable(AbstractDataset[Splits, "DataFrame"]):
    """A Parquet table, and `_splitting.json` with the parameters that made it.

    The rows of a new table may come from the old one, and no kill may lose both. So the new table
    is written beside the old one, in `_<name>_next`; once whole, it counts. It is then copied to
    its place, `_SUCCESS` last, and removed. Whoever finds it whole finishes the copying first.

    Like any `ImageTable` it is refused once the image index lists other images.

    Example:
        >>> folder = "data/02_intermediate/nowhere"
        >>> SplitsTable(filepath=f"{folder}/splits", image_index=f"{folder}/image_index").exists()
        False
    """

    def __init__(
        self, *, filepath: str, image_index: str, metadata: dict[str, Any] | None = None
    ) -> None:
        """Name the table; touches neither Spark nor the folder.

        Args:
            filepath: Folder of the table, on disk or as an `s3://` URI.
            image_index: Folder of the image index.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._place = SplitsFolder(filepath)
        self._image_index = image_index
        self.metadata = metadata

    def load(self) -> "DataFrame":
        """Return the table as a lazy DataFrame.

        Raises:
            InputError: If there is no table, half of one, or one of other images.
        """
        table = self._place.table()
        if table.exists() and not self._is_current():
            raise InputError(outdated(self._place.current(), "splitting"))
        return table.load()

    def save(self, data: Splits) -> None:
        """Replace the table.

        Args:
            data: New splits; they may be computed from this very table.
        """
        following = self._place.following
        _remove(following)
        write_parquet(data.table, following)
        write_state(following, read_state(self._image_index))
        system, path = find_file_system(following)
        system.pipe_file(f"{path}/{RECORD}", sealed_json(data.splitting))
        commit(following, following, SUCCESS)
        self._place.finish()

    def preview(self) -> TablePreview:
        """Return the first rows for kedro-viz, read without Spark."""
        return self._place.table().preview()

    def places(self) -> list[str]:
        """Return the folder of the table that counts."""
        return [self._place.current()]

    def _is_current(self) -> bool:
        return find_state(self._place.current()) == read_state(self._image_index)

    def _exists(self) -> bool:
        return self._place.table().exists() and self._is_current()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._place.folder}


class StoredSplits(AbstractDataset[None, Splits | None]):
    """What an earlier run left in the place of a `SplitsTable`; None where there is nothing.

    Example:
        >>> StoredSplits(filepath="data/02_intermediate/nowhere/splits").load()
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the table; touches neither Spark nor the folder.

        Args:
            filepath: Folder of the `SplitsTable`.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._place = SplitsFolder(filepath)
        self.metadata = metadata

    def load(self) -> Splits | None:
        """Return the table as a lazy DataFrame, and the parameters that made it.

        Raises:
            InputError: The table is damaged. Splits that grew by several runs cannot be drawn
                again, and others would train on images that were tested before.
        """
        self._place.finish()
        if not list_folder(self._place.folder).sizes:
            return None
        if reason := problem_of_table(self._place.folder):
            raise InputError(self._place.damaged(reason))
        return Splits(self._place.table().load(), self._place.record())

    def save(self, data: None) -> None:
        """Refuses: the table is written as `splits`."""
        raise DatasetError(f"{type(data).__name__} cannot be saved here: save through SplitsTable")

    def places(self) -> list[str]:
        """Return the folder of the table that counts."""
        return [self._place.current()]

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._place.folder}


class SplitsFolder:
    """The folder of a table, and the one beside it where the next table is written.

    Args:
        filepath: Folder of the table, on disk or as an `s3://` URI.
    """

    def __init__(self, filepath: str) -> None:
        self.folder = filepath.rstrip("/")
        parent, _, name = self.folder.rpartition("/")
        self.following = f"{parent}/_{name}_next" if parent else f"_{name}_next"

    def current(self) -> str:
        """Return the folder of the table that counts."""
        return self.following if _is_whole(self.following) else self.folder

    def table(self) -> ParquetTable:
        """Return the current table, which need not exist."""
        return ParquetTable(filepath=self.current(), schema=SPLITS)

    def record(self) -> dict[str, Any]:
        """Return the parameters that made the table; empty for one of an early version.

        Raises:
            InputError: The stored parameters are damaged.
        """
        system, path = find_file_system(f"{self.current()}/{RECORD}")
        if not system.exists(path):
            if system.cat_file(path.removesuffix(RECORD) + SUCCESS):
                raise InputError(self.damaged(f"{RECORD} is missing"))
            return {}
        try:
            record = dict(json.loads(system.cat_file(path)))
        except (ValueError, TypeError) as error:
            raise InputError(self.damaged(f"{RECORD} is no JSON")) from error
        if DIGEST in record and not is_unchanged(record):
            raise InputError(self.damaged(f"{RECORD} was changed"))
        return {name: value for name, value in record.items() if name != DIGEST}

    def damaged(self, reason: str) -> str:
        """Return the sentence about a table that cannot be repaired.

        Args:
            reason: What is wrong with it.
        """
        return (
            f"the splits in {self.current()} are damaged ({reason}): restore the folder from a "
            "copy, or remove it to have new splits drawn (what was trained before is then tested "
            "on images that it may have seen)"
        )

    def finish(self) -> None:
        """Move a whole table that was written beside the old one to its place."""
        if not _is_whole(self.following):
            return
        check_commit()
        _remove(self.folder)
        system, source = find_file_system(self.following)
        _, target = find_file_system(self.folder)
        make_folder(self.folder)
        names = [str(file)[len(source) + 1 :] for file in system.find(source)]
        for name in sorted(names, key=SUCCESS.__eq__):
            system.cp_file(f"{source}/{name}", f"{target}/{name}")
        _remove(self.following)


def _is_whole(folder: str) -> bool:
    system, path = find_file_system(folder)
    return bool(system.exists(f"{path}/{RECORD}")) and problem_of_table(folder) is None


def _remove(folder: str) -> None:
    """Remove a table, first its completion marker."""
    system, path = find_file_system(folder)
    for place in (f"{path}/{SUCCESS}", path):
        if system.exists(place):
            remove_folder(system, place)
