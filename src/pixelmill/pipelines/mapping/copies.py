"""Copies of one picture, which count once on the map."""

from typing import TYPE_CHECKING

from pixelmill.spark.types import ArrowTable, DataFrame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Of principal components whose length is 1 to 2: the same features can differ in the last bits.
DECIMALS = 4
GOLDEN_ANGLE = 2.399963229728653  # radians
PILE = 0.8  # radius of a pile of copies, in distances from one image of the map to the next
PILED = 12  # copies that make a pile of that radius
SAMPLED = 2000  # images whose distance to the next is measured


def fold_copies(reduced_features: DataFrame, near_duplicates: ArrowTable | None) -> ArrowTable:
    """Find the images that are copies of another image on the map.

    Near-duplicates and images of the same features are one picture: as many points at one place
    would be the densest cluster of every map.

    Args:
        reduced_features: Columns `path`, `features` (array of float32).
        near_duplicates: Columns `group`, `path`, `keep`; None if they were not searched.

    Returns:
        `path` and `representative`, a row for each copy, sorted by path; no rows where nothing but
        copies of one picture is on the map.
    """
    import pyarrow as pa

    edges = [*_same_features(reduced_features), *_same_pictures(reduced_features, near_duplicates)]
    kept = _kept(near_duplicates)
    stands_for = _representatives(edges, kept)
    copies = sorted(path for path, other in stands_for.items() if path != other)
    representatives = [stands_for[path] for path in copies]
    if copies and len(set(representatives)) == 1 and reduced_features.count() == len(copies) + 1:
        copies, representatives = [], []
    columns = {"path": copies, "representative": representatives}
    return pa.table({name: pa.array(paths, pa.string()) for name, paths in columns.items()})


def without_copies(table: DataFrame, copies: ArrowTable) -> DataFrame:
    """Return the rows of a table that are no copies.

    Args:
        table: Column `path`.
        copies: As `fold_copies` returns them.
    """
    if not len(copies):
        return table
    folded = table.sparkSession.createDataFrame(copies.select(["path"]))
    return table.join(folded, "path", "left_anti")


def pile_copies(placed: ArrowTable, copies: ArrowTable) -> "NDArray[np.float64]":
    """Place copies in a small pile around their representative, so that each can be pointed at.

    Args:
        placed: Columns `path`, `x`, `y`, of all images but the copies.
        copies: As `fold_copies` returns them.

    Returns:
        float64 [copies, 2], in their order.
    """
    import numpy as np

    places = np.column_stack([placed["x"].to_numpy(), placed["y"].to_numpy()])
    row_of = {path: row for row, path in enumerate(placed["path"].to_pylist())}
    middles = places[[row_of[path] for path in copies["representative"].to_pylist()]]
    ranks, sizes = _ranks(copies["representative"].to_pylist())
    reach = PILE * _usual_gap(places)
    radius = reach * np.sqrt(ranks / np.maximum(sizes, PILED))
    angle = ranks * GOLDEN_ANGLE
    offsets = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    piled: NDArray[np.float64] = middles + offsets
    return piled


def _same_features(reduced_features: DataFrame) -> list[tuple[str, str]]:
    """Return pairs of an image and the first by path with the same features."""
    from pixelmill.spark import functions as sf

    doubles = reduced_features.select("path", sf.col("features").cast("array<double>"))
    squares = sf.aggregate("features", sf.lit(0.0), lambda total, one: total + one * one)
    unit = sf.pow(sf.lit(2.0), sf.floor(sf.log2(sf.sqrt(squares))))  # null where all are zero
    scaled = doubles.withColumn("unit", sf.coalesce(unit, sf.lit(1.0)))
    rounded = sf.transform("features", lambda number: sf.round(number / sf.col("unit"), DECIMALS))
    keyed = scaled.select("path", sf.xxhash64("unit", rounded).alias("key"))
    first = keyed.groupBy("key").agg(sf.min("path").alias("first"), sf.count("*").alias("images"))
    pairs = keyed.join(first.where("images > 1"), "key").where("path != first")
    return [(row["path"], row["first"]) for row in pairs.select("path", "first").collect()]


def _same_pictures(
    reduced_features: DataFrame, near_duplicates: ArrowTable | None
) -> list[tuple[str, str]]:
    """Return pairs of an image and the first of its group of near-duplicates, both on the map."""
    if near_duplicates is None or not len(near_duplicates):
        return []
    listed = near_duplicates.select(["path", "group"]).sort_by("path")
    session = reduced_features.sparkSession
    there = session.createDataFrame(listed).join(reduced_features, "path", "left_semi")
    first: dict[int, str] = {}
    rows = there.orderBy("path").collect()
    return [(row["path"], first.setdefault(row["group"], row["path"])) for row in rows]


def _kept(near_duplicates: ArrowTable | None) -> set[str]:
    if near_duplicates is None:
        return set()
    return set(near_duplicates.filter(near_duplicates["keep"])["path"].to_pylist())


def _representatives(edges: list[tuple[str, str]], kept: set[str]) -> dict[str, str]:
    """Return the representative of each image: of connected ones the kept or first by path."""
    import numpy as np
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if not edges:
        return {}
    paths = sorted({path for edge in edges for path in edge})
    number = {path: position for position, path in enumerate(paths)}
    left, right = (np.array([number[edge[side]] for edge in edges], np.intp) for side in (0, 1))
    graph = coo_matrix((np.ones(len(edges)), (left, right)), shape=(len(paths), len(paths)))
    component = connected_components(graph, directed=False)[1].tolist()
    chosen: dict[int, str] = {}
    for path, part in sorted(
        zip(paths, component, strict=True), key=lambda one: one[0] not in kept
    ):
        chosen.setdefault(part, path)
    return {path: chosen[part] for path, part in zip(paths, component, strict=True)}


def _ranks(representatives: list[str]) -> "tuple[NDArray[np.int64], NDArray[np.int64]]":
    """Return the number of each copy at its representative, from 1, and how many there are."""
    import numpy as np

    counted: dict[str, int] = {}
    ranks = []
    for path in representatives:
        counted[path] = counted.get(path, 0) + 1
        ranks.append(counted[path])
    sizes = [counted[path] for path in representatives]
    return np.array(ranks, np.int64), np.array(sizes, np.int64)


def _usual_gap(places: "NDArray[np.float64]") -> float:
    """Return the median distance from an image to the next one."""
    import numpy as np

    from pixelmill.exact_neighbours import nearest

    asked = places[:: max(1, len(places) // SAMPLED)]
    _, distances = nearest(places, asked, min(2, len(places)))
    return float(np.median(distances[:, -1])) or 1.0
