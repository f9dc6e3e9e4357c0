"""The image index of a list of URLs, and its columns by the paths of the images."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from pixelmill.collection.stored import stored_size
from pixelmill.collection.summary import MOST_CONTRADICTIONS
from pixelmill.collection.tasks import quoted
from pixelmill.collection.url_lists import called
from pixelmill.sources.index import Index, Labeller
from pixelmill.sources.url_list import path_in

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

SAME_IMAGE = "same image under another URL"
LABELLED = "path string, label string, size long, modified timestamp, position long"


def index_of(
    collected: DataFrame, facts: dict[str, Any], label: Labeller | None, column: str | None
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
    rows = _labelled(collected, facts, label, column)
    images = _images(rows).persist()
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


def column_of(collected: DataFrame, facts: dict[str, Any], name: str) -> dict[str, str | None]:
    """Return a column of the list by the paths of the images.

    Args:
        collected: The table `collected`.
        facts: Properties of the collected list.
        name: Name of the column in the list.

    Raises:
        InputError: The list has no such column.
    """
    rows = _images(_labelled(collected, facts, None, name)).select("path", "label")
    return {row["path"]: row["label"] for row in rows.collect()}


def _labelled(
    collected: DataFrame, facts: dict[str, Any], label: Labeller | None, column: str | None
) -> DataFrame:
    from pyspark.sql import functions as sf

    named = "url" if label else called(str(column), facts)
    rows = collected.select(
        "path",
        sf.col(quoted(named)).alias("label"),
        stored_size().alias("size"),
        "modified",
        "position",
    )
    return rows.mapInArrow(_Label(label), LABELLED)


def _images(rows: DataFrame) -> DataFrame:
    """Each image once: with the first label that is one, and all of them."""
    from pyspark.sql import functions as sf

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
            labels = pa.array(map(self._of, batch["label"].to_pylist()), pa.string())
            place = batch.schema.get_field_index("label")
            yield batch.set_column(place, "label", labels)

    def _of(self, value: str | None) -> str | None:
        if self._label is not None:
            return self._label(path_in(value or ""))
        # Accents in one form: two programs that write them make no two classes.
        return value and unicodedata.normalize("NFC", value)
