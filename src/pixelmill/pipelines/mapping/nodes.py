"""Nodes of the map: from features to positions, and from positions to clusters."""

import logging
import time
from typing import Any

from pixelmill.errors import InputError
from pixelmill.groupings.choosing import Chosen, choose_grouping
from pixelmill.parameters import GroupingParameters, MappingParameters, PreparationParameters
from pixelmill.pipelines.mapping.copies import pile_copies
from pixelmill.pipelines.mapping.sample import divide
from pixelmill.projections import find_projection
from pixelmill.records import FittedGrouping, FittedProjection, Reduction
from pixelmill.spark.types import ArrowTable, DataFrame

logger = logging.getLogger(__name__)

# Features up to this size are prepared in this process: Spark would take longer to begin.
COLLECTED_BYTES = 256 * 2**20


def reduce_features(
    image_index: DataFrame, features: DataFrame, mapping: MappingParameters
) -> tuple[DataFrame | ArrowTable, Reduction]:
    """Scale features and take their principal components.

    Args:
        image_index: Columns `path` and `label` (or null).
        features: Columns `path`, `features` (array of float32 or null), `error`.
        mapping: Parameters; `preparation` is fitted on all images that have features.

    Returns:
        `path`, `label`, `features` (array of float32), of images with features only; and the
        summary.

    Raises:
        InputError: If no image has features, or they are not finite numbers.
    """
    from pixelmill.preparation.reduction import extent

    size = extent(image_index, features)
    if not size.usable:
        raise InputError(
            f"mapping: none of the {size.images:,} images has features, so there is no map: "
            "the column `error` of the table of features says why, or these images were not "
            "featurized yet (`kedro run --pipelines featurization`)"
        )
    labels = image_index.select("path", "label")
    usable = features.where("error is null").select("path", "features")
    reduce = _reduced_here if size.bytes <= COLLECTED_BYTES else _reduced_in_tasks
    reduced, notes = reduce(usable, labels, mapping.preparation)
    return reduced, {
        "images": size.usable,
        "failed": size.images - size.usable,
        "notes": _logged(notes),
    }


def project_images(
    reduced_features: DataFrame,
    map_copies: ArrowTable,
    reduction: Reduction,
    mapping: MappingParameters,
) -> tuple[DataFrame | ArrowTable, FittedProjection]:
    """Give each image its position on the map.

    Args:
        reduced_features: Columns `path`, `label`, `features` (array of float32).
        map_copies: Columns `path`, `representative`; copies are around their representative.
        reduction: Dictionary with the number of `images`.
        mapping: Parameters. Up to the `limit` of `projection` all images are fitted; above it a
            sample is fitted, and the fitted projection places the others.

    Returns:
        `path`, `label`, `x`, `y`, which neither partitions nor their order change; and the
        summary.
    """
    from pixelmill.spark.projecting import place
    from pixelmill.spark.vectors import collect_by_path

    wanted = mapping.projection
    division = divide(reduced_features, map_copies, reduction["images"], wanted)
    rows, images = collect_by_path(division.sample, "label")
    begun = time.perf_counter()
    projected = find_projection(wanted.method).fit(rows, wanted.seed, wanted.parameters)
    summary: FittedProjection = {
        "method": projected.method or wanted.method,
        "parameters": projected.parameters,
        "seed": wanted.seed,
        "seconds": round(time.perf_counter() - begun, 3),
        "fitted": len(rows),
        "notes": _logged(projected.notes),
    }
    x, y = projected.coordinates.T.copy()
    placed = images.append_column("x", [x]).append_column("y", [y])
    if division.others is not None:
        known = reduced_features.sparkSession.createDataFrame(placed)
        placed = known.unionByName(place(division.others, division.more, projected))
    return _with_copies(placed, reduced_features, map_copies), summary


def group_images(
    reduced_features: DataFrame,
    map_coordinates: DataFrame,
    map_copies: ArrowTable,
    reduction: Reduction,
    mapping: MappingParameters,
) -> tuple[DataFrame | ArrowTable, FittedGrouping]:
    """Give each image of the map its group.

    Args:
        reduced_features: Columns `path`, `features` (array of float32).
        map_coordinates: Columns `path`, `label`, `x`, `y`, of the same images.
        map_copies: Columns `path`, `representative`; copies are in the group of that image.
        reduction: Dictionary with the number of `images`.
        mapping: Parameters; `grouping` is fitted on the images that the projection was fitted on.

    Returns:
        `path`, `label`, `x`, `y`, `cluster` (-1 is noise, and every image where no groups are
        wanted); and the summary, empty where no groups are wanted.
    """
    from pixelmill.spark.projecting import group
    from pixelmill.spark.vectors import collect_by_path

    wanted = mapping.grouping
    if wanted.method is None:
        return map_coordinates.selectExpr("*", "-1 as cluster"), {}
    count, projection = reduction["images"], mapping.projection
    table = grouped_by(wanted, reduced_features, map_coordinates)
    division = divide(table, map_copies, count, projection)
    rows, images = collect_by_path(division.sample)

    def features() -> Any:
        return collect_by_path(divide(reduced_features, map_copies, count, projection).sample)[0]

    begun = time.perf_counter()
    chosen = choose_grouping(wanted, rows, features, projection.seed)
    grouped = chosen.grouped
    summary = _summary_of(chosen, wanted.space, round(time.perf_counter() - begun, 3))
    known = images.append_column("cluster", [grouped.clusters])
    if division.others is None:
        return _with_clusters(map_coordinates, _inherited(known, map_copies)), summary
    session = map_coordinates.sparkSession
    others = group(division.others, division.more, grouped)
    clusters = session.createDataFrame(known).unionByName(others)
    if len(map_copies):
        clusters = session.createDataFrame(_inherited(clusters.toArrow(), map_copies))
    return map_coordinates.join(clusters, "path"), summary


