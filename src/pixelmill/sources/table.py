"""A table that lists the images by paths or URLs: CSV, Excel, Parquet or lines of text."""

import logging
from itertools import takewhile
from pathlib import Path

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.sources.columns import EXCEL, TEXT, open_table
from pixelmill.sources.index import Images
from pixelmill.sources.listing import DUPLICATE, Sieve, Source
from pixelmill.sources.location_column import location_column
from pixelmill.sources.url_list import Row, lists_urls
from pixelmill.sources.urls import UrlImages, paths_of
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
    """Whether `images` ends like a table; a folder can be Parquet but nothing else."""
    name = images.rstrip("/").lower()
    if name.endswith((".csv", TEXT, *EXCEL)):
        return is_s3(images) or not Path(local_path(images)).is_dir()
    return name.endswith(".parquet")


def open_source(images: str, parameters: IngestionParameters) -> Source:
    """See `pixelmill.sources`."""
    return TableSource(images, parameters)


class TableSource(Source):
    """The images that a table lists, by paths or by URLs.

    Paths may be relative to the table's folder, absolute, or URIs. The images' root is the table's
    folder where all of them lie below it, so that a row more moves no other image; else it is
    their longest common folder. What URLs name is downloaded, see `pixelmill.sources.urls`.

    Args:
        images: The table.
        parameters: Takes `path_column`, `sheet`, `extensions`, `downloads`, and `column` where
            `label` is column.
    """

    def __init__(self, images: str, parameters: IngestionParameters) -> None:
        super().__init__(images)
        self._parameters = parameters
        self._folder, _, self._name = join_root(".", images).rpartition("/")

    def list_images(self) -> Images:
        """See `Source`. Images whose file is missing are listed too, and fail when read."""
        label = self._parameters.column if self._parameters.label == "column" else None
        rows = self._rows(label)
        if lists_urls(rows):
            return UrlImages(self.images, rows, self._parameters.downloads)
        sieve = Sieve(self._parameters.extensions)
        root, values = self._by_path(rows, sieve)
        paths = sorted(values)
        if not paths:
            raise sieve.nothing_found(self.images)
        files = self._find(open_storage(root), paths)
        labels = [values[path] for path in paths] if label else None
        return sieve.listing(root, files, labels)

    def column(self, name: str) -> dict[str, str | None]:
        """See `Source`."""
        rows = self._rows(name)
        if lists_urls(rows):
            return paths_of(rows, self._parameters.downloads)
        return self._by_path(rows, Sieve(self._parameters.extensions))[1]

    def _by_path(self, rows: list[Row], sieve: Sieve) -> tuple[str, dict[str, str | None]]:
        """The images' root, and the column's value by path."""
        values: dict[str, str | None] = {}
        for path, value in rows:
            if not path:
                continue
            location = join_root(self._folder, path)
            if location in values:
                sieve.skip(DUPLICATE, location)
            elif sieve.keep_listed(location):
                values[location] = value
        root = _common_root(list(values), self._folder, self.images)
        start = len(root.rstrip("/")) + 1
        return root, {location[start:]: value for location, value in values.items()}

    def _rows(self, column: str | None) -> list[Row]:
        """Path or URL ('' where there is none) and value of each row."""
        table = open_table(self._folder, self._name, self._parameters.sheet)
        places = location_column(table, self._parameters.path_column)
        found = table.read([places] + ([column] if column and column != places else []))
        values = found[column].to_pylist() if column else [None] * len(found)
        locations = found[places].to_pylist()
        return [(path or "", value or None) for path, value in zip(locations, values, strict=True)]

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
