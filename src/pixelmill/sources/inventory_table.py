"""The rows of an S3 Inventory as a Spark table of images."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from pixelmill.sources.exclusion import COUNTED_ONCE, HIDDEN, Exclusion
from pixelmill.sources.index import Images, Index, Labeller, no_column, no_label
from pixelmill.sources.inventory_manifest import Manifest
from pixelmill.sources.listing import (
    DUPLICATE,
    EXAMPLES,
    NOT_AN_IMAGE,
    nothing_found,
    reason_against,
    shown,
)
from pixelmill.spark.session import get_session

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, Row

SIFTED_NAMES = ["path", "label", "size", "modified", "reason", "example"]
SIFTED = "path string, label string, size long, modified timestamp, reason string, example string"
_TYPES = {
    "key": "string",
    "size": "long",
    "last_modified_date": "timestamp",
    "is_latest": "boolean",
    "is_delete_marker": "boolean",
}


def read_rows(manifest: Manifest, files: list[str]) -> "DataFrame":
    """Return the newest version of every object, without reading anything yet.

    Args:
        manifest: Names format and columns.
        files: Locations of the inventory's files.

    Returns:
        `key` (as the inventory writes it), `size` (bytes), `modified` (UTC, whole seconds, as a
        GET has it).
    """
    from pixelmill.spark import functions as sf

    rows = _read(manifest, files)
    newest = sf.coalesce("is_latest", sf.lit(True))
    deleted = sf.coalesce("is_delete_marker", sf.lit(False))
    second = sf.unix_seconds(_moment(manifest.file_format))
    return rows.where(newest & ~deleted & sf.col("key").isNotNull()).select(
        "key",
        sf.coalesce("size", sf.lit(0)).alias("size"),
        sf.timestamp_seconds(sf.coalesce(second, sf.lit(0))).alias("modified"),
    )


def _read(manifest: Manifest, files: list[str]) -> "DataFrame":
    """Return the columns that matter, of their types; null where the inventory has them not."""
    from pixelmill.spark import functions as sf

    reader, columns = get_session().read, manifest.columns
    if manifest.file_format == "csv":  # has no names and no types: columns go by their order
        written = reader.schema(", ".join(f"`{name}` string" for name in columns)).csv(files)
        typed = [_typed(name, name in columns) for name in _TYPES]
        return written.select(*typed)
    known = {name: kind for name, kind in _TYPES.items() if name in columns}
    schema = ", ".join(f"{name} {kind}" for name, kind in known.items())
    rows = reader.schema(schema).format(manifest.file_format).load(files)
    return rows.withColumns({name: sf.lit(None) for name in _TYPES if name not in known})


def _typed(name: str, exists: bool) -> "Column":
    from pixelmill.spark import functions as sf

    value = sf.col(name) if exists else sf.lit(None)
    return value.try_cast(_TYPES[name]).alias(name)


def _moment(file_format: str) -> "Column":
    """Return the time of change; ORC's lacks a zone, and Spark assumes that of its JVM."""
    from pixelmill.spark import functions as sf

    if file_format != "orc":
        return sf.col("last_modified_date")
    zone = sf.java_method(sf.lit("java.time.ZoneId"), sf.lit("systemDefault"))
    return sf.from_utc_timestamp("last_modified_date", zone)


