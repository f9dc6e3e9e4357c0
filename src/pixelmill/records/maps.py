"""What is known of a map of similar images, as JSON."""

from typing import Any, TypedDict


class Reduction(TypedDict):
    """The features of a map.

    Attributes:
        images: Number of images on the map.
        failed: Images without features, which are not on it.
        notes: What was chosen otherwise than asked for, as sentences.
    """

    images: int
    failed: int
    notes: list[str]


class Projection(TypedDict):
    """How a map was made.

    Attributes:
        method: Name of the projection.
        parameters: Parameters that were used, by its library's own names.
        seed: Seed of the projection.
        seconds: Time of the fit.
    """

    method: str
    parameters: dict[str, Any]
    seed: int
    seconds: float


class FittedProjection(Projection):
    """The same with what the other figures of the map need.

    Attributes:
        fitted: Number of images that the projection was fitted on.
        notes: What was chosen otherwise than asked for, as sentences.
    """

    fitted: int
    notes: list[str]


class Cluster(TypedDict):
    """A group of similar images.

    Attributes:
        cluster: Its number, from 0.
        name: Its most frequent label, or its number.
        size: Number of images.
        medoid: Path of the image with the least distance from the others.
        typical: Paths of images near the middle.
        unusual: Paths of images far from it.
        label: The most frequent label; None without labels.
        purity: Share of the labelled images that have it, 0 to 1; None without labels.
    """

    cluster: int
    name: str
    size: int
    medoid: str
    typical: list[str]
    unusual: list[str]
    label: str | None
    purity: float | None


class GroupingMethod(TypedDict, total=False):
    """How images were grouped.

    Attributes:
        method: Name of the method that was taken.
        reason: Why, where several were tried; otherwise None.
        space: Whether groups were found by the features or by the projection.
        parameters: Parameters that were used, by its library's own names.
        seconds: Time of the fit.
        eps: Distance within which images are neighbours, of DBSCAN; otherwise None.
        k_distances: Distances to the k-th neighbour, rising, that `eps` was read from.
        knee: Position of `eps` among them; None where `eps` was given.
    """

    method: str
    reason: str | None
    space: str
    parameters: dict[str, Any]
    seconds: float
    eps: float | None
    k_distances: list[float]
    knee: int | None


class FittedGrouping(GroupingMethod, total=False):
    """The same with its notes; empty where no groups are wanted.

    Attributes:
        notes: What was chosen otherwise than asked for, as sentences.
    """

    notes: list[str]


class Grouping(GroupingMethod, total=False):
    """The same with its quality.

    Attributes:
        silhouette: Mean silhouette of the images, -1 to 1; None where it is undefined.
        noise: Images in no group.
        ari: Adjusted Rand index of groups and labels; None without labels.
        nmi: Normalized mutual information of both, 0 to 1; None without labels.
        groups: The groups, the largest first.
    """

    silhouette: float | None
    noise: int
    ari: float | None
    nmi: float | None
    groups: list[Cluster]


class NeighbourAgreement(TypedDict, total=False):
    """How many of the nearest neighbours share a label, on the map and by the features.

    Attributes:
        k: Number of neighbours.
        map: Mean share on the map, 0 to 1; None without labels.
        features: Mean share by the features; None without labels.
        most: The highest share that the sizes of the labels allow; None without labels.
        trustworthiness: Trustworthiness of the map, 0 to 1; None where it is undefined.
    """

    k: int
    map: float | None
    features: float | None
    most: float | None
    trustworthiness: float | None


class MapSummary(TypedDict, total=False):
    """The file `map.json`: how good the map and its groups are; empty where there is no map.

    In the file is also the state of the index that it is of.

    Attributes:
        images: Number of images on the map.
        failed: Images without features, which are not on it.
        fitted: Images that the projection was fitted on.
        copies: Images that count with another one.
        notes: What was chosen otherwise than asked for, as sentences.
        projection: How the map was made.
        grouping: How the images were grouped; None without groups.
        neighbours: Label agreement of the nearest neighbours, and trustworthiness.
        files: The page and the mosaics beside it, by the text of their links.
    """

    images: int
    failed: int
    fitted: int
    copies: int
    notes: list[str]
    projection: Projection
    grouping: Grouping | None
    neighbours: NeighbourAgreement
    files: dict[str, str]
