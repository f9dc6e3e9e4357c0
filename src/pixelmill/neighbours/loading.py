"""Opens an index for searches, while a run may put another in its place."""

from __future__ import annotations

from pixelmill.errors import InputError
from pixelmill.neighbours.folder import COMMAND, LocalFiles, find_index, read_manifest
from pixelmill.neighbours.graph import Graph, UnreadableGraphError
from pixelmill.neighbours.images import Images
from pixelmill.neighbours.index import Index
from pixelmill.neighbours.manifest import Manifest


def load_index(folder: str) -> Index:
    """See `Index.load`."""
    from pyarrow import parquet

    manifest, files = _whole(find_index(folder))
    rows = parquet.read_table(files.path(manifest.rows))
    return Index(manifest, Images(rows), _graph(folder, manifest, files), files)


def _graph(folder: str, manifest: Manifest, files: LocalFiles) -> Graph | None:
    if manifest.graph is None:
        return None
    try:
        return Graph.opened(files.path(manifest.graph), manifest.parameters, to_change=False)
    except UnreadableGraphError as problem:
        raise InputError(
            f"the index of {folder} cannot be read ({problem}): run {COMMAND} to build it again"
        ) from problem


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
        if another.digests == manifest.digests:
            raise
        return another, LocalFiles(place, another)