@dataclass(frozen=True)
class InventoryFilter:
    """Sorts the rows of an inventory into images and others: the function of one Spark task.

    Attributes:
        encoded: Whether keys are written as in a URL, which CSV inventories do.
        prefix: Prefix of the keys that are kept; '' or with a slash at its end.
        extensions: File name endings, in lower case, that count as images.
        label: The label of an image by its path.
        exclusion: What is left out.
    """

    encoded: bool
    prefix: str
    extensions: tuple[str, ...]
    label: Labeller
    exclusion: Exclusion = field(default_factory=Exclusion)

    def __call__(self, batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        """Filter the rows of one partition.

        Args:
            batches: Batches with `key`, `size` and `modified`.

        Yields:
            Batches of `SIFTED`; of keys that end with '/', the folders of S3's web console, and
            of those without the prefix nothing is left.
        """
        for batch in batches:
            yield self._sifted(batch)

    def _sifted(self, batch: "pa.RecordBatch") -> "pa.RecordBatch":
        import pyarrow as pa

        paths = [self._path(key) for key in batch.column("key").to_pylist()]
        taken = batch.filter(pa.array([path is not None for path in paths], pa.bool_()))
        rows = [self._row(path) for path in paths if path is not None]
        path, label, reason, example = (
            pa.array([row[place] for row in rows], pa.string()) for place in range(4)
        )
        columns = [path, label, taken.column("size"), taken.column("modified"), reason, example]
        return pa.RecordBatch.from_arrays(columns, SIFTED_NAMES)

    def _path(self, written: str) -> str | None:
        """Return the path below the prefix; None for what is no file below it."""
        key = unquote_plus(written, errors="surrogateescape") if self.encoded else written
        below = key.startswith(self.prefix) and not key.endswith("/")
        return key[len(self.prefix) :] if below else None

    def _row(self, path: str) -> tuple[str | None, ...]:
        """Return path and label of an image, or reason and example of something else."""
        found = self.exclusion.left_out(path)
        if found:
            return None, None, found[0], shown(found[1])
        if reason := reason_against(path, self.extensions):
            return None, None, reason, shown(path)
        return path, self.label(path), None, None


@dataclass(frozen=True)
class InventoryListing(Images):
    """The images of an S3 Inventory, wherever Spark reads it.

    Attributes:
        root: S3 URI of the bucket that was listed, and the prefix.
        images: The inventory, as the user gave it.
        rows: As `read_rows` has them.
        encoded: Whether keys are written as in a URL.
        prefix: Prefix of the keys that are kept; '' or with a slash at its end.
        extensions: File name endings, in lower case, that count as images.
        exclusion: What is left out.
    """

    root: str
    images: str
    rows: "DataFrame"
    encoded: bool
    prefix: str
    extensions: tuple[str, ...]
    exclusion: Exclusion

    def index(self, label: Labeller | None) -> Index:
        """Index the images: Spark reads the inventory for the figures, and again for the table."""
        if label is None:
            raise no_column(self.images)
        sifted = self._sifted(label)
        found = _figures(sifted)
        if not found.count:
            raise nothing_found(
                f"{self.root} by {self.images}", self.extensions, found.skipped, found.examples
            )
        images = sifted.where("reason is null").select("path", "label", "size", "modified")
        return Index(
            _newest(images) if found.skipped[DUPLICATE] else images,
            found.count,
            found.labels,
            found.unlabelled,
            dict(found.skipped),
            found.examples,
        )

    def amount(self) -> tuple[int, int]:
        """Return number and bytes of the images."""
        sizes = self._sifted(no_label).where("reason is null").selectExpr("count(*)", "sum(size)")
        [(count, size)] = sizes.collect()
        return count, size or 0

    def _sifted(self, label: Labeller) -> "DataFrame":
        inventory_filter = InventoryFilter(
            self.encoded, self.prefix, self.extensions, label, self.exclusion
        )
        return self.rows.mapInArrow(inventory_filter, SIFTED)


@dataclass(frozen=True)
class _Figures:
    """What `Index` says of a table."""

    count: int
    labels: int
    unlabelled: int
    skipped: Counter[str]
    examples: list[str]


def _figures(sifted: "DataFrame") -> _Figures:
    """Count images, labels and exclusions, in one job that returns some 30 rows."""
    from pixelmill.spark import functions as sf

    drawn = sf.pmod(sf.xxhash64("example"), sf.lit(EXAMPLES))
    # What is counted once: an image by its path, a folder that is left out by its name. Of the
    # others no more is kept than examples.
    counted_once = sf.col("reason").isin(*COUNTED_ONCE)
    once = sf.coalesce("path", sf.when(counted_once, sf.col("example")))
    items = sifted.groupBy("reason", "label", once.alias("once"), drawn.alias("drawn")).agg(
        sf.count("*").alias("rows"), sf.min("example").alias("example")
    )
    labels = items.groupBy("reason", "label", "drawn").agg(
        sf.count("*").alias("items"),
        sf.sum("rows").alias("rows"),
        sf.min("example").alias("example"),
    )
    unlabelled = sf.sum(sf.when(sf.col("label").isNull(), sf.col("items")))
    counts = labels.groupBy("reason", "drawn").agg(
        sf.sum("items").alias("items"),
        sf.sum("rows").alias("rows"),
        sf.count("label").alias("labels"),
        unlabelled.alias("unlabelled"),
        sf.min("example").alias("example"),
    )
    return _summed(counts.collect())


def _summed(rows: "list[Row]") -> _Figures:
    images = [row for row in rows if row["reason"] is None]
    others = [row for row in rows if row["reason"] is not None]
    count = sum(row["items"] for row in images)
    skipped = Counter({HIDDEN: 0, NOT_AN_IMAGE: 0})
    skipped[DUPLICATE] = sum(row["rows"] for row in images) - count
    for row in others:
        skipped[row["reason"]] += row["items" if row["reason"] in COUNTED_ONCE else "rows"]
    return _Figures(
        count,
        sum(row["labels"] for row in images),
        sum(row["unlabelled"] or 0 for row in images),
        skipped,
        sorted(row["example"] for row in others)[:EXAMPLES],
    )


def _newest(images: "DataFrame") -> "DataFrame":
    """Return the latest row of each path."""
    from pixelmill.spark import functions as sf

    row = sf.max(sf.struct("modified", "size", "label")).alias("row")
    return images.groupBy("path").agg(row).select("path", "row.label", "row.size", "row.modified")
