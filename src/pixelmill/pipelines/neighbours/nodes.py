"""The nodes of the neighbour index."""

import logging

from pixelmill.datasets.neighbour_index import IndexUpdate, StoredIndex
from pixelmill.featurizers import Description
from pixelmill.neighbours.manifest import Manifest
from pixelmill.neighbours.vectors import unusable_kind
from pixelmill.pages.formatting import quantity
from pixelmill.parameters import NeighboursParameters
from pixelmill.records import IndexSummary, Source
from pixelmill.spark.types import DataFrame

logger = logging.getLogger(__name__)


def plan_index(
    featurizer: Description,
    features: DataFrame,  # noqa: ARG001 (they must be saved before they are indexed)
    image_index: DataFrame,  # noqa: ARG001 (it must be saved before its labels are read)
    source: Source,
    neighbours: NeighboursParameters,
) -> IndexUpdate:
    """Return what is to be indexed; saving it builds the index, chunk by chunk, without Spark.

    Args:
        featurizer: Description of the current featurizer.
        features: All features of the data set.
        image_index: Column `label`.
        source: Image source, with `root`.
        neighbours: Parameters of the index.
    """
    return IndexUpdate(featurizer, neighbours, source["root"])


def sum_up_index(neighbour_index: StoredIndex, neighbours: NeighboursParameters) -> IndexSummary:
    """Return the index's contents, its changes, and its recall.

    Args:
        neighbour_index: Up-to-date index.
        neighbours: Index parameters.
    """
    if not neighbours.enabled:
        return {}
    manifest = neighbour_index.manifest()
    log_update(manifest)
    recall, done = manifest.recall, manifest.update
    return {
        "images": manifest.count,
        "unusable": manifest.unusable,
        "dimension": manifest.dimension,
        "added": done.added,
        "removed": done.removed,
        "rebuilt": done.rebuilt,
        "seconds": done.seconds,
        "recall": recall.share if recall else None,
        "k": recall.k if recall else None,
        "queries": recall.queries if recall else None,
        "parameters": manifest.parameters.model_dump(exclude={"enabled"}),
    }


def log_update(manifest: Manifest) -> None:
    """Log what the last run did to an index.

    Args:
        manifest: Manifest of the index.
    """
    done = manifest.update
    logger.info(
        "Neighbours: %s, %s added, %s removed, %.1f s.",
        quantity(manifest.count, "image"), f"{done.added:,}", f"{done.removed:,}", done.seconds,
    )  # fmt: skip
    if done.rebuilt:
        logger.info("The index was rebuilt: %s.", done.rebuilt)
    if manifest.unusable:
        logger.warning(
            "Left out of all lists of neighbours: %s whose features are %s or not finite.",
            quantity(manifest.unusable, "image"),
            unusable_kind(manifest.parameters),
        )
