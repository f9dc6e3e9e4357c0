"""The record of a gallery's images, in parts that are written atomically.

A part has the images that were found, and the position of the collector after them. A killed
collector goes on from the last part, and finds nothing twice, because it knows what all parts have.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from io import BytesIO
from itertools import count
from typing import Any

from pixelmill.parameters.galleries import Collector, StartPage
from pixelmill.storage import Storage
from pixelmill.storage.sealed_json import is_unchanged, sealed_json

LIST = "list.parquet"
_WALKS = "walks"
_AT_ONCE = 256  # parts that are looked for
# What changes which images are found. Labels do not: a walk keeps those that the pages name apart.
_DECISIVE = ("item", "image", "image_attribute", "link", "label", "next", "more", "scroll")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Found:
    """An image of a gallery.

    Attributes:
        url: Image address, http or https.
        label: Label that its own page or item names; None without one.
        page: Where it was found, without what may be secret in its address.
        position: Position among the images of the start page, from 0.
    """

    url: str
    label: str | None
    page: str
    position: int


@dataclass(frozen=True)
class WalkState:
    """How far a start page has been followed.

    Attributes:
        page: Page that comes next, or the last one if all is done.
        pages: Gone through in this pass.
        number: Number of the pass, from 1.
        new: Images that this pass has found.
        moved: Whether an image was at two places in this pass, so that another may have been
            missed.
        done: Whether nothing is left to do.
    """

    page: str
    pages: int = 0
    number: int = 1
    new: int = 0
    moved: bool = False
    done: bool = False


@dataclass
class WalkRecord:
    """What one start page has led to, on disk or S3.

    Attributes:
        images: Images by their addresses, in the order in which they were found.
        relabelled: The same images under further labels, by address and label.
        links: Pages of single images that need not be opened again.
        skipped: Items without an image in the current pass, by reason.
        without: Pages of single images that have none, by reason.
        state: How far it is.
        trail: Pages of the current pass.
    """

    storage: Storage
    folder: str
    state: WalkState
    images: dict[str, Found] = field(default_factory=dict)
    relabelled: dict[tuple[str, str], Found] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    skipped: Counter[str] = field(default_factory=Counter)
    without: Counter[str] = field(default_factory=Counter)
    trail: set[str] = field(default_factory=set)
    parts: int = 0

    def add(self, images: Iterable[Found], links: Iterable[str], state: WalkState) -> None:
        """Write a part; if that fails, nothing has changed.

        Args:
            images: New ones.
            links: Pages of single images that were opened.
            state: State of the walk after these images.

        Raises:
            InputError: The record cannot be written.
        """
        found, opened = list(images), sorted(links)
        content = {
            "images": [[one.url, one.label, one.page, one.position] for one in found],
            "links": opened,
            "skipped": dict(self.skipped),
            "without": dict(self.without),
            "standing": asdict(state),
        }
        name = f"{self.folder}/{self.parts:08}.json"
        self.storage.write_bytes(name, sealed_json(content))
        self._apply(found, opened, state)

    def keep(self, found: Found) -> bool:
        """Keep an image until the next part is written, and return whether it or its label is new.

        Args:
            found: Image; without a label it is the one that is known by its address.
        """
        known = self.images.get(found.url)
        if known is None:
            self.images[found.url] = found
            return True
        if found.label is None or found.label == known.label:
            return False
        named = replace(found, position=known.position)
        if known.label is None:
            self.images[found.url] = named
            return True
        return self.relabelled.setdefault((found.url, found.label), named) is named

    def begin_pass(self, page: str) -> None:
        """Begin another pass through all pages, for what is new or was missed."""
        number = self.state.number + 1
        self.add([], [], WalkState(page, number=number))

    def load(self) -> None:
        """Read the parts that earlier runs wrote."""
        for number, path in _parts(self.storage, self.folder):
            content = _read(self.storage, path)
            lost = number > self.parts or content is None
            self.parts = number
            if content is None:
                self.parts += 1
            else:
                self.skipped = Counter(content["skipped"])
                self.without = Counter(content["without"])
                found = [Found(*row) for row in content["images"]]
                self._apply(found, content["links"], WalkState(**content["standing"]))
            if lost:
                self._distrust(path)
        if self.parts and not self.state.done:
            # The order may be another one by now.
            self.state = replace(self.state, moved=True, new=max(1, self.state.new))

    def _distrust(self, path: str) -> None:
        logger.warning(
            "%s/%s is damaged, or one before it is missing: pages are gone through again.",
            self.storage.root, path,
        )  # fmt: skip
        self.state = replace(self.state, moved=True, done=False, new=max(1, self.state.new))

    def _apply(self, found: list[Found], links: list[str], state: WalkState) -> None:
        if state.number != self.state.number:
            self.trail.clear()
        self.trail.add(state.page)
        for one in found:
            self.keep(one)
        self.links.update(links)
        self.state = state
        self.parts += 1


def open_walk(storage: Storage, start: StartPage, collector: Collector) -> WalkRecord:
    """Return the record of a start page, as earlier runs left it.

    Args:
        storage: Folder of the gallery.
        start: Start page with an absolute URL.
        collector: Takes what changes which images are found: with other selectors, it is another
            record.
    """
    decisive = {name: getattr(collector, name) for name in _DECISIVE} | {"start": start.url}
    name = sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:16]
    folder = f"{_WALKS}/{name}"
    record = WalkRecord(storage, folder, WalkState(start.url), trail={start.url})
    record.load()
    return record


def write_list(storage: Storage, images: Iterable[Found]) -> int:
    """Write the list of URLs that is downloaded: Parquet with url, label, page and position.

    Args:
        storage: Folder of the gallery.
        images: Images of all start pages; one with the same URL and label is written once.

    Returns:
        Number of rows.
    """
    import pyarrow as pa
    from pyarrow import parquet

    once = list({(one.url, one.label): one for one in images}.values())
    columns = {
        "url": pa.array([one.url for one in once], pa.string()),
        "label": pa.array([one.label for one in once], pa.string()),
        "page": pa.array([one.page for one in once], pa.string()),
        "position": pa.array([one.position for one in once], pa.int64()),
    }
    file = BytesIO()
    parquet.write_table(pa.table(columns), file, write_page_checksum=True)
    storage.write_bytes(LIST, file.getvalue())
    return len(once)


def _parts(storage: Storage, folder: str) -> Iterator[tuple[int, str]]:
    """Yield number and path of all parts that are there."""
    for begin in count(0, _AT_ONCE):
        numbers = range(begin, begin + _AT_ONCE)
        files = storage.find_files([f"{folder}/{number:08}.json" for number in numbers])
        yield from (
            (number, file.path) for number, file in zip(numbers, files, strict=True) if file
        )
        if not any(files):
            return


def _read(storage: Storage, path: str) -> dict[str, Any] | None:
    try:
        content = json.loads(storage.read_bytes(path))
    except ValueError:
        return None
    return content if isinstance(content, dict) and is_unchanged(content) else None
