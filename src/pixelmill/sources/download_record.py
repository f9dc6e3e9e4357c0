"""What came of every URL, as a table beside the images and as sentences."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from io import BytesIO

from pixelmill.sources.downloading import Download
from pixelmill.storage import Storage

NAME = "downloads.parquet"
REASONS = 3  # that a sentence names


def write_record(storage: Storage, downloads: Sequence[Download], labels: list[str | None]) -> None:
    """Write the table.

    Args:
        storage: The folder of the downloads.
        downloads: Become its rows, in their order.
        labels: Of their images.
    """
    import pyarrow as pa
    from pyarrow import parquet

    types = {"bytes": pa.int64(), "seconds": pa.float64()}
    columns = {
        field.name: pa.array(
            [getattr(one, field.name) for one in downloads], types.get(field.name, pa.string())
        )
        for field in fields(Download)
    }
    table = pa.table(columns | {"label": pa.array(labels, pa.string())})
    file = BytesIO()
    parquet.write_table(table, file)
    storage.write_bytes(NAME, file.getvalue())


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
