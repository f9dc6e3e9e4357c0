"""The answer of a search: each picture once, and whether any is similar."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

from pixelmill.spark.types import ArrowTable

if TYPE_CHECKING:
    from pixelmill.neighbours import Index, Neighbour
    from pixelmill.neighbours.typical import Typical

SAME = 1e-6  # difference of two distances from the query, of images with the same features
MORE = 4  # times as many are asked for as are wanted, so that enough are left when copies go


class Query(TypedDict):
    """The image that neighbours are searched of.

    Attributes:
        path: Its path in the data set, or as the user gave it.
        label: Its label; None outside the data set, or without one.
        place: Where to read it; None for an image of the data set.
        copies: Number of its copies, which are left out.
    """

    path: str
    label: str | None
    place: str | None
    copies: int


class NeighbourRow(TypedDict):
    """A row of the result.

    Attributes:
        rank: Rank from 1.
        path: Path of the image.
        label: Its label, or None.
        distance: Distance from the query.
        copies: Number of its copies, which have no row of their own.
    """

    rank: int
    path: str
    label: str | None
    distance: float
    copies: int


class SearchResult(TypedDict):
    """The nearest images of a query.

    Attributes:
        query: The image that was searched for.
        images: Number of images in the index.
        metric: Name of the distance.
        exact: Whether all images were compared.
        seconds: Time of the search.
        similar_within: Largest distance of a nearest image that is similar; None if unknown.
        verdict: A sentence where nothing is similar; otherwise None.
        neighbours: The nearest first.
    """

    query: Query
    images: int
    metric: str
    exact: bool
    seconds: float
    similar_within: float | None
    verdict: str | None
    neighbours: list[NeighbourRow]


@dataclass
class Found:
    """An image of the answer.

    Attributes:
        path: Path of the image; of several copies the nearest.
        label: None where it has none.
        distance: Distance from the query.
        copies: Paths of its copies, which have no row of their own.
    """

    path: str
    label: str | None
    distance: float
    copies: list[str] = field(default_factory=list)


def groups_of(near_duplicates: ArrowTable | None) -> dict[str, int]:
    """Return numbers of the groups of near-duplicates by path.

    Args:
        near_duplicates: Columns `path`, `group`; None if they were not searched.
    """
    if near_duplicates is None:
        return {}
    columns = (near_duplicates[name].to_pylist() for name in ("path", "group"))
    return dict(zip(*columns, strict=True))


def nearest_pictures(
    index: "Index",
    query: str,
    k: int,
    groups: Mapping[str, int],
    *,
    own: str | None = None,
    exact: bool = False,
) -> tuple[list[Found], list[str]]:
    """Find the images most like one, each picture once.

    Args:
        index: Index of the data set.
        query: Path of an image of the data set, or the place of an image file.
        k: Pictures wanted.
        groups: Group of near-duplicates of each path.
        own: Path of the query in the data set; None for another image.
        exact: Whether every vector is compared.

    Returns:
        At most k pictures, nearest first; and the copies of the query itself.
    """
    asked = MORE * k
    while True:
        answer = index.nearest(query, asked, exact=exact)
        answer.sort(key=lambda one: (one.distance, one.path))  # of equals the first by path
        found, copies = _folded(answer, index, groups, own)
        # One more than is wanted: equal features are equally near, so none of the last is missing.
        if len(found) > k or len(answer) < asked:
            break
        asked *= MORE
    members = _members(groups, index)
    for one in found[:k]:
        one.copies = _with_group(one.path, one.copies, groups, members)
    return found[:k], copies if own is None else _with_group(own, copies, groups, members)


def verdict(query: str, found: list[Found], typical: "Typical | None") -> str | None:
    """Return a warning if nothing that was found is similar, or None.

    Args:
        query: As the user named it.
        found: Nearest first.
        typical: Distances within the data set; None where they are unknown.

    Returns:
        One sentence; None where something is similar, or it is unknown.
    """
    if typical is None or not found or found[0].distance <= typical.similar_within:
        return None
    return (
        f"nothing in the data set is similar to {query}: the nearest image is "
        f"{found[0].distance:.3f} away, where 19 of 20 images have another one within "
        f"{typical.nearest:.3f} and two drawn by chance are {typical.chance:.3f} apart"
    )


def _members(groups: Mapping[str, int], index: "Index") -> dict[int, list[str]]:
    """Return the images of the index in each group of near-duplicates."""
    members: dict[int, list[str]] = {}
    for path, group in groups.items():
        if index.images.key(path) is not None:
            members.setdefault(group, []).append(path)
    return members


def _with_group(
    path: str, copies: list[str], groups: Mapping[str, int], members: Mapping[int, list[str]]
) -> list[str]:
    """Return copies of an image, and those of their group that are farther than all rows."""
    known = dict.fromkeys([path, *copies])
    numbers = dict.fromkeys(groups[one] for one in known if one in groups)
    every = known | dict.fromkeys(one for number in numbers for one in members[number])
    return [one for one in every if one != path]


def _folded(
    answer: "list[Neighbour]", index: "Index", groups: Mapping[str, int], own: str | None
) -> tuple[list[Found], list[str]]:
    """Merge rows of one picture, and drop those of the query's picture."""
    paths = [own, *(one.path for one in answer)]  # the query is row 0
    parts = _parts(paths, _tied(answer, index, own), groups)
    found: dict[int, Found] = {}
    copies = []
    for one, part in zip(answer, parts[1:], strict=True):
        if own is not None and part == parts[0]:
            copies.append(one.path)
        elif part in found:
            found[part].copies.append(one.path)
        else:
            found[part] = Found(one.path, one.label, one.distance)
    return list(found.values()), copies


def _parts(
    paths: list[str | None], tied: list[tuple[int, int]], groups: Mapping[str, int]
) -> list[int]:
    """Return a number for each row, the same for rows of one group or with the same features."""
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    first: dict[int, int] = {}
    pairs = list(tied)
    for row, path in enumerate(paths):
        group = None if path is None else groups.get(path)
        if group is not None:
            pairs.append((row, first.setdefault(group, row)))
    ends = np.array(pairs, np.intp).reshape(-1, 2)
    shape = (len(paths), len(paths))
    graph = coo_matrix((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=shape)
    parts: list[int] = connected_components(graph, directed=False)[1].tolist()
    return parts


def _tied(answer: "list[Neighbour]", index: "Index", own: str | None) -> list[tuple[int, int]]:
    """Return pairs of rows with the same features, of which the query is row 0.

    Only images at the same distance from the query are compared: others cannot be the same.
    """
    tied = []
    last, row, path = 0.0, 0, own
    for number, one in enumerate(answer, 1):
        near = path is not None and abs(one.distance - last) <= SAME
        if near and index.distances([one.path], [path or ""])[0] <= SAME:
            tied.append((number, row))
        else:
            last, row, path = one.distance, number, one.path
    return tied
