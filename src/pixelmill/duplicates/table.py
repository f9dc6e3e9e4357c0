"""The table of near-duplicates, and its summary."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pixelmill.duplicates.groups import Groups
from pixelmill.duplicates.pictures import Pictures
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
        `kind` says how the image is a copy of the kept one (`exact bytes` or `same picture`; null
        for the kept one); `similarity` is the highest to another image of the group;
        `labels_differ` says whether the group's labels do.
    """
    import pyarrow as pa

    kept, number = _numbered(pictures, groups)
    members = np.flatnonzero(number[kept] >= 0)
    is_kept = kept[members] == members
    order = np.lexsort([pictures.path_ranks()[members], ~is_kept, number[kept[members]]])
    members, is_kept = members[order], is_kept[order]
    group = number[kept[members]]
    labels = [pictures.labels[member] for member in members.tolist()]
    columns = {
        "group": group.astype(np.int32),
        "path": [pictures.paths[member] for member in members.tolist()],
        "label": labels,
        "width": pictures.widths[members],
        "height": pictures.heights[members],
        "size": pictures.sizes[members],
        "modified": pictures.modified[members],
        "kind": _kinds(pictures, members, kept, is_kept),
        "similarity": groups.similarities[members].astype(np.float64),
        "keep": is_kept,
        "labels_differ": _differ(group, labels),
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
            f"{_images(flat)} of one colour or nearly so: such images are copies of each other "
            "only where their bytes are the same."
        )
    if unreadable:
        notes.append(f"{_images(unreadable)} could not be read and belong to no group.")
    return notes


def _images(count: int) -> str:
    return f"{count:,} image" if count == 1 else f"{count:,} images"


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


def _kinds(
    pictures: Pictures,
    members: NDArray[np.intp],
    kept: NDArray[np.intp],
    is_kept: NDArray[np.bool_],
) -> list[str | None]:
    same = (pictures.digests[members] == pictures.digests[kept[members]]).all(axis=1)
    pairs = zip(is_kept, same, strict=True)
    return [None if is_the_one else EXACT if exact else SAME for is_the_one, exact in pairs]


def _differ(group: NDArray[np.intp], labels: list[str | None]) -> list[bool]:
    """Return for each row whether its group has two labels, ignoring unlabelled images."""
    found: dict[int, set[str]] = {}
    for number, label in zip(group.tolist(), labels, strict=True):
        if label is not None:
            found.setdefault(number, set()).add(label)
    return [len(found.get(number, ())) > 1 for number in group.tolist()]
