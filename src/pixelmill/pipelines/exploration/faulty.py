"""Faulty images: thresholds by Spark aggregates, findings by Spark tasks."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from pixelmill.exploration.faults import (
    FrequentFault,
    Threshold,
    about_frequent_faults,
    find_faults,
    find_thresholds,
)
from pixelmill.exploration.findings import in_order, tabulate
from pixelmill.featurizers.picture_checks import COLUMNS
from pixelmill.parameters import BlurParameters, ExplorationParameters
from pixelmill.spark.types import ArrowTable, DataFrame

if TYPE_CHECKING:
    import pyarrow as pa

FOUND = "path string, kind string, score double, evidence string, related_path string"
SAMPLED = 100_000  # images of which percentiles are taken: 9 MB
SEED = 0


def find_in_checks(
    checks: DataFrame, exploration: ExplorationParameters
) -> tuple[ArrowTable, dict[str, FrequentFault]]:
    """Find the faulty ones of all images; only the findings come to the driver.

    Args:
        checks: Columns `path`, `features` (of `picture_checks`, or null).
        exploration: The thresholds.

    Returns:
        The findings, and the kinds too frequent for all of them to be found.
    """
    usable = checks.where("features is not null")
    images = usable.count()
    if not images:
        return tabulate([]), {}
    thresholds, notes = _thresholds(usable, images, exploration)
    find = _finder(thresholds, exploration.blurred)
    return in_order([usable.mapInArrow(find, FOUND).toArrow()]), notes


def _thresholds(
    usable: DataFrame, images: int, exploration: ExplorationParameters
) -> tuple[dict[str, Threshold], dict[str, FrequentFault]]:
    """Return the thresholds and what is said of them; of many images a sample is measured."""
    from pixelmill.spark.projecting import sampled
    from pixelmill.spark.vectors import collect_by_path

    some = usable.where(sampled(usable, SAMPLED, SEED)) if images > SAMPLED else usable
    rows = collect_by_path(some)[0]
    thresholds = find_thresholds(exploration, rows)
    return thresholds, about_frequent_faults(exploration, rows, thresholds)


def _finder(
    thresholds: dict[str, Threshold], blurred: BlurParameters
) -> "Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]":
    def find(batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        from pixelmill.spark.vectors import as_matrix

        for batch in batches:
            if batch.num_rows:
                rows = as_matrix(batch["features"], len(COLUMNS))
                paths = batch["path"].to_pylist()
                yield from tabulate(find_faults(paths, rows, thresholds, blurred)).to_batches()

    return find
