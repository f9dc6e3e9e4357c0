"""Findings of the table of near-duplicates."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pixelmill.duplicates.table import EXACT
from pixelmill.exploration.findings import Finding

if TYPE_CHECKING:
    from pyarrow import Table

EXACT_DUPLICATE = "exact_duplicate"
NEAR_DUPLICATE = "near_duplicate"


ACROSS = "one of them is trained on and the other tested"
"""Part of the evidence of a copy that makes test results too good."""


def find_copies(
    near_duplicates: "Table", similarity: float, splits: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """Yield each copy, with the image of its group that the table suggests to keep.

    Args:
        near_duplicates: Columns `group`, `path`, `label`, `kind`, `similarity`, `keep`; the kept
            image of a group comes first.
        similarity: Minimum similarity of two pictures that count as the same one, 0 to 1.
        splits: Split of each image that has one, 'train' or 'test', by path; None without splits.

    Yields:
        A finding for each image that is not kept.
    """
    columns = ["group", "path", "label", "kind", "similarity", "keep"]
    sizes = Counter(near_duplicates["group"].to_pylist())
    kept = {}
    for row in near_duplicates.select(columns).to_pylist():
        if row["keep"]:
            kept[row["group"]] = row
            continue
        first = kept[row["group"]]
        labels = _labels(row["label"], first["label"])
        labels += _splits((splits or {}).get(row["path"]), (splits or {}).get(first["path"]))
        if row["kind"] == EXACT:
            evidence = f"The file has the same bytes as another one{labels}."
            yield Finding(row["path"], EXACT_DUPLICATE, 1.0, evidence, first["path"])
        else:
            named = "another image" if sizes[row["group"]] == 2 else "an image of its group"
            score = min(float(row["similarity"]), 1.0)
            # A copy of a copy may be less similar to the image that is kept.
            evidence = f"Similarity to {named} is {score:.3f}; the limit is {similarity:g}"
            yield Finding(row["path"], NEAR_DUPLICATE, score, f"{evidence}{labels}.", first["path"])


def _labels(label: str | None, other: str | None) -> str:
    if label is None or other is None or label == other:
        return ""
    return f", but their labels differ: {label} and {other}"


def _splits(split: str | None, other: str | None) -> str:
    return f"; {ACROSS}" if {split, other} == {"train", "test"} else ""
