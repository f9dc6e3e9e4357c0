"""A pattern of paths: `/photos/*/large/*.jpg`, `s3://bucket/**/*.png`."""

import re
from fnmatch import fnmatchcase
from operator import attrgetter
from pathlib import Path

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.sources.listing import ImageFilter, Listing, Source
from pixelmill.storage import is_s3, local_path, open_storage

ORDER = 30

_MAGIC = re.compile(r"[*?[]")
_LAST_SLASHES = re.compile(r"(?<=[^:/])/+$")


def recognises(images: str) -> bool:
    """Return whether `images` has a wildcard and is no path that exists under that very name."""
    return bool(_MAGIC.search(images)) and (is_s3(images) or not Path(local_path(images)).exists())


def open_source(images: str, parameters: IngestionParameters) -> Source:
    """Return the source of a pattern."""
    return GlobSource(images, parameters)


class GlobSource(Source):
    """The images that match a pattern; `**` matches any number of folders.

    Args:
        images: The pattern. Its folders before the first wildcard are the images' root.
        parameters: Parameters; uses `extensions` and `exclude`.
    """

    def __init__(self, images: str, parameters: IngestionParameters) -> None:
        super().__init__(images)
        self._parameters = parameters
        root = images[: _length_of_root(images)]
        if is_s3(images):  # a folder loses the slashes at its end, and here they are parts of keys
            root = _LAST_SLASHES.sub("/", root)
        self._root = root or "."
        self._pattern = images[len(root) :].split("/")

    def list_images(self) -> Listing:
        """List the images that match."""
        storage = open_storage(self._root)
        image_filter = ImageFilter(self._parameters.extensions, self._parameters.exclude)
        files = [
            file
            for file in storage.list_files(lambda folder: self._leads_on(folder, image_filter))
            if _matches(file.path.split("/"), self._pattern) and image_filter.keep(file.path)
        ]
        if not files:
            raise InputError(f"No image matches {self.images}: check the pattern.")
        return image_filter.listing(storage.root, sorted(files, key=attrgetter("path")))

    def _leads_on(self, folder: str, image_filter: ImageFilter) -> bool:
        parts = folder.split("/")
        fixed = self._pattern[:-1]
        if "**" in self._pattern:
            fixed = self._pattern[: self._pattern.index("**")]
        elif len(parts) > len(fixed):
            return False
        same = all(map(fnmatchcase, parts, fixed))  # as deep as both go
        return same and image_filter.enter(folder)


def _length_of_root(pattern: str) -> int:
    """Return the length up to the first folder with a wildcard that does not exist literally."""
    before = 0
    for end in (slash.end() for slash in re.finditer("/", pattern)):
        if _MAGIC.search(pattern[before:end]) and not _is_folder(pattern[:end]):
            return before
        before = end
    return before


def _is_folder(place: str) -> bool:
    return not is_s3(place) and Path(local_path(place)).is_dir()


def _matches(parts: list[str], pattern: list[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        rest = pattern[1:]
        if not rest:
            return True
        return any(_matches(parts[start:], rest) for start in range(len(parts)))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _matches(parts[1:], pattern[1:])
