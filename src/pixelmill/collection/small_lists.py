"""Lists of few URLs in memory: what `large_lists` has Spark do.

A Spark job on some thousand rows is nearly all start and end, and a collection takes ten of them.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from pixelmill.collection.results import KEPT, SHOWN, StoredImage
from pixelmill.collection.stored import EarlierDownloads
from pixelmill.parameters import CollectionParameters
from pixelmill.storage import open_storage
from pixelmill.tables import arrow_types

if TYPE_CHECKING:
    from pixelmill.spark.types import ArrowTable


def unique_rows(rows: ArrowTable, columns: Sequence[str]) -> ArrowTable:
    """Return each URL of a list once: its first row, and of each column the first value.

    Args:
        rows: Rows of a list, as `UrlRows.batches` has them.
        columns: Names of the columns that come along.

    Returns: `url_id`, `position`, `url`, `host` and the columns, in the order of the list.
    """
    import pyarrow.compute as pc

    names = ["position", "url", "host", *columns]
    values = pc.ScalarAggregateOptions(skip_nulls=True)
    # Threads would take the rows in any order.
    groups = rows.sort_by("position").group_by("url_id", use_threads=False)
    found = groups.aggregate([(name, "first", values) for name in names])
    return found.select(["url_id", *(f"{name}_first" for name in names)]).rename_columns(
        ["url_id", *names]
    )


def missing_rows(
    unique: ArrowTable, downloads: ArrowTable | None, parameters: CollectionParameters
) -> ArrowTable:
    """Return the URLs that are asked for, by the rules of `large_lists.find_missing`.

    Args:
        unique: URLs, each once.
        downloads: The table `downloads`; None before the first run.
        parameters: Parameters, as `large_lists.find_missing` takes them.

    Returns: `url_id`, `url`, `host`, `position` and the columns `KEPT`.
    """
    import pyarrow as pa

    rows = unique.select(["url_id", "url", "host", "position"])
    images: list[StoredImage | None] = [None] * len(rows)
    if downloads is not None:
        names = unique["url_id"].to_pylist()
        earlier = EarlierDownloads(downloads, names, parameters)
        missing = [not earlier.is_settled(name) for name in names]
        rows = rows.filter(pa.array(missing, pa.bool_()))
        images = [earlier.image(name) for name in rows["url_id"].to_pylist()]
    for place, (field, kind) in enumerate(KEPT.items()):
        values = [None if image is None else image[place] for image in images]
        rows = rows.append_column(field, pa.array(values, arrow_types()[kind]))
    return rows


def divide_into_chunks(missing: ArrowTable, number: int) -> list[ArrowTable]:
    """Divide URLs at random into chunks of the same size, each in the order of the list.

    Args:
        missing: Rows that `missing_rows` returns.
        number: Number of chunks.
    """
    import pyarrow.compute as pc

    order = pc.sort_indices(missing["url_id"]).to_numpy()  # a hash, so at random
    return [missing.take(np.sort(order[first::number])) for first in range(number)]


def divide_by_host(missing: ArrowTable, tasks: int) -> list[ArrowTable]:
    """Divide URLs among tasks, so that all of a host are in one and tasks have much the same.

    Within a task the first URLs of all hosts come before the second ones.

    Args:
        missing: Rows that `missing_rows` returns.
        tasks: Number of tasks.

    Returns: The rows of each task; fewer tasks where there are fewer hosts.
    """
    import pyarrow as pa

    hosts = missing["host"].to_pylist()
    task_of = _tasks_of_hosts(Counter(hosts), tasks)
    turns: Counter[str] = Counter()
    places: dict[int, list[tuple[int, int]]] = {}
    for place, host in enumerate(hosts):
        places.setdefault(task_of[host], []).append((turns[host], place))
        turns[host] += 1
    ordered = ([place for _, place in sorted(places[task])] for task in sorted(places))
    return [missing.take(pa.array(order, pa.int64())) for order in ordered]


def _tasks_of_hosts(sizes: Counter[str], tasks: int) -> dict[str, int]:
    """Give each host, the largest first, to the task that has least."""
    loads = [(0, task) for task in range(tasks)]
    task_of = {}
    for host, size in sizes.most_common():
        load, task_of[host] = heapq.heappop(loads)
        heapq.heappush(loads, (load + size, task_of[host]))
    return task_of


def joined_rows(
    unique: ArrowTable, downloads: ArrowTable, folder: str, columns: Sequence[str]
) -> ArrowTable:
    """Return the table `collected`, as `large_lists.joined` does.

    Args:
        unique: URLs, each once, with the list's own columns.
        downloads: The table `downloads`.
        folder: Folder on disk or S3.
        columns: Names of the columns that come along.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    downloads = downloads.sort_by("finished")
    last = {name: place for place, name in enumerate(downloads["url_id"].to_pylist())}
    places = [last.get(name) for name in unique["url_id"].to_pylist()]
    own = unique.filter(pc.is_valid(pa.array(places, pa.int64())))
    rows = downloads.take(pa.array([place for place in places if place is not None], pa.int64()))
    files = open_storage(folder).find_files(rows["path"].to_pylist())
    never = datetime.fromtimestamp(0, UTC)
    modified = [file.modified if file else never for file in files]
    names = ["url_id", "position", *columns]
    arrays = [pa.array(modified, arrow_types()["timestamp"]), *(own[name] for name in names)]
    return pa.table([*(rows[name] for name in SHOWN), *arrays], [*SHOWN, "modified", *names])
