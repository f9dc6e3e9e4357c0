"""Files that a list and the disk spell differently.

A Mac writes an accent apart from its letter (Unicode's NFD), most lists write both as one (NFC);
a list that was written on Windows divides folders by backslashes. The name on disk counts, since it
is what a listing of the folder gives.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import islice, product, takewhile

from pixelmill.storage import is_s3, join_root, open_storage

_MOST = 16  # spellings of one path that are tried


def locate(folder: str, paths: Iterable[str]) -> dict[str, str]:
    """Return where those of the listed files are that can be spelled in several ways.

    Args:
        folder: Folder of the list.
        paths: As the list has them: relative to its folder, absolute, or URIs.

    Returns: Location by path, of paths with an accent or a backslash alone: that of the first
        spelling that is stored, or where none is, of the path as listed, with slashes.
    """
    doubtful = (path for path in paths if "\\" in path or not path.isascii())
    spelled = {path: [join_root(folder, each) for each in _spellings(path)] for path in doubtful}
    stored = _stored({place for places in spelled.values() for place in places})
    listed = {path: places[-1 if "\\" in path else 0] for path, places in spelled.items()}
    return {
        path: next((place for place in places if place in stored), listed[path])
        for path, places in spelled.items()
    }


def _spellings(path: str) -> Iterator[str]:
    """Return the path as listed first, and as listed but with slashes last."""
    slashed = path.replace("\\", "/")
    forms = [_forms(part) for part in slashed.split("/")]
    others = islice(("/".join(parts) for parts in product(*forms)), _MOST)
    return iter(dict.fromkeys([path, *others, slashed]))


def _forms(part: str) -> list[str]:
    composed = unicodedata.normalize("NFC", part)
    return list(dict.fromkeys([part, composed, unicodedata.normalize("NFD", part)]))


def common_folder(locations: Iterable[str]) -> str | None:
    """Return the longest folder that has all locations; None for those of different buckets.

    Args:
        locations: Absolute paths and S3 URIs, at least one.
    """
    folders = [location.split("/")[:-1] for location in locations]
    pairs = zip(min(folders), max(folders), strict=False)
    parts = [part for part, _ in takewhile(lambda pair: pair[0] == pair[1], pairs)]
    if not parts or (parts[0] == "s3:" and len(parts) < 3):
        return None
    return "/".join(parts).rstrip("/") or "/"


def _stored(locations: set[str]) -> set[str]:
    """Return those of the locations that have a file."""
    stores = defaultdict(list)
    for location in locations:
        stores[location.split("/")[2] if is_s3(location) else ""].append(location)
    return {place for places in stores.values() for place in _stored_in(places)}


def _stored_in(locations: list[str]) -> Iterator[str]:
    """Look below the folder that the locations share: more of the store may not be listed."""
    folder = common_folder(locations) or "/"
    start = len(folder.rstrip("/")) + 1
    files = open_storage(folder).find_files([location[start:] for location in locations])
    return (place for place, file in zip(locations, files, strict=True) if file)
