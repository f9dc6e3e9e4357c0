"""A table that lists the images: CSV or Parquet, on disk or S3, with a column of paths."""

import logging
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.sources.columns import read_columns
from pixelmill.sources.listing import DUPLICATE, Listing, Sieve, Source
from pixelmill.storage import (
    EPOCH,
    Storage,
    StoredFile,
    child,
    is_s3,
    join_root,
    local_path,
    open_storage,
)

ORDER = 20

logger = logging.getLogger(__name__)


def recognises(images: str) -> bool:
    """Whether `images` ends like a table; a folder can be Parquet but not CSV."""
    name = images.rstrip("/").lower()
    if name.endswith(".csv"):
        return is_s3(images) or not Path(local_path(images)).is_dir()
    return name.endswith(".parquet")


def open_source(images: str, parameters: IngestionParameters) -> Source:
    """See `pixelmill.sources`."""
    return TableSource(images, parameters)


class TableSource(Source):
    """The images that a table lists.

    Paths may be relative to the table's folder, absolute, or URIs. The images' root is the table's
    folder where all of them lie below it, so that a row more moves no other image; else it is
    their longest common folder.

    Args:
        images: The table.
        parameters: Takes `path_column`, `extensions`, and `column` where `label` is column.
    """

    def __init__(self, images: str, parameters: IngestionParameters) -> None:
        super().__init__(images)
        self._parameters = parameters
        self._folder, _, self._name = join_root(".", images).rpartition("/")

    def list_images(self) -> Listing:
        """See `Source`. Images whose file is missing are listed too, and fail when read."""
        sieve = Sieve(self._parameters.extensions)
        label = self._parameters.column if self._parameters.label == "column" else None
        root, values = self._by_path(label, sieve)
        paths = sorted(values)
        if not paths:
            raise sieve.nothing_found(self.images)
        files = self._find(open_storage(root), paths)
        labels = [values[path] for path in paths] if label else None
        return sieve.listing(root, files, labels)

    def column(self, name: str) -> dict[str, str | None]:
        """See `Source`."""
        return self._by_path(name, Sieve(self._parameters.extensions))[1]

    def _by_path(self, column: str | None, sieve: Sieve) -> tuple[str, dict[str, str | None]]:
        """The images' root, and the column's value by path."""
        values: dict[str, str | None] = {}
        for location, value in self._rows(column):
            if location in values:
                sieve.skip(DUPLICATE, location)
            elif sieve.keep_listed(location):
                values[location] = value
        root = _common_root(list(values), self._folder, self.images)
        start = len(root.rstrip("/")) + 1
        return root, {location[start:]: value for location, value in values.items()}

    def _rows(self, column: str | None) -> Iterator[tuple[str, str | None]]:
        """Location and value of each row that has a path."""
        path_column = self._parameters.path_column
        names = [path_column] + ([column] if column else [])
        table = read_columns(self._folder, self._name, names)
        values = table[column].to_pylist() if column else [None] * len(table)
        for path, value in zip(table[path_column].to_pylist(), values, strict=True):
            if path:
                yield join_root(self._folder, path), value or None

    def _find(self, storage: Storage, paths: list[str]) -> list[StoredFile]:
        found = storage.find_files(paths)
        missing = [path for path, file in zip(paths, found, strict=True) if file is None]
        if len(missing) == len(paths):
            raise InputError(
                f"None of the {len(paths)} files that {self.images} lists exists, for example "
                f"{child(storage.root, missing[0])}: its paths must be relative to its folder, "
                "absolute, or URIs."
            )
        if missing:
            logger.warning(
                "%d of the %d files that %s lists do not exist, for example %s.",
                len(missing), len(paths), self.images, missing[0],
            )  # fmt: skip
        pairs = zip(paths, found, strict=True)
        return [file or StoredFile(path, 0, EPOCH) for path, file in pairs]


def _common_root(locations: list[str], folder: str, images: str) -> str:
    """The table's folder if all locations are below it, else their longest common folder."""
    if all(location.startswith(f"{folder}/") for location in locations):
        return folder or "/"
    folders = [location.split("/")[:-1] for location in locations]
    same = takewhile(lambda pair: pair[0] == pair[1], zip(min(folders), max(folders), strict=False))
    parts = [part for part, _ in same]
    if not parts or (parts[0] == "s3:" and len(parts) < 3):
        raise InputError(
            f"{images} lists images of different buckets or of disk and S3: give a table for each."
        )
    return "/".join(parts) or "/"
