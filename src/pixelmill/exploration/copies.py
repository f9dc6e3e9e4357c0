"""Findings of the table of near-duplicates."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pixelmill.duplicates.table import EXACT
from pixelmill.exploration.findings import Finding

if TYPE_CHECKING:
    from pyarrow import Table

EXACT_DUPLICATE = "exact_duplicate"
NEAR_DUPLICATE = "near_duplicate"
COLUMNS = ("group", "path", "label", "kind", "similarity", "keep", "copy_of")

ACROSS = "one of its group is trained on and another tested"
"""Part of the evidence of a copy that makes test results too good."""

Row = dict[str, Any]


def kept_paths(near_duplicates: "Table") -> dict[str, str]:
    """Return for each copy the image of its group that the table suggests to keep.

    Args:
        near_duplicates: Columns `group`, `path`, `keep`; the kept image of a group comes first.
    """
    rows = near_duplicates.select(["group", "path", "keep"]).to_pylist()
    kept = {row["group"]: row["path"] for row in rows if row["keep"]}
    return {row["path"]: kept[row["group"]] for row in rows if not row["keep"]}


def find_copies(
    near_duplicates: "Table", similarity: float, splits: Mapping[str, str] | None = None
) -> Iterator[Finding]:
    """Yield each copy, with the image that it is a copy of.

    Args:
        near_duplicates: Columns `group`, `path`, `label`, `kind`, `similarity`, `keep`, `copy_of`;
            the kept image of a group comes first.
        similarity: Minimum similarity of two pictures that count as the same one, 0 to 1.
        splits: Split of each image that has one, 'train' or 'test', by path; None without splits.

    Yields:
        A finding for each image that is not kept.
    """
    rows = near_duplicates.select(list(COLUMNS)).to_pylist()
    for _, members in groupby(rows, lambda row: row["group"]):
        group = list(members)
        by_path = {row["path"]: row for row in group}
        split = _first_split(group, splits or {})
        for row in group:
            if not row["keep"]:
                more = _labels(row, by_path[row["copy_of"]], group)
                if split and {split, (splits or {}).get(row["path"])} == {"train", "test"}:
                    more += f"; {ACROSS}"
                yield _finding(row, len(group), similarity, more)


def _finding(row: Row, size: int, similarity: float, more: str) -> Finding:
    if row["kind"] == EXACT:
        evidence = f"The file has the same bytes as another one{more}."
        return Finding(row["path"], EXACT_DUPLICATE, 1.0, evidence, row["copy_of"])
    named = "another image" if size == 2 else "an image of its group"
    score = min(float(row["similarity"]), 1.0)
    # A copy of a copy may be less similar to the image that is kept.
    evidence = f"Similarity to {named} is {score:.3f}; the limit is {similarity:g}{more}."
    return Finding(row["path"], NEAR_DUPLICATE, score, evidence, row["copy_of"])


def _labels(row: Row, original: Row, group: list[Row]) -> str:
    """Say which label differs: of the image that it is a copy of, or else of its group."""
    label = row["label"]
    first = next((one["label"] for one in group if one["label"] is not None), None)
    for whose, other in (("their labels", original["label"]), ("labels of its group", first)):
        if label is not None and other is not None and label != other:
            return f", but {whose} differ: {label} and {other}"
    return ""


def _first_split(group: list[Row], splits: Mapping[str, str]) -> str | None:
    """Return the split of the first image of a group that is trained on or tested."""
    known = (splits.get(row["path"]) for row in group)
    return next((split for split in known if split in ("train", "test")), None)
