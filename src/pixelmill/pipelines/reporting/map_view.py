"""The map of similar images on the page: clusters, copies and neighbours."""

from collections.abc import Sequence
from typing import Any

from pixelmill.pipelines.reporting.k_distances import k_distances
from pixelmill.pipelines.reporting.samples import Chosen, Sample
from pixelmill.pipelines.reporting.tiles import tiles
from pixelmill.records import Cluster, Grouping, MapSummary, NeighbourAgreement, Projection
from pixelmill.thumbnails import data_uri

GROUPS = 20  # shown with their images, the largest
TYPICAL, UNUSUAL = 5, 4  # images of a group that are shown
NEARLY = 0.9  # of what the features know
METHODS = {"tsne": "t-SNE", "umap": "UMAP", "pca": "two principal components"}
METHODS |= {"dbscan": "DBSCAN", "hdbscan": "HDBSCAN", "kmeans": "k-means"}


def map_view(
    summary: MapSummary, samples: Sequence[Sequence[Sample]], picture: bytes = b""
) -> dict[str, Any] | None:
    """Compute the template's variables of the map.

    Args:
        summary: The map's summary; empty where there is no map.
        samples: Images of `group_images` for each cluster shown, in that order.
        picture: The map in small, a WebP file; empty if there is none.

    Returns:
        None without a map.
    """
    if not summary:
        return None
    grouping = summary.get("grouping") or {}
    groups = grouping.get("groups") or []
    return {
        "images": summary.get("images") or 0,
        "failed": summary.get("failed") or 0,
        "fitted": summary.get("fitted") or 0,
        "copies": summary.get("copies") or 0,
        "notes": summary.get("notes") or [],
        "picture": data_uri(picture) if picture else None,
        "links": links(summary.get("files") or {}),
        "projection": _method(summary.get("projection")),
        "grouping": grouping,
        "method": _method(summary.get("grouping")),
        "curve": k_distances(grouping),
        "groups": _groups(groups[:GROUPS], samples),
        "groups_left_out": _left_out(groups[GROUPS:]),
        "neighbours": summary.get("neighbours") or {},
        "agreement": _agreement(summary.get("neighbours") or {}),
    }


def group_images(summary: MapSummary) -> list[list[Chosen]]:
    """Return the images that represent each of the largest groups.

    Args:
        summary: The map's summary; empty where there is no map.

    Returns:
        For each group the medoid, then typical images, then the most unusual; none twice.
    """
    groups = (summary.get("grouping") or {}).get("groups") or []
    return [[Chosen(path) for _, path in _shown(group)] for group in groups[:GROUPS]]


def links(files: dict[str, str]) -> list[tuple[str, str]]:
    """Return the pages and pictures beside the report, each as its name and its address.

    Args:
        files: Names of the files by what they are.
    """
    return [(name, file) for name, file in files.items() if file]


def _shown(group: Cluster) -> list[tuple[str, str]]:
    """Return what is shown of a group: its role, and its path."""
    medoid = group["medoid"]
    typical = [path for path in group["typical"] if path != medoid][:TYPICAL]
    unusual = [path for path in group["unusual"] if path not in {medoid, *typical}][:UNUSUAL]
    return [
        ("medoid", medoid),
        *(("typical", path) for path in typical),
        *(("unusual", path) for path in unusual),
    ]


def _groups(groups: Sequence[Cluster], samples: Sequence[Sequence[Sample]]) -> list[dict[str, Any]]:
    """Return the groups with the lengths of their bars, in percent, and their images."""
    largest = max([1, *(group["size"] for group in groups)])
    read = [*samples, *([()] * (len(groups) - len(samples)))]
    return [
        group | {"length": round(100 * group["size"] / largest, 2), "tiles": _tiles(group, images)}
        for group, images in zip(groups, read, strict=True)
    ]


def _tiles(group: Cluster, images: Sequence[Sample]) -> list[tuple[str, dict[str, Any]]]:
    roles = [role for role, _ in _shown(group)] if images else []
    return list(zip(roles, tiles(images), strict=True))


def _left_out(groups: Sequence[Cluster]) -> tuple[int, int] | None:
    """Return how many groups are not shown, and how many images they have."""
    return (len(groups), sum(group["size"] for group in groups)) if groups else None


def _method(described: Projection | Grouping | None) -> str | None:
    name = described.get("method") if described else None
    return None if name is None else METHODS.get(name, name)


def _agreement(neighbours: NeighbourAgreement) -> str | None:
    """Return the label agreement of map and features; None if the images have no labels."""
    on_map, in_features = neighbours.get("map"), neighbours.get("features")
    if on_map is None or in_features is None:
        return None
    if on_map > in_features:
        return "The map brings images of one label even closer together than the features do."
    if on_map >= NEARLY * in_features:
        return "The map keeps nearly all that the features know of the labels."
    return "The map loses some of what the features know of the labels."
