"""The table of near-duplicates, and its summary."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pixelmill.duplicates.groups import Groups
from pixelmill.duplicates.pictures import Pictures
from pixelmill.pages.formatting import quantity
from pixelmill.records import DuplicatesSummary
from pixelmill.tables import NEAR_DUPLICATES, arrow_schema

if TYPE_CHECKING:
    from pyarrow import Schema, Table

EXACT = "exact bytes"
SAME = "same picture"


def schema() -> "Schema":
    """Return the columns of the table `near_duplicates`."""
    return arrow_schema(NEAR_DUPLICATES)


def tabulate(pictures: Pictures, groups: Groups) -> "Table":
    """Return the images that have copies, and the copies.

    Args:
        pictures: n images.
        groups: Groups of copies.

    Returns:
        The largest group first, in a group the image to keep first. `group` counts from 0;
        `kind` says how the image is a copy (null for the kept one): it has the `exact bytes` of
        `copy_of`, or shows the `same picture` as the kept one, which is `copy_of` then;
        `similarity` is the highest to another image of the group; `labels_differ` says whether
        the group's labels do.
    """
    import pyarrow as pa

    kept, number = _numbered(pictures, groups)
    members = np.flatnonzero(number[kept] >= 0)
    is_kept = kept[members] == members
    order = np.lexsort([pictures.path_ranks()[members], ~is_kept, number[kept[members]]])
    members, is_kept = members[order], is_kept[order]
    group = number[kept[members]]
    labels = [pictures.labels[member] for member in members.tolist()]
    kinds, copied = _copies(groups, members, is_kept)
    columns = {
        "group": group.astype(np.int32),
        "path": [pictures.paths[member] for member in members.tolist()],
        "label": labels,
        "width": pictures.widths[members],
        "height": pictures.heights[members],
        "size": pictures.sizes[members],
        "modified": pictures.modified[members],
        "kind": kinds,
        "similarity": groups.similarities[members].astype(np.float64),
        "keep": is_kept,
        "labels_differ": _differ(group, labels),
        "copy_of": [None if one is None else pictures.paths[one] for one in copied],
    }
    fields = schema()
    arrays = [pa.array(columns[field.name], field.type) for field in fields]
    return pa.Table.from_arrays(arrays, schema=fields)


def summarise(table: "Table", images: int, unreadable: int, flat: int) -> DuplicatesSummary:
    """Return the figures of `duplicates.json`.

    Args:
        table: As returned by `tabulate`.
        images: Images that were compared.
        unreadable: Images that could not be read, and were not.
        flat: Images without details, which were compared by their bytes alone.
    """
    rows = table.select(["group", "kind", "size", "keep", "labels_differ"]).to_pydict()
    kinds, keep = rows["kind"], rows["keep"]
    return {
        "enabled": True,
        "images": images,
        "unreadable": unreadable,
        "flat": flat,
        "groups": sum(keep),
        "copies": len(keep) - sum(keep),
        "exact": kinds.count(EXACT),
        "same_picture": kinds.count(SAME),
        "bytes": sum(size for size, one in zip(rows["size"], keep, strict=True) if not one),
        "labels_differ": sum(a and b for a, b in zip(rows["labels_differ"], keep, strict=True)),
        "notes": list(_notes(unreadable, flat)),
    }


def _notes(unreadable: int, flat: int) -> list[str]:
    notes = ["A mirrored or turned copy counts as another picture."]
    if flat:
        notes.append(
            f"{quantity(flat, 'image')} of one colour or nearly so: such images are copies of "
            "each other only where their bytes are the same."
        )
    if unreadable:
        notes.append(f"{quantity(unreadable, 'image')} could not be read and belong to no group.")
    return notes


def _numbered(pictures: Pictures, groups: Groups) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return what is kept for each image; and the number of the group around each kept image, or
    -1.
    """
    sizes = np.bincount(groups.kept, minlength=len(pictures))
    centres = np.flatnonzero(sizes > 1)
    order = centres[np.lexsort([pictures.path_ranks()[centres], -sizes[centres]])]
    number = np.full(len(pictures), -1, np.intp)
    number[order] = np.arange(len(order))
    return groups.kept, number


def _copies(
    groups: Groups, members: NDArray[np.intp], is_kept: NDArray[np.bool_]
) -> tuple[list[str | None], list[int | None]]:
    """Return how each member is a copy, and the position of what it is a copy of."""
    same = groups.same_bytes[members]
    is_exact = same != members
    of = np.where(is_exact, same, groups.kept[members]).tolist()
    rows = list(zip(is_kept.tolist(), is_exact.tolist(), of, strict=True))
    kinds = [None if kept else EXACT if exact else SAME for kept, exact, _ in rows]
    return kinds, [None if kept else one for kept, _, one in rows]


def _differ(group: NDArray[np.intp], labels: list[str | None]) -> list[bool]:
    """Return for each row whether its group has two labels, ignoring unlabelled images."""
    found: dict[int, set[str]] = {}
    for number, label in zip(group.tolist(), labels, strict=True):
        if label is not None:
            found.setdefault(number, set()).add(label)
    return [len(found.get(number, ())) > 1 for number in group.tolist()]
