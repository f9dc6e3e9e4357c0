"""A table that lists the images by paths or URLs: CSV, Excel, Parquet, JSON lines or text."""

import logging
import re
import unicodedata
from pathlib import Path

from pixelmill.errors import InputError
from pixelmill.pages.formatting import quantity
from pixelmill.parameters import IngestionParameters
from pixelmill.sources.columns import EXCEL, FILES, TEXT, Table, open_table
from pixelmill.sources.index import Images
from pixelmill.sources.listing import DUPLICATE, ImageFilter, Source, repeat
from pixelmill.sources.location_column import location_column
from pixelmill.sources.spelling import common_folder, locate
from pixelmill.sources.url_list import JUDGED, Row, is_url, lists_urls
from pixelmill.storage import (
    EPOCH,
    Storage,
    StoredFile,
    child,
    is_s3,
    join_root,
    local_path,
    open_storage,
    split_location,
)
from pixelmill.untrusted_text import safe_text, shown_url

ORDER = 20

NO_PATH = "no path"
_PATH_AND_MORE = re.compile(r".*\.[A-Za-z]\w{2,3}[\s,;]+\S+")
_LONGEST_LINE = 500  # characters; of a longer one the expression takes long
_WINDOWS_DISK = re.compile(r"(?:.*/)?[A-Za-z]:/")

logger = logging.getLogger(__name__)


def recognises(images: str) -> bool:
    """Return whether `images` ends like a table; a folder can be Parquet but nothing else."""
    name = images.rstrip("/").lower()
    if name.endswith(FILES):
        return is_s3(images) or not Path(local_path(images)).is_dir()
    return name.endswith(".parquet")


def open_source(images: str, parameters: IngestionParameters) -> Source:
    """Return the source of a table.

    Raises:
        InputError: A sheet is named, and the table is no Excel file.
    """
    if parameters.sheet is not None and not images.lower().endswith(EXCEL):
        raise InputError(
            f"ingestion.sheet is {parameters.sheet!r}, but {images} is no Excel file: leave it out."
        )
    return TableSource(images, parameters)


