"""Copies that are left out of the splits, so that no copy of a training image is tested."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixelmill.datasets.index_state import DISABLED, index_state, table_state
from pixelmill.errors import InputError
from pixelmill.pipelines.splitting.earlier import earlier_by_path
from pixelmill.spark.types import ArrowTable, DataFrame

if TYPE_CHECKING:
    from pixelmill.spark.types import Table

COMMAND = "kedro run --pipelines ingestion,duplicates"


def find_copies(
    image_index: DataFrame, near_duplicates: ArrowTable | None, earlier: Table
) -> list[str]:
    """Find the images that have another one in their place.

    One image of each group stays in the splits: the one that is in them already, so that a new
    copy moves no image, however large it is. Where there is none, or where a new copy connects
    two, it is the one that the table suggests to keep, or the first by path.

    Args:
        image_index: Columns `path`, `size`, `modified`.
        near_duplicates: The table of that name, or None.
        earlier: Splits of an earlier run, columns `path` and `earlier`.

    Returns:
        Paths of the images.

    Raises:
        InputError: Near-duplicates were not searched, or among other images than these.
    """
    asked = "splitting.near_duplicates is leave_out, but"
    if near_duplicates is None:
        raise InputError(
            f"{asked} near-duplicates have not been searched yet: run `{COMMAND}` first"
        )
    state = table_state(near_duplicates)
    if state == DISABLED:
        raise InputError(
            f"{asked} duplicates.enabled was false when near-duplicates were last looked for: "
            f"set it to true and run `{COMMAND}` first"
        )
    if state != index_state(image_index):
        raise InputError(
            f"{asked} images came, went or changed since near-duplicates were looked for: "
            f"run `{COMMAND}` first"
        )
    columns = [near_duplicates[name].to_pylist() for name in ("group", "path", "keep")]
    split = earlier_by_path(earlier, columns[1])
    ordered = sorted(
        (group, path not in split, not keep, path)
        for group, path, keep in zip(*columns, strict=True)
    )
    copies = zip(ordered[1:], ordered, strict=False)
    return [path for (group, *_, path), (before, *_) in copies if group == before]
