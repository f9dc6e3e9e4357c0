"""Near-duplicates and the neighbour index on the page, in one sentence each."""

from typing import Any

from pixelmill.pages.formatting import quantity
from pixelmill.records import DuplicatesSummary, IndexSummary


def duplicates_view(summary: DuplicatesSummary) -> dict[str, Any] | None:
    """Return the near-duplicates that were found.

    Args:
        summary: Summary of the duplicates; empty, or not `enabled`, if they were not searched.

    Returns:
        `sentence` and `notes`; None if they were not searched.
    """
    if not summary.get("enabled", bool(summary)):
        return None
    return {"sentence": _copies(summary), "notes": summary.get("notes") or []}


def index_view(summary: IndexSummary) -> dict[str, Any] | None:
    """Return the neighbour index.

    Args:
        summary: Summary of the index; empty if there is none.

    Returns:
        `sentence`; None without an index.
    """
    if not summary:
        return None
    held = quantity(summary.get("images") or 0, "image")
    recall = summary.get("recall")
    found = "" if recall is None else f", and {recall:.1%} of the true nearest neighbours"
    return {"sentence": f"an index of {held} finds the most similar ones at once{found}."}


def _copies(summary: DuplicatesSummary) -> str:
    copies, groups = summary.get("copies") or 0, summary.get("groups") or 0
    among = "among " + quantity(summary.get("images") or 0, "image")
    if not groups:
        return f"none {among}."
    are = "is a copy" if copies == 1 else "are copies"
    parts = [f"{quantity(copies, 'image')} {are} of another"]
    if exact := summary.get("exact"):
        parts.append(f"{exact:,} of them byte for byte")
    if conflicts := summary.get("labels_differ"):
        parts.append(f"in {quantity(conflicts, 'group')} their labels differ")
    return f"{', '.join(parts)} ({quantity(groups, 'group')} {among})."
