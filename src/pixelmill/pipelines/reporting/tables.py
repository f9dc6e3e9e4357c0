"""Tables as pandas DataFrames, for files and from other pipelines."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pixelmill.pipelines.reporting.counts import ConfusionCount
from pixelmill.pipelines.reporting.scores import ClassScores
from pixelmill.records import ClassRates

if TYPE_CHECKING:
    from pandas import DataFrame as Table
else:
    Table = Any  # Kedro reads the signatures of nodes at run time, and pandas is slow to load

__all__ = ["Table", "class_table", "confusion_table", "no_rows", "rows"]

CLASS_TYPES = {
    "label": "string",
    "train": "int64",
    "test": "int64",
    "precision": "float64",
    "recall": "float64",
    "f1": "float64",
    "success_rate": "float64",
}
CONFUSION_TYPES = {"label": "string", "prediction": "string", "images": "int64"}


def class_table(scores: Sequence[ClassScores], rates: Sequence[ClassRates]) -> Table:
    """Return the scores of each class as a table.

    Args:
        scores: The scores of each class.
        rates: Accuracy of one-vs-rest by class; may be empty.

    Returns:
        `label`, `train`, `test` (images with features), `precision`, `recall`, `f1`,
        `success_rate`, 0 to 1 or null.
    """
    import pandas as pd

    success = {rate["label"]: rate["success_rate"] for rate in rates}
    lines = [(*one, success.get(one.label)) for one in scores]
    return pd.DataFrame(lines, columns=list(CLASS_TYPES)).astype(CLASS_TYPES)


def confusion_table(counts: Sequence[ConfusionCount]) -> Table:
    """Return the cells of the confusion matrix as a table.

    Args:
        counts: The cells that are not zero.

    Returns:
        `label`, `prediction`, `images`; mistakes first, the most frequent on top.
    """
    import pandas as pd

    ordered = sorted(counts, key=lambda one: (one.label == one.prediction, -one.images, one))
    return pd.DataFrame(ordered, columns=list(CONFUSION_TYPES)).astype(CONFUSION_TYPES)


def no_rows() -> Table:
    """Return a table without rows."""
    import pandas as pd

    return pd.DataFrame()


def rows(table: Table) -> list[dict[str, Any]]:
    """Return the rows of a table with None, and not NaN, where there is nothing."""
    held = table.astype(object)
    known = held.notna().to_numpy()
    names = [str(name) for name in held.columns]
    return [
        {name: one if there else None for name, one, there in zip(names, line, mask, strict=True)}
        for line, mask in zip(held.to_numpy(), known, strict=True)
    ]
