"""The summary of a collected list, in numbers and sentences."""

import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from pixelmill.collection.hosts import NOT_TRIED
from pixelmill.collection.url_lists import called
from pixelmill.datasets.small_tables import small_rows
from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.records import UrlListFacts
from pixelmill.untrusted_text import shown_url

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from pixelmill.spark.types import ArrowTable

REASONS = 3  # that a sentence names
MOST_CONTRADICTIONS = 1000


@dataclass(frozen=True)
class Totals:
    """Figures of the table `collected`.

    Attributes:
        urls: Number of URLs.
        ok: URLs whose image is there.
        failed: The others.
        bytes: Sum of the images' sizes.
        most_frequent: The most frequent reasons of failures with their numbers.
    """

    urls: int
    ok: int
    failed: int
    bytes: int
    most_frequent: list[tuple[str, int]]

    def reasons(self) -> str:
        """Return the most frequent reasons behind a colon; '' for none.

        Example:
            >>> Totals(9, 5, 4, 0, [("HTTP 404 Not Found", 3)]).reasons()
            ': 3 times HTTP 404 Not Found, 1 for other reasons'
        """
        named = [f"{number:,} times {reason}" for reason, number in self.most_frequent]
        more = self.failed - sum(number for _, number in self.most_frequent)
        named += [f"{more:,} for other reasons"] if more else []
        return f": {', '.join(named)}" if named else ""


def totals_of(collected: "DataFrame") -> Totals:
    """Count the rows of the table.

    Args:
        collected: The table `collected`.
    """
    few = small_rows(collected, ["status", "bytes", "reason"])
    return _totals_in_spark(collected) if few is None else _totals_of_few(few)


def _totals_of_few(rows: "ArrowTable") -> Totals:
    columns = (rows[name].to_pylist() for name in ("status", "bytes", "reason"))
    urls = list(zip(*columns, strict=True))
    sizes = [size for status, size, _ in urls if status == "ok"]
    reasons = Counter(reason for status, _, reason in urls if status == "failed")
    most = sorted(reasons.items(), key=lambda one: (-one[1], one[0]))
    return Totals(len(urls), len(sizes), reasons.total(), sum(sizes), most[:REASONS])


def _totals_in_spark(collected: "DataFrame") -> Totals:
    from pixelmill.spark import functions as sf

    counts = collected.groupBy("status").agg(
        sf.count("*").alias("urls"), sf.sum("bytes").alias("bytes")
    )
    by_status = {row["status"]: row for row in counts.collect()}
    ok, failed = (by_status[name]["urls"] if name in by_status else 0 for name in ("ok", "failed"))
    size = by_status["ok"]["bytes"] if ok else 0
    reasons = collected.where("status = 'failed'").groupBy("reason").count()
    most = reasons.orderBy(sf.desc("count"), "reason").limit(REASONS).collect() if failed else []
    return Totals(ok + failed, ok, failed, size, [(row["reason"], row["count"]) for row in most])


def summary(totals: Totals) -> str:
    """Return one sentence on all URLs.

    Args:
        totals: Figures of the table `collected`.

    Example:
        >>> summary(Totals(2, 1, 1, 2_000_000, [("HTTP 404 Not Found", 1)]))
        '1 of 2 images are there (2.0 MB), 1 failed: 1 times HTTP 404 Not Found.'
    """
    return (
        f"{totals.ok:,} of {totals.urls:,} images are there ({totals.bytes / 1e6:.1f} MB), "
        f"{totals.failed:,} failed{totals.reasons()}."
    )


def nothing_came(totals: Totals, images: str | None) -> InputError:
    """Return the error where no image of a list is there.

    Args:
        totals: Figures of the table `collected`.
        images: The list, as the user gave it.
    """
    reason = totals.most_frequent[0][0] if totals.most_frequent else ""
    if reason.startswith(NOT_TRIED):
        return InputError(
            f"None of the {totals.urls} URLs that {images} lists can be reached"
            f"{reason.removeprefix(NOT_TRIED)}: check the network, and set collection.proxy where "
            "it has a proxy."
        )
    return InputError(
        f"None of the {totals.urls} images that {images} lists could be downloaded"
        f"{totals.reasons()}; the table `collected` has the reason of each."
    )


def contradictions_of(
    rows: "DataFrame", facts: UrlListFacts, ingestion: IngestionParameters
) -> dict[str, list[str]]:
    """Return all labels of the URLs that a list gives several, by the URL without its secrets.

    The id of the URL is added where something is hidden: other URLs may look the same.

    Args:
        rows: Rows of the list.
        facts: Properties of the list: `columns` and `images`.
        ingestion: Takes `label` and `column`.
    """
    if ingestion.label != "column":
        return {}
    label = called(str(ingestion.column), facts)
    few = small_rows(rows, ["position", "url_id", "url", label])
    several = _several_in_spark(rows, label) if few is None else _several_of_few(few, label)
    found = {}
    for url_id, url, labels in several:
        values = list(dict.fromkeys(unicodedata.normalize("NFC", one) for one in labels))
        if len(values) > 1:
            found[_distinct_name(url, url_id)] = values
    return found


def _several_of_few(rows: "ArrowTable", label: str) -> list[tuple[str, str, list[str]]]:
    """Return URLs with several labels: identifier, URL, and the labels in the list's order."""
    labels, urls = defaultdict[str, list[str]](list), {}
    for row in rows.sort_by("position").to_pylist():
        urls[row["url_id"]] = row["url"]
        if row[label] is not None:
            labels[row["url_id"]].append(row[label])
    several = ((name, urls[name], found) for name, found in labels.items() if len(set(found)) > 1)
    return list(islice(several, MOST_CONTRADICTIONS))


def _several_in_spark(rows: "DataFrame", name: str) -> list[tuple[str, str, list[str]]]:
    from pixelmill.collection.large_lists import quoted
    from pixelmill.spark import functions as sf

    label = sf.col(quoted(name))
    labels = sf.array_sort(sf.collect_list(sf.struct("position", label.alias("label"))))
    several = (
        rows.where(label.isNotNull())
        .groupBy("url_id")
        .agg(sf.count_distinct(label).alias("number"), labels.alias("labels"),
             sf.first("url").alias("url"))
        .where("number > 1")
        .limit(MOST_CONTRADICTIONS)
    )  # fmt: skip
    return [
        (row["url_id"], row["url"], [one["label"] for one in row["labels"]])
        for row in several.collect()
    ]


def _distinct_name(url: str, name: str) -> str:
    shown = shown_url(url)
    return shown if shown == url else f"{shown} ({name})"
