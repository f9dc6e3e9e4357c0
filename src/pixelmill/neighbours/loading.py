"""Opens an index for searches, while a run may put another in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixelmill.errors import InputError
from pixelmill.neighbours.folder import COMMAND, LocalFiles, find_index, read_manifest
from pixelmill.neighbours.graph import Graph
from pixelmill.neighbours.graph_file import UnreadableIndexError
from pixelmill.neighbours.images import Images, read_rows
from pixelmill.neighbours.index import Index
from pixelmill.neighbours.manifest import Manifest

if TYPE_CHECKING:
    import pyarrow as pa


def load_index(folder: str) -> Index:
    """See `Index.load`."""
    manifest, files = _whole(find_index(folder))
    try:
        rows = read_rows(files.path(manifest.rows), manifest.count)
        return Index(manifest, Images(rows), _graph(manifest, files, rows), files)
    except UnreadableIndexError as problem:
        raise InputError(
            f"the index of {folder} cannot be read ({problem}): run {COMMAND} to build it again"
        ) from problem


def _graph(manifest: Manifest, files: LocalFiles, rows: pa.Table) -> Graph | None:
    if manifest.graph is None:
        return None
    return Graph.opened(
        files.path(manifest.graph),
        manifest.dimension,
        manifest.parameters,
        rows["key"].to_numpy(),
        to_change=False,
    )


def _whole(place: str) -> tuple[Manifest, LocalFiles]:
    """Manifest and files that belong together.

    A run that ends between the two reads takes the files of the first manifest away: then there
    is another manifest.
    """
    manifest = read_manifest(place)
    try:
        return manifest, LocalFiles(place, manifest)
    except InputError:
        another = read_manifest(place)
        if another.files == manifest.files:
            raise
        return another, LocalFiles(place, another)
