"""The index of a data set's images: nearest images of an image, without Spark."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import InputError
from pixelmill.neighbours.folder import COMMAND, LocalFiles, find_index, read_manifest
from pixelmill.neighbours.graph_file import UnreadableIndexError
from pixelmill.neighbours.images import Images, read_rows
from pixelmill.neighbours.known import Known
from pixelmill.neighbours.manifest import Manifest
from pixelmill.neighbours.queries import Query, check_usable, checked_vector, featurized, find_own
from pixelmill.neighbours.vector_search import Answer, VectorSearch
from pixelmill.neighbours.vectors import Vectors, encode
from pixelmill.storage.given_images import GivenImage, each_of

if TYPE_CHECKING:
    import pyarrow as pa

    from pixelmill.classifier.featurizing import Featurize


class Neighbour(NamedTuple):
    """An image that is like the query.

    Attributes:
        path: Relative to the root of its data set.
        distance: Distance from the query: 0 is the same; cosine distances are 1 minus the cosine.
        label: None where it has none.
    """

    path: str
    distance: float
    label: str | None


class Index:
    """The images of a data set, and which of them are near a query. Many threads may ask at once.

    Attributes:
        manifest: Manifest of the index.
        images: Paths, labels and keys of the images.
    """

    def __init__(
        self, manifest: Manifest, images: Images, search: VectorSearch | None, files: LocalFiles
    ) -> None:
        """Take the parts of an index; `load` reads them."""
        self.manifest = manifest
        self.images = images
        self._search = search
        self._files = files  # mapped into memory: on disk as long as it is used
        self._opening = Lock()

    @classmethod
    def load(cls, folder: str | Path) -> Index:
        """Return the index in a folder; neither Spark nor a network is started.

        Args:
            folder: Features of a data set (`data/04_feature/pets`: those of its last run), those of
                one featurizer, or their `_neighbours`, on disk or as an `s3://` URI.

        Raises:
            InputError: If there is none, it was changed, or it is of another version.
        """
        place = os.fspath(folder)
        manifest, files = _read_whole(find_index(place))
        try:
            rows = read_rows(files.path(manifest.rows), manifest.count)
            return cls(manifest, Images(rows), _open_search(manifest, files, rows), files)
        except UnreadableIndexError as problem:
            raise InputError(
                f"the index of {place} cannot be read ({problem}): run {COMMAND} to build it again"
            ) from problem

    def __len__(self) -> int:
        """Return the number of images that can be found."""
        return len(self.images)

    def nearest(
        self, query: Query, k: int = 10, *, exact: bool = False, include_itself: bool = False
    ) -> list[Neighbour]:
        """Return the images most like one.

        Args:
            query: The path of an image of the data set, as the index knows it; else the place of an
                image file (on disk or `s3://` URI) or its content, which is featurized as those of
                the index were; or a vector of such features.
            k: Number of neighbours.
            exact: Whether the query is compared with every vector that the index keeps, rather
                than with those that its graph leads to, where it has one.
            include_itself: Whether an image of the data set is its own neighbour.

        Returns:
            Nearest first; fewer than k where the index holds fewer.

        Raises:
            InputError: If the query cannot be read, is no picture, or has another number of
                features.

        Example:
            After `make run`, which leaves the sample's features in `data`:

            >>> index = Index.load("data/04_feature/digits")
            >>> index.nearest("7/00.png", k=3)[0].label
            '7'
        """
        return self.nearest_many([query], k, exact=exact, include_itself=include_itself)[0]

    def nearest_many(
        self,
        queries: Iterable[Query],
        k: int = 10,
        *,
        exact: bool = False,
        include_itself: bool = False,
        threads: int | None = None,
    ) -> list[list[Neighbour]]:
        """Return the same for many queries at once, on all cores.

        Args:
            queries: Each as `nearest` takes one; a matrix is one vector a row.
            k: Neighbours of each.
            exact: As in `nearest`.
            include_itself: As in `nearest`.
            threads: Number of search threads; None uses all cores.

        Raises:
            InputError: For the first query that cannot be used.
        """
        search = self._searchable(k)
        resolved = [self._resolve(query, search) for query in each_of(queries)]
        if not resolved:
            return []
        vectors = encode(np.stack([vector for vector, _ in resolved]), self.manifest.parameters)
        own = None if include_itself else [key for _, key in resolved]
        answers = search.nearest(vectors, k, exact=exact, threads=threads, without=own)
        return self._named(answers)

    def distances(self, paths: Sequence[str], others: Sequence[str]) -> NDArray[np.float64]:
        """Return distances between images of the data set.

        Args:
            paths: Paths of n images of the index.
            others: As many, each of which is compared with the one at its place.

        Returns:
            float64 [n], by the metric of the index.

        Raises:
            InputError: If the index does not hold an image, or the numbers of paths differ.
        """
        if len(paths) != len(others):
            raise InputError(
                f"there are {len(paths)} paths, and {len(others)} others: give as many"
            )
        search = self._searchable(1)
        one, other = (self._own_vectors(some, search) for some in (paths, others))
        if self.manifest.parameters.metric == "cosine":
            lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
            return np.asarray(np.maximum(0.0, 1 - (one * other).sum(axis=1) / lengths))
        return np.asarray(np.linalg.norm(one - other, axis=1), np.float64)

    def find(self, query: str | os.PathLike[str]) -> tuple[str, str | None] | None:
        """Return the image of the data set that a query means.

        Args:
            query: Path in the data set, or path of the file if that is unchanged.

        Returns:
            Its path, relative to the root of the data set, and its label; None where the query is
            another image.
        """
        key = self._own_key(query)
        if key is None:
            return None
        (path,), (label,) = self.images.named(np.array([key], np.uint64))
        return path, label

    def _own_vectors(self, paths: Sequence[str], search: VectorSearch) -> NDArray[np.float64]:
        keys = [self.images.key(path) for path in paths]
        if None in keys:
            raise InputError(f"the index holds no image {paths[keys.index(None)]}")
        return search.vectors(np.array(keys, np.uint64)).astype(np.float64)

    def _searchable(self, k: int) -> VectorSearch:
        if k < 1:
            raise InputError(f"k is {k}: ask for one neighbour or more")
        if self._search is None:
            raise InputError("the index holds no image: none of the data set has usable features")
        return self._search

    def _resolve(self, query: Query, search: VectorSearch) -> tuple[Vectors, int | None]:
        """Return the vector of a query, and its key where it is an image of the index."""
        if isinstance(query, np.ndarray):
            vector, key = checked_vector(query, search.dimension), None
        elif not isinstance(query, str | os.PathLike | bytes):
            raise TypeError(
                f"the query is of type {type(query).__name__}: give a path, the content of an "
                "image file or a NumPy vector, and many of them to nearest_many"
            )
        else:
            key = self._own_key(query)
            if key is not None:
                return search.vectors(np.array([key], np.uint64))[0], key
            vector = featurized(query, self._featurize)
        check_usable(vector, self.manifest.parameters, query)
        return vector, key

    def _own_key(self, query: GivenImage) -> int | None:
        if isinstance(query, bytes):
            return None
        return find_own(self.images, self.manifest.root, query)

    def _named(self, answers: list[Answer]) -> list[list[Neighbour]]:
        """Look up all at once: single look-ups take a tenth of the time of 1,000 queries."""
        paths, labels = self.images.named(np.concatenate([keys for keys, _ in answers]))
        distances = np.concatenate([distances for _, distances in answers]).tolist()
        every = map(Neighbour, paths, distances, labels)
        return [list(islice(every, len(keys))) for keys, _ in answers]

    @property
    def _featurize(self) -> Featurize:
        with self._opening:  # a network is opened once
            return self._opened

    @cached_property
    def _opened(self) -> Featurize:
        from pixelmill.classifier.featurizing import open_featurizers

        try:
            return open_featurizers(self.manifest.featurizer, os.cpu_count() or 1)
        except InputError as problem:
            raise InputError(
                "the index cannot featurize an image here, only images of its own and vectors can "
                f"be asked for: {problem}"
            ) from problem


def _open_search(manifest: Manifest, files: LocalFiles, rows: pa.Table) -> VectorSearch | None:
    known = Known(manifest, files, rows)
    vectors = known.vectors(manifest.parameters)
    if vectors is None:
        return None
    graph = known.graph(manifest.parameters, to_change=False)
    return VectorSearch(vectors, known.keys, known.checksums, graph)


def _read_whole(place: str) -> tuple[Manifest, LocalFiles]:
    """Return a manifest and the files that belong to it.

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
