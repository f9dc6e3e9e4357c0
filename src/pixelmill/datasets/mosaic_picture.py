"""A mosaic as one picture or, if it is too large, as a page of tiles."""

import io
import re
from base64 import b64encode
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kedro.io.core import AbstractDataset

from pixelmill.datasets.folders import make_folder, write_file
from pixelmill.datasets.png_image import ImagePreview
from pixelmill.mosaics import Mosaic
from pixelmill.mosaics.pyramid import FORMAT, PutTile, Pyramid
from pixelmill.mosaics.viewer import write_viewer
from pixelmill.storage.file_systems import find_file_system

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_PICTURE = 16_000  # pixels of a side that browsers and viewers still open as one picture
REDUCED = 2000  # pixels of a side of the PNG beside a picture of another kind
ENDINGS = {"jpeg": ".jpg", "webp": ".webp", "png": ".png"}
BESIDE = (".html", ".dzi", "_files")  # of a page of tiles, in the order in which they go
# Of photos, level 6 of PNG takes twice as long for a file 3% smaller; OpenCV's encoder is no faster
# at the same size. WebP's method 4 takes three times as long as 2.
SAVING: dict[str, dict[str, Any]] = {
    "jpeg": {"quality": 85},
    "webp": {"quality": 80, "method": 2},
    "png": {"compress_level": 1},
}
PREVIEW = 1000  # pixels of a side
WRITES = 16  # of tiles at a time, for stores that answer late
CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "dzi": "application/xml",
    "html": "text/html; charset=utf-8",
}


class MosaicPicture(AbstractDataset[Mosaic, "Image"]):
    """`NAME.jpg`, `.webp` or `.png`; above 16,000 pixels a side `NAME.html` with tiles beside it.

    A save leaves nothing of the one before, of whichever kind that was. The page of tiles is
    written last: a run that dies before leaves none.

    Example:
        >>> MosaicPicture(filepath="data/08_reporting/nowhere/mosaic.png").exists()
        False
    """

    def __init__(
        self, *, filepath: str, png: bool = False, metadata: dict[str, Any] | None = None
    ) -> None:
        """Name the file; touches neither disk nor network.

        Args:
            filepath: Path of the picture on disk, or an `s3://` URI; its ending is replaced by
                that of the mosaic's format.
            png: Whether there is always a `NAME.png`, of at most 2,000 pixels a side where the
                mosaic is saved in another format.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath
        self._png = png
        self._stem = _without_ending(filepath)
        self.metadata = metadata

    def save(self, data: Mosaic) -> None:
        """Paint the mosaic and write it, with the folders above it.

        Args:
            data: Painted at once as a picture, tile by tile above 16,000 pixels a side.
        """
        make_folder(self._filepath.rpartition("/")[0] or ".")
        if max(data.width, data.height) > LARGEST_PICTURE:
            self.remove()
            self._save_tiles(data)
            return
        painted = data.paint()
        written = {ENDINGS[data.format]: _encoded(painted, data.format)}
        if self._png and data.format != "png":
            painted.thumbnail((REDUCED, REDUCED))
            written[".png"] = _encoded(painted, "png")
        self.remove()
        for ending, content in written.items():
            self._write(f"{self._stem}{ending}", content)

    def load(self) -> "Image":
        """Return the decoded picture; of a page of tiles its overview of at most 1,000 pixels."""
        there = self._there()
        if ".html" in there:
            return _decoded(self._overview())
        ending = next(one for one in ENDINGS.values() if one in there)
        return _decoded(self._read(f"{self._stem}{ending}"))

    def remove(self) -> None:
        """Remove what there is of the picture, the page before its tiles."""
        there = self._there()
        for ending in (*BESIDE, *ENDINGS.values()):
            if ending in there:
                system, path = find_file_system(f"{self._stem}{ending}")
                system.rm(path, recursive=system.isdir(path))

    def preview(self) -> ImagePreview:
        """Return a PNG of at most 1,000 pixels a side in base64, as kedro-viz shows it."""
        picture = self.load()
        picture.thumbnail((PREVIEW, PREVIEW))
        out = io.BytesIO()
        picture.save(out, "PNG")
        return ImagePreview(b64encode(out.getvalue()).decode("ascii"))

    def _save_tiles(self, mosaic: Mosaic) -> None:
        pyramid = Pyramid(mosaic.width, mosaic.height)
        for level in range(pyramid.highest + 1):
            make_folder(f"{self._stem}_files/{level}")
        with _behind(self._write_tile) as put:
            pyramid.write(mosaic, put)
        self._write(f"{self._stem}.dzi", pyramid.manifest().encode())
        name = self._stem.rpartition("/")[2]
        page = write_viewer(name, f"{name}_files", pyramid)
        self._write(f"{self._stem}.html", page.encode())

    def _write_tile(self, name: str, content: bytes) -> None:
        self._write(f"{self._stem}_files/{name}", content)

    def _write(self, place: str, content: bytes) -> None:
        # S3 has the content type of a file; a disk has endings for that.
        write_file(place, content, ContentType=CONTENT_TYPES[place.rpartition(".")[2]])

    def _overview(self) -> bytes:
        manifest = self._read(f"{self._stem}.dzi").decode()
        width, height = re.findall(r'(?:Width|Height)="(\d+)"', manifest)
        pyramid = Pyramid(int(width), int(height))
        levels = range(pyramid.highest + 1)
        level = max(level for level in levels if max(pyramid.size(level)) <= PREVIEW)
        return self._read(f"{self._stem}_files/{level}/0_0.{FORMAT}")

    def _read(self, place: str) -> bytes:
        system, path = find_file_system(place)
        return bytes(system.cat_file(path))

    def _there(self) -> set[str]:
        """Return the endings of the picture's files, from one listing of its folder."""
        folder, _, name = self._stem.rpartition("/")
        system, path = find_file_system(folder or ".")
        if not system.exists(path):
            return set()
        names = {found.rstrip("/").rpartition("/")[2] for found in system.ls(path, detail=False)}
        return {ending for ending in (*BESIDE, *ENDINGS.values()) if f"{name}{ending}" in names}

    def places(self) -> list[str]:
        """Return all files and folders of the picture."""
        return [f"{self._stem}{ending}" for ending in sorted(self._there())]

    def _exists(self) -> bool:
        return bool(self._there() & {".html", *ENDINGS.values()})

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


def _without_ending(place: str) -> str:
    return next(
        (place.removesuffix(ending) for ending in ENDINGS.values() if place.endswith(ending)), place
    )


def _encoded(picture: "Image", kind: str) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **SAVING[kind])
    return out.getvalue()


def _decoded(data: bytes) -> "Image":
    """Decode a picture of any size; Pillow alone refuses more than 179 million pixels."""
    import cv2
    import numpy as np
    from PIL import Image

    return Image.fromarray(
        np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB))
    )


@contextmanager
def _behind(write: PutTile) -> Iterator[PutTile]:
    """Write while the next tiles are painted, a few at a time, and raise errors of either."""
    under_way: deque[Future[None]] = deque()
    with ThreadPoolExecutor(WRITES) as pool:

        def put(name: str, content: bytes) -> None:
            under_way.append(pool.submit(write, name, content))
            if len(under_way) > 2 * WRITES:
                under_way.popleft().result()

        yield put
        for written in under_way:
            written.result()
