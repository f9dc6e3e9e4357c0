"""The interactive map as a page, with its sprite sheets in a folder beside it."""

from typing import Any

from kedro.io.core import AbstractDataset

from pixelmill.datasets.folders import make_folder, remove_folder, write_file
from pixelmill.map_page import MapPage
from pixelmill.storage.file_systems import find_file_system

PAGE_TYPE = "text/html; charset=utf-8"
SHEET_TYPE = "image/webp"


class MapPageFile(AbstractDataset[MapPage, str]):
    """A map in an HTML file, on disk or in a bucket.

    What the page has no room for goes into `<name of the page>_files`, where browsers also put
    what they save with a page, and where the page looks for it, whatever both are called.

    Example:
        >>> MapPageFile(filepath="data/08_reporting/digits/map.html").exists()
        False
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the file; touches neither disk nor network.

        Args:
            filepath: Path of the page, on disk or as an `s3://` URI.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> str:
        """Return the page alone, as HTML."""
        system, path = find_file_system(self._filepath)
        return bytes(system.cat_file(path)).decode("utf-8")

    def save(self, data: MapPage) -> None:
        """Write the page and its sheets, and remove the sheets of the page before it.

        The sheets come first, under other names than those before: whichever page is there finds
        its own.

        Args:
            data: The page and its sheets.
        """
        folder = self._folder()
        make_folder(folder if data.files else folder.rpartition("/")[0] or ".")
        for name, sheet in data.files.items():
            self._write(f"{folder}/{name}", sheet, SHEET_TYPE)
        self._write(self._filepath, data.html.encode("utf-8"), PAGE_TYPE)
        self._keep_sheets(set(data.files))

    def remove(self) -> None:
        """Remove the page before its sheets, where there are any."""
        self._remove(self._filepath)
        self._keep_sheets(set())

    def _folder(self) -> str:
        return f"{self._filepath.removesuffix('.html')}_files"

    def _write(self, place: str, content: bytes, content_type: str) -> None:
        write_file(place, content, ContentType=content_type)

    def _keep_sheets(self, names: set[str]) -> None:
        """Remove every sheet but those named, and the folder where none is left."""
        folder = self._folder()
        system, path = find_file_system(folder)
        if not system.exists(path):
            return
        if not names:
            remove_folder(system, path)
            return
        for found in system.ls(path, detail=False):
            if found.rpartition("/")[2] not in names:
                self._remove(f"{folder}/{found.rpartition('/')[2]}")

    def _remove(self, place: str) -> None:
        system, path = find_file_system(place)
        if system.exists(path):
            system.rm_file(path)

    def places(self) -> list[str]:
        """Return the page, and the folder of its pictures."""
        return [self._filepath, self._folder()]

    def _exists(self) -> bool:
        system, path = find_file_system(self._filepath)
        return bool(system.exists(path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
