"""Findings of the table of near-duplicates."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixelmill.duplicates.table import EXACT
from pixelmill.exploration.findings import Finding

if TYPE_CHECKING:
    from pyarrow import Table

EXACT_DUPLICATE = "exact_duplicate"
NEAR_DUPLICATE = "near_duplicate"


def find_copies(near_duplicates: "Table", similarity: float) -> Iterator[Finding]:
    """Each copy, with the image of its group that the table suggests to keep.

    Args:
        near_duplicates: Columns `group`, `path`, `label`, `kind`, `similarity`, `keep`; the kept
            image of a group comes first.
        similarity: From which on two pictures are the same one.

    Yields:
        A finding for each image that is not kept.
    """
    columns = ["group", "path", "label", "kind", "similarity", "keep"]
    kept = {}
    for row in near_duplicates.select(columns).to_pylist():
        if row["keep"]:
            kept[row["group"]] = row
            continue
        first = kept[row["group"]]
        labels = _labels(row["label"], first["label"])
        if row["kind"] == EXACT:
            evidence = f"The file has the same bytes as another one{labels}."
            yield Finding(row["path"], EXACT_DUPLICATE, 1.0, evidence, first["path"])
        else:
            score = min(float(row["similarity"]), 1.0)
            evidence = f"Similarity to another image is {score:.3f}; the limit is {similarity:g}"
            yield Finding(row["path"], NEAR_DUPLICATE, score, f"{evidence}{labels}.", first["path"])


def _labels(label: str | None, other: str | None) -> str:
    if label is None or other is None or label == other:
        return ""
    return f", but their labels differ: {label} and {other}"
