"""The graph of an index after a change: extended, rebuilt, or left out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixelmill.neighbours.components import Components
from pixelmill.neighbours.equal_vectors import first_keys
from pixelmill.neighbours.graph import Graph, Keys
from pixelmill.neighbours.known import Known
from pixelmill.neighbours.manifest import Manifest
from pixelmill.neighbours.vector_file import ROWS_AT_ONCE, VectorFile


class Built(NamedTuple):
    """A graph of all different vectors.

    Attributes:
        graph: The graph; None where there are so few vectors that every one is compared.
        fitted: Key of the first image that came after its components were fitted.
    """

    graph: Graph | None
    fitted: int = 0


def wants_graph(manifest: Manifest) -> bool:
    """Return whether an index holds so many images that not every one is compared."""
    return manifest.count > manifest.parameters.exact_limit


def build_graph(
    vectors: VectorFile,
    keys: Keys,
    checksums: NDArray[np.uint64],
    manifest: Manifest,
    known: Known | None,
) -> Built:
    """Return the graph of the vectors that are there, one of those that are equal.

    The components stay while most images are those that they were fitted on, or came before:
    other images may vary in other directions.

    Args:
        vectors: Vectors of n images.
        keys: uint64 [n], of these images, rising.
        checksums: Checksums of the vectors, uint64 [n].
        manifest: What the index is now, but for the graph.
        known: The index before; None if all is new.
    """
    if not wants_graph(manifest):
        return Built(None)
    fitted = 0 if known is None else known.manifest.fitted
    wanted = first_keys(keys, checksums)
    if known is not None and 2 * np.searchsorted(keys, np.uint64(fitted)) >= len(keys):
        graph = known.graph(manifest.parameters, to_change=True)
        if graph is not None:
            graph.remove(np.setdiff1d(known.first_keys, wanted))
            _add(graph, vectors, keys, np.setdiff1d(wanted, known.first_keys))
            return Built(graph, fitted)
    components = Components.fit(vectors, manifest.parameters.components)
    graph = Graph.created(components, manifest.parameters)
    _add(graph, vectors, keys, wanted)
    return Built(graph, manifest.next_key)


def _add(graph: Graph, vectors: VectorFile, keys: Keys, new: Keys) -> None:
    """Add the vectors of new keys."""
    for start in range(0, len(new), ROWS_AT_ONCE):
        some = new[start : start + ROWS_AT_ONCE]
        graph.add(some, vectors.at(np.searchsorted(keys, some)))
