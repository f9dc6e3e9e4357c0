"""Where downloads lie: named by a hash of their URL, and nothing else of the list matters."""

import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from pixelmill.storage import Storage, StoredFile, is_s3

FAILED = ".failed"
WRITES_IN_FLIGHT = 16
# A file that begins so stands for an image that could not be downloaded; decoders repeat it.
NOTE = "download failed: "
_PATH = re.compile(r"[0-9a-f]{2}/(?P<name>[0-9a-f]{32})\.\w+")


def name_of(url: str) -> str:
    """The file name of a URL's image, without its ending."""
    return sha256(url.encode(errors="surrogatepass")).hexdigest()[:32]


def path_of(url: str, extension: str) -> str:
    """The path of a URL's image, in one of 256 folders.

    Args:
        url: That it came from.
        extension: With a dot.
    """
    name = name_of(url)
    return f"{name[:2]}/{name}{extension}"


def name_in(path: str) -> str | None:
    """The file name without its ending, as `name_of` gives it; None of any other file.

    Args:
        path: In the folder of downloads.
    """
    found = _PATH.fullmatch(path)
    return found["name"] if found else None


def find_downloads(storage: Storage) -> dict[str, StoredFile]:
    """What is there of earlier runs.

    Args:
        storage: The folder of the downloads, which need not exist.

    Returns:
        The images, and the notes of failures that no image has followed, by `name_of` their URL.
        Of several images the newest: the others were damaged.
    """
    if not is_s3(storage.root) and not Path(storage.root).is_dir():
        return {}
    found: dict[str, StoredFile] = {}
    for file in sorted(storage.list_files(), key=lambda file: (is_image(file), file.modified)):
        if name := name_in(file.path):
            found[name] = file
    return found


def is_image(file: StoredFile) -> bool:
    """Whether a file of `find_downloads` is an image, and no note."""
    return not _is_note(file)


def _is_note(file: StoredFile) -> bool:
    return file.path.endswith(FAILED)


def write_notes(
    storage: Storage, reasons: Iterable[tuple[str, str]], there: dict[str, StoredFile]
) -> None:
    """Put a note where an image could not be had; one that says the same already stays.

    Args:
        storage: The folder of the downloads.
        reasons: URL and reason.
        there: Of `find_downloads`.
    """

    def write(failure: tuple[str, str]) -> None:
        url, reason = failure
        path, note = path_of(url, FAILED), f"{NOTE}{reason}\n".encode()
        file = there.get(name_of(url))
        if file is None or is_image(file) or storage.read_bytes(path) != note:
            storage.write_bytes(path, note)

    with ThreadPoolExecutor(WRITES_IN_FLIGHT) as pool:
        list(pool.map(write, reasons))
