"""Lists of any length in Spark: their URLs, those that are missing, and the table `collected`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pixelmill.collection.results import KEPT, NAMES, SHOWN, limits_of
from pixelmill.collection.stored import stored_files, stored_size
from pixelmill.datasets.parquet_table import read_parquet, write_parquet
from pixelmill.parameters import CollectionParameters
from pixelmill.storage.file_systems import find_file_system

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

MISSING = "url_id string, url string, host string, position long, " + ", ".join(
    f"{name} {kind}" for name, kind in KEPT.items()
)


def unique_urls(rows: DataFrame, columns: Iterable[str]) -> DataFrame:
    """Return each URL of a list once: its first row, and of each column the first value.

    Args:
        rows: Rows of a list, as `UrlRows.batches` has them.
        columns: Names of the columns that come along.
    """
    from pixelmill.spark import functions as sf

    along = [_first(name).alias(name) for name in columns]
    return rows.groupBy("url_id").agg(
        sf.min("position").alias("position"),
        sf.min_by("url", "position").alias("url"),
        sf.min_by("host", "position").alias("host"),
        sf.count("*").alias("listed"),
        *along,
    )


def _first(name: str) -> Column:
    """Return the first value that is not null; min_by skips rows whose order is null."""
    from pixelmill.spark import functions as sf

    value = sf.col(quoted(name))
    return sf.min_by(value, sf.when(value.isNotNull(), sf.col("position")))


def quoted(name: str) -> str:
    """Return the name of a column as Spark takes it, whatever letters it has.

    Args:
        name: Name of the column.
    """
    return f"`{name.replace('`', '``')}`"


def latest(downloads: DataFrame) -> DataFrame:
    """Return the last row of each URL.

    Args:
        downloads: The table `downloads`.
    """
    from pixelmill.spark import functions as sf

    last = sf.max_by(sf.struct(*NAMES), "finished").alias("last")
    return downloads.groupBy("url_id").agg(last).select("last.*")


def find_missing(
    unique: DataFrame, downloads: DataFrame | None, parameters: CollectionParameters
) -> DataFrame:
    """Return the URLs that are asked for.

    An image counts as there where its file has the size of its row. A failure stays where it would
    come again: under the same parameters, and for a reason that does not pass.

    Args:
        unique: URLs, each once.
        downloads: The table `downloads`; None before the first run.
        parameters: Parameters; uses `folder`, `refresh`, and what decides of a refusal.

    Returns: `url_id`, `url`, `host`, `position` and the columns `KEPT`, null where there is
        no image.
    """
    from pixelmill.spark import functions as sf

    urls = unique.select("url_id", "url", "host", "position")
    if downloads is None:
        nothing = (sf.lit(None).cast(kind).alias(name) for name, kind in KEPT.items())
        return urls.select("*", *nothing)
    stored = stored_files(urls.sparkSession, parameters.folder).select("path", "size")
    known = latest(downloads).drop("url").join(stored, "path", "left")
    is_there = sf.col("size").eqNullSafe(stored_size())
    stays = ~sf.col("retryable") & (sf.col("limits") == limits_of(parameters))
    settled = is_there & ((sf.col("status") == "ok") | stays)
    if parameters.refresh:
        settled = settled & (sf.col("status") != "ok")
    has_image = is_there & (sf.col("status") == "ok")
    kept = [sf.when(has_image, sf.col(name[5:])).alias(name) for name in KEPT]
    known = known.select("url_id", sf.coalesce(settled, sf.lit(False)).alias("settled"), *kept)
    both = urls.join(known, "url_id", "left")
    return both.where("settled is null or not settled").drop("settled")


def write_chunks(missing: DataFrame, number: int, folder: str) -> list[str]:
    """Divide the URLs at random, and write each chunk into a folder of its own.

    So the work of a chunk does not grow with the list, as it would if each took its rows from all
    of them.

    Args:
        missing: URLs to ask for, as `find_missing` returns them.
        number: Number of chunks.
        folder: Folder of the chunks, on disk or S3.

    Returns: Folders of the chunks that have URLs.
    """
    from pixelmill.spark import functions as sf

    chunk = sf.pmod(sf.xxhash64("url_id"), sf.lit(number)).alias("chunk")
    write_parquet(missing.select("*", chunk).repartitionByRange("chunk"), folder, by="chunk")
    system, path = find_file_system(folder)
    names = sorted(one.rstrip("/").rpartition("/")[2] for one in system.ls(path, detail=False))
    return [f"{folder}/{name}" for name in names if name.startswith("chunk=")]


def read_chunk(folder: str) -> DataFrame:
    """Return the URLs of a chunk.

    Args:
        folder: One of those that `write_chunks` returns.
    """
    return read_parquet([folder], MISSING)


def joined(unique: DataFrame, downloads: DataFrame, folder: str, columns: list[str]) -> DataFrame:
    """Return the table `collected`: the result of each URL, and the list's own columns.

    Args:
        unique: URLs, each once.
        downloads: The table `downloads`.
        folder: Folder on disk or S3.
        columns: Names of the columns that come along.
    """
    from pixelmill.spark import functions as sf

    files = stored_files(unique.sparkSession, folder).drop("size")
    rows = latest(downloads).drop("limits", "finished")
    own = unique.select("url_id", "position", *map(quoted, columns))
    epoch = sf.timestamp_seconds(sf.lit(0))
    return (
        own.join(rows, "url_id")
        .join(files, "path", "left")
        .select(
            *SHOWN,
            sf.coalesce("modified", epoch).alias("modified"),
            "url_id",
            "position",
            *map(quoted, columns),
        )
    )
