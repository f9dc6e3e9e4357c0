"""Update of an index: new images are added, removed ones deleted, all others stay."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pixelmill.errors import InputError
from pixelmill.neighbours.changes import Changes, Known, TooManyRemovedError
from pixelmill.neighbours.features import Features, read_labels
from pixelmill.neighbours.folder import (
    GRAPH,
    MANIFEST,
    ROWS,
    LocalFiles,
    clear,
    new_files,
    read_manifest,
    write_manifest,
)
from pixelmill.neighbours.graph import Graph
from pixelmill.neighbours.graph_file import UnreadableIndexError
from pixelmill.neighbours.images import read_rows
from pixelmill.neighbours.manifest import OF_THE_GRAPH, Manifest, Update
from pixelmill.neighbours.recall import measured_recall
from pixelmill.parameters import NeighboursParameters
from pixelmill.storage import open_storage
from pixelmill.storage.listed_files import list_file

if TYPE_CHECKING:
    import pyarrow as pa


def update_index(place: str, features: Features, parameters: NeighboursParameters) -> Manifest:
    """Bring the index in a folder up to date with the features, or build it anew.

    It is built anew where what is there cannot be trusted or is of no use: other features or
    parameters, changed or missing files, or most of its images gone.

    Args:
        place: Folder of the index, on disk or as an `s3://` URI.
        features: Features to index.
        parameters: Index parameters.

    Returns:
        What the index is now, and what was done.
    """
    began = time.monotonic()
    known, reason = _open(place, features, parameters)
    try:
        manifest = _updated(place, known, features, parameters)
    except (TooManyRemovedError, UnreadableIndexError) as why:
        reason = str(why)
        manifest = _updated(place, None, features, parameters)
    done = {"rebuilt": reason, "seconds": round(time.monotonic() - began, 3)}
    manifest = manifest.model_copy(update={"update": manifest.update.model_copy(update=done)})
    write_manifest(place, manifest)
    clear(place, manifest)
    return manifest


def _open(
    place: str, features: Features, parameters: NeighboursParameters
) -> tuple[Known | None, str | None]:
    """Return the index that is there; None where there is none, or with the reason why it is no
    use.
    """
    if open_storage(place).find_files([MANIFEST]) == [None]:
        return None, None
    try:
        manifest = read_manifest(place)
        if reason := _difference(manifest, features, parameters):
            return None, reason
        files = LocalFiles(place, manifest)
        rows = read_rows(files.path(manifest.rows), manifest.count)
    except (InputError, UnreadableIndexError) as problem:
        return None, str(problem)
    if rows.num_rows and manifest.next_key <= rows["key"][-1].as_py():
        return None, "its next vector would get the key of another"
    return Known(manifest, files, rows), None


def _difference(
    manifest: Manifest, features: Features, parameters: NeighboursParameters
) -> str | None:
    then, now = manifest.featurizer["fingerprint"], features.featurizer["fingerprint"]
    if then != now:
        return f"its features were those of {then}, and now are those of {now}"
    for name in OF_THE_GRAPH:
        before, after = getattr(manifest.parameters, name), getattr(parameters, name)
        if before != after:
            return f"{name} was {before}, and now is {after}"
    return None


def _updated(
    place: str, known: Known | None, features: Features, parameters: NeighboursParameters
) -> Manifest:
    """Return what the index is once its new files lie beside the old ones."""
    about: dict[str, Any] = {
        "featurizer": features.featurizer,
        "parameters": parameters,
        "root": features.root,
        "update": Update(),
    }
    old = known.manifest.model_copy(update=about) if known else Manifest(**about)
    new, gone = _changed_chunks(known, features)
    if known is not None and not new and not gone:
        return _relabelled(place, old, known.rows, features)
    changes = Changes(known, parameters)
    for chunk in new:
        features.check(chunk)
        changes.read(chunk, features.chunks[chunk])
    changes.drop(gone)
    manifest = changes.manifest(old, features)
    table = _labelled(changes.rows.table(), features)
    if changes.graph is not None:
        recall = measured_recall(changes.graph, table, features, manifest)
        manifest = manifest.model_copy(update={"recall": recall})
    return _written(place, manifest, table, changes.graph)


def _changed_chunks(known: Known | None, features: Features) -> tuple[list[str], list[str]]:
    """Return names of the chunks to read, and of those that are no more.

    An image that stood in two chunks is counted for one of them: when a chunk goes, those that
    hold fewer images than were read there are read again.
    """
    if known is None:
        return list(features.chunks), []
    read = known.manifest.chunks
    gone = [name for name in read if name not in features.chunks]
    new = [name for name in features.chunks if name not in read]
    if gone:
        counted = known.rows["chunk"].value_counts().to_pylist()
        counts = {entry["values"]: entry["counts"] for entry in counted}
        kept = [name for name in features.chunks if name in read]
        new += [name for name in kept if counts.get(name, 0) != read[name].images]
    return new, gone


def _relabelled(place: str, manifest: Manifest, rows: pa.Table, features: Features) -> Manifest:
    """Return the same vectors, with the labels that their images have now."""
    table = _labelled(rows, features)
    return manifest if table.equals(rows) else _written(place, manifest, table, None)


def _labelled(rows: pa.Table, features: Features) -> pa.Table:
    labels = read_labels(features.labels, rows["path"])
    without = rows.drop_columns("label") if "label" in rows.column_names else rows
    return without.append_column("label", labels)


def _written(place: str, manifest: Manifest, rows: pa.Table, graph: Graph | None) -> Manifest:
    """Write the images, and the graph where it is another; say how the files are called."""
    from pyarrow import parquet

    name = f"{ROWS}{uuid4().hex}.parquet"
    graph_name = manifest.graph
    with new_files(place) as folder:
        parquet.write_table(rows, folder / name)
        files = {name: list_file(folder / name)}
        if graph is not None:
            graph_name = f"{GRAPH}{uuid4().hex}.usearch"
            graph.save(str(folder / graph_name))
            files[graph_name] = list_file(folder / graph_name)
        elif graph_name is not None:
            files[graph_name] = manifest.files[graph_name]
    return manifest.model_copy(update={"rows": name, "graph": graph_name, "files": files})
