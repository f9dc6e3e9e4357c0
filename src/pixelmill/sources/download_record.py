"""What came of every URL, as a table beside the images and as sentences."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from io import BytesIO
from typing import TYPE_CHECKING

from pixelmill.sources.download_files import name_in
from pixelmill.sources.downloading import Download
from pixelmill.storage import Storage
from pixelmill.untrusted_text import shown_url

if TYPE_CHECKING:
    from pixelmill.spark.types import ArrowTable

NAME = "downloads.parquet"
_CHECKED = {b"pixelmill.images": b"checked"}  # earlier versions kept half an image as a whole one
REASONS = 3  # that a sentence names

logger = logging.getLogger(__name__)


def write_record(storage: Storage, downloads: Sequence[Download], labels: list[str | None]) -> None:
    """Write the table. A URL stands in it without its secrets; `path` tells URLs apart.

    Args:
        storage: The folder of the downloads.
        downloads: Become its rows, in their order.
        labels: Of their images.
    """
    import pyarrow as pa
    from pyarrow import parquet

    types = {"bytes": pa.int64(), "seconds": pa.float64()}
    shown = [replace(one, url=shown_url(one.url)) for one in downloads]
    columns = {
        field.name: pa.array(
            [getattr(one, field.name) for one in shown], types.get(field.name, pa.string())
        )
        for field in fields(Download)
    }
    table = pa.table(columns | {"label": pa.array(labels, pa.string())})
    file = BytesIO()
    checked = table.replace_schema_metadata(_CHECKED)
    parquet.write_table(checked, file, write_page_checksum=True)
    storage.write_bytes(NAME, file.getvalue())


def recorded_paths(storage: Storage) -> dict[str, str]:
    """The files, images and notes, that the last run recorded, by `name_of` their URLs.

    Args:
        storage: The folder of the downloads.
    """
    table = _read(storage, ["path"])
    paths = table["path"].to_pylist() if table else []
    return {name: path for path in paths if (name := name_in(path))}


def checked_sizes(storage: Storage) -> dict[str, int]:
    """Size in bytes of each image that was whole when the last run recorded it, by its path.

    Args:
        storage: The folder of the downloads.
    """
    table = _read(storage, ["path", "bytes", "status"])
    if table is None or not _CHECKED.items() <= (table.schema.metadata or {}).items():
        return {}
    return {row["path"]: row["bytes"] for row in table.to_pylist() if row["status"] != "failed"}


def _read(storage: Storage, columns: list[str]) -> "ArrowTable | None":
    import pyarrow as pa
    from pyarrow import parquet

    if storage.find_files([NAME]) == [None]:
        return None
    file = BytesIO(storage.read_bytes(NAME))
    try:
        return parquet.read_table(file, columns=columns, page_checksum_verification=True)
    except (pa.ArrowException, OSError):
        logger.warning("%s/%s is damaged: the images are checked again.", storage.root, NAME)
        return None


def summary(downloads: Sequence[Download], seconds: float) -> str:
    """One sentence on all downloads.

    Args:
        downloads: Of all URLs.
        seconds: That they took together.

    Example:
        >>> summary([Download("http://x/1.jpg", "a/b.jpg", "ok", None, 2_000_000, 1.0)], 1.0)
        '1 of 1 images downloaded (2.0 MB in 1 s), 0 were there already, 0 failed.'
    """
    count = Counter(one.status for one in downloads)
    size = sum(one.bytes for one in downloads if one.status == "ok") / 1e6
    failed = f"{count['failed']:,} failed{reasons(downloads)}"
    return (
        f"{count['ok']:,} of {len(downloads):,} images downloaded ({size:.1f} MB in "
        f"{seconds:.0f} s), {count['there already']:,} were there already, {failed}."
    )


def reasons(downloads: Sequence[Download]) -> str:
    """The most frequent reasons of failure with their numbers, behind a colon; '' for none.

    Args:
        downloads: Failed ones and others.
    """
    count = Counter(str(one.reason) for one in downloads if one.status == "failed")
    named = [f"{number:,} times {reason}" for reason, number in count.most_common(REASONS)]
    more = sum(count.values()) - sum(number for _, number in count.most_common(REASONS))
    named += [f"{more:,} for other reasons"] if more else []
    return f": {', '.join(named)}" if named else ""
