"""The sample of images that a map is fitted on, the same in all steps."""

from dataclasses import dataclass

from pixelmill.parameters import ProjectionParameters
from pixelmill.pipelines.mapping.copies import without_copies
from pixelmill.spark.projecting import sampled
from pixelmill.spark.types import ArrowTable, DataFrame


@dataclass(frozen=True)
class Division:
    """The images of a table in two parts.

    Attributes:
        sample: Images to fit on, few enough for one process.
        others: Images that the fitted projection places; None if all images are fitted.
        more: Number of images outside the sample.
    """

    sample: DataFrame
    others: DataFrame | None = None
    more: int = 0


def divide(
    table: DataFrame, copies: ArrowTable, images: int, projection: ProjectionParameters
) -> Division:
    """Draw the images that are fitted, by path and seed and nothing else.

    Args:
        table: Column `path`.
        copies: Column `path`, the images that count with another one; they are in neither part.
        images: Rows of the table.
        projection: Parameters, with `limit` and `seed`.
    """
    singles, count = without_copies(table, copies), images - len(copies)
    if count <= projection.limit:
        return Division(singles)
    chosen = sampled(singles, projection.limit, projection.seed)
    return Division(singles.where(chosen), singles.where(~chosen), count - projection.limit)
