"""Update of an index: new images are added, removed ones deleted, all others stay."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pixelmill.errors import InputError
from pixelmill.neighbours.building import build_graph, wants_graph
from pixelmill.neighbours.changes import Changes, TooManyRemovedError
from pixelmill.neighbours.features import Features, read_labels
from pixelmill.neighbours.folder import (
    COMPONENTS,
    GRAPH,
    MANIFEST,
    ROWS,
    VECTORS,
    LocalFiles,
    clear,
    new_files,
    read_manifest,
    write_manifest,
)
from pixelmill.neighbours.graph_file import UnreadableIndexError
from pixelmill.neighbours.images import read_rows
from pixelmill.neighbours.known import Known
from pixelmill.neighbours.manifest import OF_THE_GRAPH, Manifest, Update
from pixelmill.neighbours.recall import measured_recall
from pixelmill.neighbours.vector_file import VectorFile
from pixelmill.neighbours.vector_search import VectorSearch
from pixelmill.parameters import NeighboursParameters
from pixelmill.storage import open_storage
from pixelmill.storage.listed_files import list_file

if TYPE_CHECKING:
    import pyarrow as pa


def update_index(place: str, features: Features, parameters: NeighboursParameters) -> Manifest:
    """Bring the index in a folder up to date with the features, or rebuild it.

    It is rebuilt where what is there cannot be trusted or is of no use: other features or
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
    """Return what the index is once its new files are beside the old ones."""
    about: dict[str, Any] = {
        "featurizer": features.featurizer,
        "parameters": parameters,
        "root": features.root,
        "update": Update(),
    }
    old = known.manifest.model_copy(update=about) if known else Manifest(**about)
    new, gone = _changed_chunks(known, features)
    with new_files(place) as folder:
        if known is not None and not new and not gone and _has_its_graph(old):
            return _relabelled(folder, old, known.rows, features)
        changes = Changes(known, parameters, _new(folder, VECTORS, "part"))
        for chunk in new:
            features.check(chunk)
            changes.read(chunk, features.chunks[chunk])
        changes.drop(gone)
        table = _labelled(changes.rows.table(), features)
        rows = _write_rows(folder, table)
        manifest = changes.manifest(old, features).model_copy(update={"rows": rows.name})
        files = [rows]
        if len(table):
            manifest, more = _with_vectors(folder, manifest, changes, known)
            files += more
        return manifest.model_copy(update={"files": {file.name: list_file(file) for file in files}})


def _has_its_graph(manifest: Manifest) -> bool:
    return wants_graph(manifest) == (manifest.graph is not None)


def _with_vectors(
    folder: Path, manifest: Manifest, changes: Changes, known: Known | None
) -> tuple[Manifest, list[Path]]:
    """Write the vectors, and the graph if they are many; measure what it finds."""
    keys, parameters = changes.rows.keys(), manifest.parameters
    file = _new(folder, VECTORS, "bin")
    changes.save_vectors(file, keys)
    vectors = VectorFile.opened(file, (len(keys), changes.dimension), parameters)
    checksums = changes.rows.checksums()
    built = build_graph(vectors, keys, checksums, manifest, known)
    files, names = [file], {"vectors": file.name, "graph": None, "components": None}
    if built.graph is not None:
        graph, components = _new(folder, GRAPH, "usearch"), _new(folder, COMPONENTS, "bin")
        built.graph.save(str(graph))
        built.graph.components.save(components)
        files += [graph, components]
        names |= {"graph": graph.name, "components": components.name}
    search = VectorSearch(vectors, keys, checksums, built.graph)
    recall = measured_recall(search, vectors, keys, manifest)
    now = {**names, "fitted": built.fitted, "recall": recall}
    return manifest.model_copy(update=now), files


def _new(folder: Path, kind: str, ending: str) -> Path:
    return folder / f"{kind}{uuid4().hex}.{ending}"


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


def _relabelled(folder: Path, manifest: Manifest, rows: pa.Table, features: Features) -> Manifest:
    """Return the same vectors, with the labels that their images have now."""
    table = _labelled(rows, features)
    if table.equals(rows):
        return manifest
    file = _write_rows(folder, table)
    files = {name: listed for name, listed in manifest.files.items() if name != manifest.rows}
    now = {"rows": file.name, "files": files | {file.name: list_file(file)}}
    return manifest.model_copy(update=now)


def _labelled(rows: pa.Table, features: Features) -> pa.Table:
    labels = read_labels(features.labels, rows["path"])
    without = rows.drop_columns("label") if "label" in rows.column_names else rows
    return without.append_column("label", labels)


def _write_rows(folder: Path, rows: pa.Table) -> Path:
    from pyarrow import parquet

    file = _new(folder, ROWS, "parquet")
    parquet.write_table(rows, file)
    return file
