"""The content of a mosaic."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NOISE = -1


@dataclass(frozen=True)
class Group:
    """Images of one cluster.

    Attributes:
        cluster: Cluster number; -1 is noise.
        name: Displayed name.
        size: Number of images of the scene.
    """

    cluster: int
    name: str
    size: int


@dataclass(frozen=True, eq=False)
class Scene:
    """The images of a map.

    Attributes:
        paths: Image paths.
        coordinates: float64 [n, 2], finite; y grows upwards, as on every map.
        clusters: int32 [n]; -1 is noise.
        names: Cluster names; a cluster without a name is shown by its number.
        thumbnails: JPEG files; None for an image that has none.
        problems: Reason why an image has no thumbnail; None if it has one.
    """

    paths: list[str]
    coordinates: NDArray[np.float64]
    clusters: NDArray[np.int32]
    names: dict[int, str]
    thumbnails: list[bytes | None]
    problems: list[str | None]

    def __post_init__(self) -> None:
        """Refuse what does not fit together.

        Raises:
            ValueError: For lists of different lengths, or coordinates that are no numbers.
        """
        lengths = {len(self.clusters), len(self.thumbnails), len(self.problems)}
        if lengths != {len(self.paths)} or self.coordinates.shape != (len(self.paths), 2):
            raise ValueError("a scene needs one of everything for each of its paths")
        if not np.isfinite(self.coordinates).all():
            raise ValueError("the coordinates of a scene must be finite")

    def __len__(self) -> int:
        """Return how many images there are."""
        return len(self.paths)

    def groups(self) -> list[Group]:
        """Return those that have images: the largest first, noise last."""
        clusters, sizes = np.unique(self.clusters, return_counts=True)
        found = [
            Group(cluster, self._name(cluster), size)
            for cluster, size in zip(clusters.tolist(), sizes.tolist(), strict=True)
        ]
        return sorted(found, key=lambda one: (one.cluster == NOISE, -one.size, one.cluster))

    def _name(self, cluster: int) -> str:
        unnamed = "noise" if cluster == NOISE else f"group {cluster + 1}"
        return self.names.get(cluster, unnamed)

    def fractions(self) -> NDArray[np.float64]:
        """Return the places in a square: float64 [n, 2], from the left and from the top, 0 to 1.

        Each axis is stretched to its full length, but at most 1.5 times as much as the other: a
        map fills its picture, and one that is a line stays a line. It is in the middle.
        """
        if not len(self):
            return self.coordinates
        low, high = self.coordinates.min(axis=0), self.coordinates.max(axis=0)
        # Halves first: a sum or a difference of the largest floats would be infinite.
        reach = high / 2 - low / 2
        reach = np.maximum(reach, reach.max() / 1.5)
        away = (self.coordinates / 2 - (low / 4 + high / 4)) / np.where(reach > 0, reach, 1)
        placed: NDArray[np.float64] = 0.5 + away * [1, -1]
        return placed
