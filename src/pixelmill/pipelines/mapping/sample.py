"""Which images a map is fitted on; all of its steps draw the same ones."""

from dataclasses import dataclass

from pixelmill.parameters import ProjectionParameters
from pixelmill.spark.projecting import drawn
from pixelmill.spark.types import DataFrame


@dataclass(frozen=True)
class Division:
    """The images of a table in two parts.

    Attributes:
        sample: Those that are fitted, few enough for one process.
        others: Those that are placed by what was fitted; None where all are fitted.
        more: Of the others, how many.
    """

    sample: DataFrame
    others: DataFrame | None = None
    more: int = 0


def divide(table: DataFrame, images: int, projection: ProjectionParameters) -> Division:
    """Draws the images that are fitted, by path and seed and nothing else.

    Args:
        table: Column `path`.
        images: Rows of the table.
        projection: Its `limit` and `seed`.
    """
    if images <= projection.limit:
        return Division(table)
    chosen = drawn(table, projection.limit, projection.seed)
    return Division(table.where(chosen), table.where(~chosen), images - projection.limit)
