"""The node that measures the map and names its clusters."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from pixelmill.parameters import MappingParameters
from pixelmill.pipelines.mapping.sample import divide
from pixelmill.records import (
    Cluster,
    FittedGrouping,
    FittedProjection,
    Grouping,
    MapSummary,
    NeighbourAgreement,
    Projection,
    Reduction,
)
from pixelmill.spark.types import ArrowTable, DataFrame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEIGHBOURS = 10
SHOWN = 8  # typical images of a group, and as many unusual ones
NOISE = -1
MOSAICS = {"scatter": "mosaic", "grid": "mosaic_grid", "bordered": "mosaic_bordered"}


@dataclass(frozen=True)
class Sample:
    """The images that the map was fitted on, sorted by path.

    Attributes:
        paths: Image paths.
        labels: Labels of the images, or None.
        coordinates: float64 [n, 2].
        clusters: int32 [n].
        features: float32 [n, k], reduced.
        grouped: [n, d], what the groups were found by.
    """

    paths: list[str]
    labels: list[str | None]
    coordinates: "NDArray[np.float64]"
    clusters: "NDArray[np.int32]"
    features: "NDArray[np.float32]"
    grouped: "NDArray[Any]"

    def labels_of(self, cluster: int) -> list[str | None]:
        """Return the labels of the images of a cluster."""
        return [self.labels[place] for place in (self.clusters == cluster).nonzero()[0]]


def measure_map(
    reduced_features: DataFrame,
    image_map: DataFrame,
    map_copies: ArrowTable,
    reduction: Reduction,
    projection: FittedProjection,
    grouping: FittedGrouping,
    mapping: MappingParameters,
) -> MapSummary:
    """Measure the map and its groups.

    Sizes and noise are those of all images, everything else is measured on the images that the
    map was fitted on: copies count once.

    Args:
        reduced_features: Columns `path`, `features` (array of float32).
        image_map: Columns `path`, `label`, `x`, `y`, `cluster`.
        map_copies: Columns `path`, `representative`.
        reduction: Summary of the reduction.
        projection: Summary of the projection.
        grouping: Summary of the grouping; empty where no groups were wanted.
        mapping: Seed, and what the groups were found by.

    Returns:
        The contents of `map.json`: `images` on the map, `failed`, `fitted`, `copies` (images that
        count with another one), `notes`, `projection`, `grouping` (or null), `neighbours`, and
        `files`: the page and the mosaics beside it.
    """
    sample = _sample(reduced_features, image_map, map_copies, reduction["images"], mapping)
    notes = [*reduction["notes"], *projection["notes"], *grouping.get("notes", [])]
    shown: Projection = {
        "method": projection["method"],
        "parameters": projection["parameters"],
        "seed": projection["seed"],
        "seconds": projection["seconds"],
    }
    sizes = _sizes(image_map) if grouping else {}
    return {
        "images": reduction["images"],
        "failed": reduction["failed"],
        "fitted": projection["fitted"],
        "copies": len(map_copies),
        "notes": notes,
        "projection": shown,
        "grouping": _grouping(sample, grouping, sizes, mapping) if grouping else None,
        "neighbours": _neighbours(sample, mapping.projection.seed),
        "files": _files(mapping),
    }


def _files(mapping: MappingParameters) -> dict[str, str]:
    """Return the page and the mosaics, by the text of their links."""
    from pixelmill.datasets.mosaic_picture import ENDINGS, LARGEST_PICTURE

    wanted = mapping.mosaics
    kind = ".html" if wanted.size > LARGEST_PICTURE else ENDINGS[wanted.format]
    page = {"Interactive map": "map.html"} if mapping.page.enabled else {}
    shown = (style for style in MOSAICS if style in mapping.mosaics.styles)
    return page | {f"Mosaic, {style}": f"{MOSAICS[style]}{kind}" for style in shown}


def _sample(
    reduced_features: DataFrame,
    image_map: DataFrame,
    copies: ArrowTable,
    images: int,
    mapping: MappingParameters,
) -> Sample:
    import numpy as np

    from pixelmill.spark.vectors import collect_by_path

    fitted = divide(reduced_features, copies, images, mapping.projection).sample
    features, _ = collect_by_path(fitted)
    placed = divide(image_map, copies, images, mapping.projection).sample
    placed = placed.toArrow().sort_by("path")
    coordinates = np.column_stack([placed["x"].to_numpy(), placed["y"].to_numpy()])
    by_place = mapping.grouping.space == "projection"
    return Sample(
        paths=placed["path"].to_pylist(),
        labels=placed["label"].to_pylist(),
        coordinates=coordinates,
        clusters=placed["cluster"].to_numpy(),
        features=features,
        grouped=coordinates if by_place else features,
    )


def _sizes(image_map: DataFrame) -> dict[int, int]:
    """Return images of each cluster, those of the noise among them."""
    rows = image_map.groupBy("cluster").count().collect()
    return {row["cluster"]: row["count"] for row in rows}


def _neighbours(sample: Sample, seed: int) -> NeighbourAgreement:
    from pixelmill.projections.quality import (
        label_agreement,
        most_agreement,
        neighbour_count,
        trustworthiness,
    )

    return {
        "k": neighbour_count(sample.labels, NEIGHBOURS),
        "map": label_agreement(sample.coordinates, sample.labels, NEIGHBOURS, seed),
        "features": label_agreement(sample.features, sample.labels, NEIGHBOURS, seed),
        "most": most_agreement(sample.labels, NEIGHBOURS),
        "trustworthiness": trustworthiness(sample.features, sample.coordinates, seed),
    }


def _grouping(
    sample: Sample, facts: FittedGrouping, sizes: Mapping[int, int], mapping: MappingParameters
) -> Grouping:
    from pixelmill.groupings.quality import agreement, silhouette

    ari, nmi = agreement(sample.labels, sample.clusters)
    return {
        "space": facts["space"],
        "seconds": facts["seconds"],
        "method": facts["method"],
        "reason": facts["reason"],
        "parameters": facts["parameters"],
        "eps": facts["eps"],
        "k_distances": facts["k_distances"],
        "knee": facts["knee"],
        "silhouette": silhouette(sample.grouped, sample.clusters, mapping.projection.seed),
        "noise": sizes.get(NOISE, 0),
        "ari": ari,
        "nmi": nmi,
        "groups": _groups(sample, sizes),
    }


def _groups(sample: Sample, sizes: Mapping[int, int]) -> list[Cluster]:
    from pixelmill.groupings.quality import purity, representatives

    found = representatives(sample.grouped, sample.clusters, SHOWN)
    clusters = sorted(found)
    labels = [sample.labels_of(cluster) for cluster in clusters]
    names = unique_names([majority(some) for some in labels])
    return [
        {
            "cluster": cluster,
            "name": name,
            "size": sizes[cluster],
            "medoid": sample.paths[found[cluster].medoid],
            "typical": [sample.paths[place] for place in found[cluster].typical],
            "unusual": [sample.paths[place] for place in found[cluster].unusual],
            "label": majority(some),
            "purity": purity(some),
        }
        for cluster, name, some in zip(clusters, names, labels, strict=True)
    ]


def group_name(cluster: int) -> str:
    """Return the name of a group that no label names.

    Args:
        cluster: Cluster number, from 0.
    """
    return f"group {cluster + 1}"


def majority(labels: Iterable[str | None]) -> str | None:
    """Return the label that half of the labelled images have at least; of equals the first by name.

    Args:
        labels: Labels of the images of a cluster.
    """
    counted = Counter(label for label in labels if label is not None)
    if not counted:
        return None
    label, most = min(counted.items(), key=lambda one: (-one[1], one[0]))
    return label if 2 * most >= counted.total() else None


def unique_names(labels: Sequence[str | None]) -> list[str]:
    """Return a name for each group: its label, numbered where several groups have it.

    Args:
        labels: The majority label of each group in order, or None.
    """
    taken: dict[str, None] = {}
    numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: count(2))
    for cluster, label in enumerate(labels):
        name = group_name(cluster) if label is None else label
        possible = chain([name], (f"{name} ({number})" for number in numbers[name]))
        taken[next(one for one in possible if one not in taken)] = None
    return list(taken)