def _summary_of(chosen: Chosen, space: str, seconds: float) -> FittedGrouping:
    grouped = chosen.grouped
    return {
        "space": space,
        "seconds": seconds,
        "method": chosen.method,
        "reason": chosen.reason,
        "parameters": grouped.parameters,
        "eps": grouped.eps,
        "k_distances": [float(distance) for distance in grouped.k_distances],
        "knee": grouped.knee,
        "notes": _logged(grouped.notes),
    }


def grouped_by(
    grouping: GroupingParameters, reduced_features: DataFrame, map_coordinates: DataFrame
) -> DataFrame:
    """Return what groups are found by: `path` and `features`.

    Args:
        grouping: Parameters, with `space`.
        reduced_features: Columns `path`, `features` (array of float32).
        map_coordinates: Columns `path`, `x`, `y`.
    """
    if grouping.space == "projection":
        return map_coordinates.selectExpr("path", "array(x, y) as features")
    return reduced_features.select("path", "features")


def _reduced_here(
    usable: DataFrame, labels: DataFrame, preparation: PreparationParameters
) -> tuple[ArrowTable, list[str]]:
    """Reduce the features in this process, sorted by path."""
    from pixelmill.preparation.fitting import ArrayFeatures
    from pixelmill.preparation.reduction import check_features, fit_reduction, reduced_array
    from pixelmill.spark.vectors import as_lists, collect_by_path

    rows, images = collect_by_path(usable.join(labels, "path"), "label")
    check_features(rows)
    fitted, notes = fit_reduction(ArrayFeatures(rows), preparation)
    return images.append_column("features", [as_lists(reduced_array(rows, fitted))]), notes


def _reduced_in_tasks(
    usable: DataFrame, labels: DataFrame, preparation: PreparationParameters
) -> tuple[DataFrame, list[str]]:
    from pixelmill.preparation.reduction import fit_reduction, reduced
    from pixelmill.preparation.tables import TableFeatures

    fitted, notes = fit_reduction(TableFeatures(usable), preparation)
    # Joined after it: what is left of the features is small enough to be moved about.
    return reduced(usable, fitted).join(labels, "path"), notes


def _with_copies(
    placed: DataFrame | ArrowTable, reduced_features: DataFrame, copies: ArrowTable
) -> DataFrame | ArrowTable:
    """Return all images with their places, the copies around their representatives."""
    import pyarrow as pa

    if not len(copies):
        return placed
    known = placed if isinstance(placed, pa.Table) else placed.toArrow()
    x, y = pile_copies(known, copies).T.copy()
    session = reduced_features.sparkSession
    piled = copies.select(["path"]).append_column("x", [x]).append_column("y", [y])
    labels = reduced_features.select("path", "label")
    labelled = session.createDataFrame(piled).join(labels, "path").toArrow()
    columns = ["path", "label", "x", "y"]
    return pa.concat_tables([known.select(columns), labelled.select(columns).cast(known.schema)])


def _inherited(clusters: ArrowTable, copies: ArrowTable) -> ArrowTable:
    """Return clusters of all images: a copy has that of its representative."""
    import pyarrow as pa

    known = clusters.select(["path", "cluster"])
    if not len(copies):
        return known
    of = dict(zip(known["path"].to_pylist(), known["cluster"].to_pylist(), strict=True))
    found = [of[path] for path in copies["representative"].to_pylist()]
    columns = {"path": copies["path"], "cluster": pa.array(found, pa.int32())}
    together = [known.cast(pa.schema({"path": pa.string(), "cluster": pa.int32()}))]
    return pa.concat_tables([*together, pa.table(columns)]).sort_by("path")


def _with_clusters(map_coordinates: DataFrame, clusters: ArrowTable) -> ArrowTable:
    """Add the clusters of a table to another one with the same paths."""
    import pyarrow as pa

    placed = map_coordinates.select("path", "label", "x", "y").toArrow().sort_by("path")
    return placed.append_column("cluster", clusters["cluster"].cast(pa.int32()))


def _logged(notes: list[str]) -> list[str]:
    for note in notes:
        logger.warning("The map: %s.", note.rstrip("."))
    return notes