class TableSource(Source):
    """The images that a table lists, by paths or by URLs.

    Paths may be relative to the table's folder, absolute, or URIs. The images' root is the table's
    folder where all of them are below it, so that a row more moves no other image; else it is
    their longest common folder. What URLs name is downloaded by `pixelmill.collection`.

    Args:
        images: The table.
        parameters: Parameters; uses `path_column`, `sheet`, `encoding`, `extensions`, `exclude`,
            and `column` where `label` is column.

    Raises:
        InputError: An encoding is named, and the table is no text.
    """

    is_table = True

    def __init__(self, images: str, parameters: IngestionParameters) -> None:
        super().__init__(images)
        if parameters.encoding is not None and not _is_text(images):
            raise InputError(
                f"ingestion.encoding is {parameters.encoding!r}, but {images} is neither CSV nor "
                "text: leave it out."
            )
        self._parameters = parameters
        self._folder, self._name = split_location(open_storage(images).root)

    def list_images(self) -> Images:
        """List the images; missing files are listed too, and fail when read."""
        label = self._parameters.column if self._parameters.label == "column" else None
        rows = self._rows(label)
        self._refuse_urls(rows)
        image_filter = self._image_filter()
        root, values = self._by_path(rows, image_filter)
        paths = sorted(values)
        if not paths:
            raise self._nothing(rows, image_filter)
        files = self._find(open_storage(root), paths)
        labels = [values[path] for path in paths] if label else None
        return image_filter.listing(root, files, labels)

    def column(self, name: str) -> dict[str, str | None]:
        """Return a column of the table by image path."""
        rows = self._rows(name)
        self._refuse_urls(rows)
        image_filter = self._image_filter()
        _, values = self._by_path(rows, image_filter)
        self._warn(name, image_filter.contradictions)
        return values

    def open(self) -> tuple[Table, str]:
        """Open the table and find the column that says where the images are.

        Returns: The table, and the name of the column.

        Raises:
            InputError: There is no table, or no such column.
        """
        table = open_table(
            self._folder, self._name, self._parameters.sheet, self._parameters.encoding
        )
        return table, location_column(table, self._parameters.path_column)

    def _refuse_urls(self, rows: list[Row]) -> None:
        if lists_urls(place for place, _ in rows[:JUDGED]):
            raise InputError(
                f"{self.images} lists URLs, and their images have to be collected first: run "
                "`kedro run --pipelines collection` with it."
            )
        if url := next((place for place, _ in rows if is_url(place)), None):
            raise InputError(
                f"{self.images} lists paths, and URLs among them ({shown_url(url)}): give a list "
                "for each."
            )

    def _warn(self, column: str, contradictions: dict[str, list[str]]) -> None:
        for place, values in list(contradictions.items())[:1]:
            logger.warning(
                "%s with several values in column %s of %s, of which the first counts: for "
                "example %s (%s).",
                quantity(len(contradictions), "image"), column, self.images, place,
                ", ".join(values),
            )  # fmt: skip

    def _image_filter(self) -> ImageFilter:
        return ImageFilter(self._parameters.extensions, self._parameters.exclude)

    def _by_path(
        self, rows: list[Row], image_filter: ImageFilter
    ) -> tuple[str, dict[str, str | None]]:
        """Return the images' root, and the column's value by path."""
        values: dict[str, str | None] = {}
        locations = locate(self._folder, (path for path, _ in rows if path))
        for number, (path, value) in enumerate(rows, 1):
            if not path:
                image_filter.skip(NO_PATH, f"row {number}")
                continue
            location = locations.get(path) or join_root(self._folder, path)
            if location in values:
                image_filter.skip(DUPLICATE, location)
                repeat(values, location, value, image_filter.contradictions)
            elif image_filter.keep_listed(location):
                values[location] = value
        if not values:
            return self._folder, {}
        root = _common_root(list(values), self._folder, self.images)
        start = len(root.rstrip("/")) + 1
        below = {location[start:]: value for location, value in values.items()}
        return root, {path: below[path] for path in below if not image_filter.excludes(path)}

    def _rows(self, column: str | None) -> list[Row]:
        """Return the path or URL ('' if there is none) and value of each row."""
        table, places = self.open()
        found = table.read([places, column] if column else [places])
        locations = found[0].to_pylist()
        if not any(locations):
            rows = f"its column {places!r} is empty in all {len(locations)} rows"
            raise InputError(
                f"There are no images in {self.images}: {rows if locations else 'it has no rows'}."
            )
        values = map(_one_form, found[1].to_pylist()) if column else [None] * len(locations)
        return [(path or "", value) for path, value in zip(locations, values, strict=True)]

    def _nothing(self, rows: list[Row], image_filter: ImageFilter) -> InputError:
        more = next((path for path, _ in rows if _has_more_than_a_path(path)), None)
        if more and self._name.lower().endswith(TEXT):
            return InputError(
                f"There are no images in {self.images}: a line of a text file is a path, and here "
                f"more is on it ('{safe_text(more)}'). Give paths and labels as a CSV file "
                "whose first line is path,label."
            )
        return image_filter.nothing_found(self.images)

    def _find(self, storage: Storage, paths: list[str]) -> list[StoredFile]:
        found = storage.find_files(paths)
        missing = [path for path, file in zip(paths, found, strict=True) if file is None]
        if len(missing) == len(paths):
            place = child(storage.root, missing[0])
            on_windows = " (not on a disk of Windows)" if _WINDOWS_DISK.match(place) else ""
            raise InputError(
                f"None of the {len(paths)} files that {self.images} lists exists, for example "
                f"{place}: its paths must be relative to its folder, absolute{on_windows}, or URIs."
            )
        if missing:
            logger.warning(
                "%d of the %d files that %s lists do not exist, for example %s.",
                len(missing), len(paths), self.images, missing[0],
            )  # fmt: skip
        pairs = zip(paths, found, strict=True)
        return [file or StoredFile(path, 0, EPOCH) for path, file in pairs]


def _has_more_than_a_path(line: str) -> bool:
    return len(line) <= _LONGEST_LINE and _PATH_AND_MORE.fullmatch(line) is not None


def _is_text(images: str) -> bool:
    return images.lower().endswith(FILES) and not images.lower().endswith(EXCEL)


def _one_form(value: str | None) -> str | None:
    """Return the value with accents in their letters: two programs that write it make no two
    classes.
    """
    return value and unicodedata.normalize("NFC", value)


def _common_root(locations: list[str], folder: str, images: str) -> str:
    """Return the table's folder if all locations are below it, else their longest common folder."""
    if all(location.startswith(f"{folder}/") for location in locations):
        return folder or "/"
    root = common_folder(locations)
    if root is None:
        raise InputError(
            f"{images} lists images of different buckets or of disk and S3: give a table for each."
        )
    return root
