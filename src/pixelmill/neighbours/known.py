"""An index that is there, and its opened files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixelmill.neighbours.components import Components
from pixelmill.neighbours.equal_vectors import first_keys
from pixelmill.neighbours.folder import LocalFiles
from pixelmill.neighbours.graph import Graph, Keys
from pixelmill.neighbours.graph_file import UnreadableIndexError
from pixelmill.neighbours.manifest import Manifest
from pixelmill.neighbours.vector_file import VectorFile
from pixelmill.parameters import NeighboursParameters

if TYPE_CHECKING:
    import pyarrow as pa


class Known(NamedTuple):
    """An index whose files are those that its manifest lists.

    Attributes:
        manifest: Manifest of the index.
        files: Files of the index.
        rows: Table of its images.
    """

    manifest: Manifest
    files: LocalFiles
    rows: pa.Table

    @property
    def keys(self) -> Keys:
        """uint64 [n], of its images, rising."""
        keys: Keys = self.rows["key"].to_numpy()
        return keys

    @property
    def checksums(self) -> NDArray[np.uint64]:
        """uint64 [n], of the vectors of its images."""
        checksums: NDArray[np.uint64] = self.rows["checksum"].to_numpy()
        return checksums

    @property
    def first_keys(self) -> Keys:
        """Keys of one image of each vector, those of its graph: uint64 [at most n], rising."""
        return first_keys(self.keys, self.checksums)

    def vectors(self, parameters: NeighboursParameters) -> VectorFile | None:
        """Return the vectors of its images; None where there is no image.

        Args:
            parameters: Index parameters.

        Raises:
            UnreadableIndexError: The file has another size.
        """
        name, shape = self.manifest.vectors, (self.manifest.count, self.manifest.dimension)
        if name is None and not len(self.rows):
            return None
        if name is None:
            raise UnreadableIndexError("its vectors are missing")
        return VectorFile.opened(self.files.path(name), shape, parameters)

    def graph(self, parameters: NeighboursParameters, *, to_change: bool) -> Graph | None:
        """Return the graph of its vectors; None where it has none.

        Args:
            parameters: Index parameters.
            to_change: As `Graph.opened` has it.

        Raises:
            UnreadableIndexError: A file is of another index, or cannot be read here.
        """
        name, components = self.manifest.graph, self.manifest.components
        if name is None or components is None:
            return None
        fitted = Components.opened(self.files.path(components), self.manifest.dimension)
        path = self.files.path(name)
        return Graph.opened(path, fitted, parameters, self.first_keys, to_change=to_change)
