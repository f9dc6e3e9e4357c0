"""The image index of a list of URLs, and its columns by the paths of the images."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pixelmill.collection.large_lists import quoted
from pixelmill.collection.stored import size_of_stored, stored_size
from pixelmill.collection.summary import MOST_CONTRADICTIONS
from pixelmill.collection.url_lists import called
from pixelmill.datasets.small_tables import small_rows
from pixelmill.records import Collection, Source
from pixelmill.sources.index import Index, Labeller
from pixelmill.sources.listing import Listing
from pixelmill.sources.url_list import path_in
from pixelmill.storage import StoredFile

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from pixelmill.spark.types import ArrowTable

SAME_IMAGE = "same image under another URL"
MEASURED = ("path", "status", "bytes", "reason", "modified", "position")
LABELLED = "path string, label string, size long, modified timestamp, position long"


def index_of(
    collected: DataFrame, facts: Collection, label: Labeller | None, column: str | None
) -> Index:
    """Return the index of the images that a list names, failed ones included.

    Args:
        collected: The table `collected`.
        facts: Properties of the collected list.
        label: Label of an image by the path in its URL; None takes those of a column.
        column: Column of the labels, where `label` is None.

    Raises:
        InputError: The list has no such column.
    """
    named = "url" if label else called(str(column), facts)
    few = small_rows(collected, [*MEASURED, named])
    if few is not None:
        return _index_of_few(few, facts, named, label)
    images = _images(_labelled(collected, label, named)).persist()
    counts = images.selectExpr(
        "count(*) as images", "count(distinct label) as labels", "count_if(label is null) as bare"
    )
    [(count, labels, unlabelled)] = counts.collect()
    skipped = {**facts["skipped"], SAME_IMAGE: facts["urls"] - count}
    several = {} if label else facts["contradictions"] | _contradictions(images)
    return Index(
        images.select("path", "label", "size", "modified"),
        count,
        labels,
        unlabelled,
        skipped,
        facts["skipped_examples"],
        several,
    )


def column_of(collected: DataFrame, source: Source, name: str) -> dict[str, str | None]:
    """Return a column of the list by the paths of the images.

    Args:
        collected: The table `collected`.
        source: Image source of the list.
        name: Name of the column in the list.

    Raises:
        InputError: The list has no such column.
    """
    rows = _images(_labelled(collected, None, called(name, source))).select("path", "label")
    return {row["path"]: row["label"] for row in rows.collect()}


def _index_of_few(rows: ArrowTable, facts: Collection, named: str, label: Labeller | None) -> Index:
    """Return the same index of rows in memory, by the rules of `_labelled` and `_images`."""
    label_of = _Label(label).of
    files: dict[str, StoredFile] = {}
    labels: defaultdict[str, list[str]] = defaultdict(list)
    for row in rows.sort_by("position").to_pylist():
        path, found = row["path"], label_of(row[named])
        if found is not None and found not in labels[path]:
            labels[path].append(found)
        size = size_of_stored(row["status"], row["bytes"], row["reason"])
        file = files.setdefault(path, StoredFile(path, size, row["modified"]))
        largest = max(file.size, size), max(file.modified, row["modified"])
        files[path] = StoredFile(path, *largest)
    paths = sorted(files)
    several = [(path, found) for path, found in labels.items() if len(found) > 1]
    listing = Listing(
        facts["root"],
        [files[path] for path in paths],
        [next(iter(labels[path]), None) for path in paths],
        {**facts["skipped"], SAME_IMAGE: facts["urls"] - len(paths)},
        facts["skipped_examples"],
        {} if label else facts["contradictions"] | dict(several[:MOST_CONTRADICTIONS]),
    )
    return listing.index(None)


def _labelled(collected: DataFrame, label: Labeller | None, named: str) -> DataFrame:
    from pixelmill.spark import functions as sf

    rows = collected.select(
        "path",
        sf.col(quoted(named)).alias("label"),
        stored_size().alias("size"),
        "modified",
        "position",
    )
    return rows.mapInArrow(_Label(label), LABELLED)


def _images(rows: DataFrame) -> DataFrame:
    """Return each image once, with its first label and all labels."""
    from pixelmill.spark import functions as sf

    named = sf.when(sf.col("label").isNotNull(), sf.col("position"))
    return rows.groupBy("path").agg(
        sf.min_by("label", named).alias("label"),
        sf.max("size").alias("size"),
        sf.max("modified").alias("modified"),
        sf.collect_set("label").alias("labels"),
    )


def _contradictions(images: DataFrame) -> dict[str, list[str]]:
    several = images.where("size(labels) > 1").limit(MOST_CONTRADICTIONS)
    rows = several.select("path", "label", "labels").collect()
    return {row["path"]: sorted(row["labels"], key=lambda one: one != row["label"])
            for row in rows}  # fmt: skip


class _Label:
    """Puts labels in the place of URLs, or writes those of a column in one form, in a task."""

    def __init__(self, label: Labeller | None) -> None:
        self._label = label

    def __call__(self, arriving: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        for batch in arriving:
            labels = pa.array(map(self.of, batch["label"].to_pylist()), pa.string())
            place = batch.schema.get_field_index("label")
            yield batch.set_column(place, "label", labels)

    def of(self, value: str | None) -> str | None:
        """Return the label of a URL or of the value of a column."""
        if self._label is not None:
            return self._label(path_in(value or ""))
        # Accents in one form: two programs that write them make no two classes.
        return value and unicodedata.normalize("NFC", value)
