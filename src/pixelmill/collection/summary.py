"""The summary of a collected list, in numbers and sentences."""

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixelmill.collection.hosts import NOT_TRIED
from pixelmill.collection.url_lists import called
from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.records import UrlListFacts
from pixelmill.untrusted_text import shown_url

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

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
    from pyspark.sql import functions as sf

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
    from pyspark.sql import functions as sf

    from pixelmill.collection.tasks import quoted

    label = sf.col(quoted(called(str(ingestion.column), facts)))
    labels = sf.array_sort(sf.collect_list(sf.struct("position", label.alias("label"))))
    several = (
        rows.where(label.isNotNull())
        .groupBy("url_id")
        .agg(sf.count_distinct(label).alias("number"), labels.alias("labels"),
             sf.first("url").alias("url"))
        .where("number > 1")
        .limit(MOST_CONTRADICTIONS)
    )  # fmt: skip
    found = {}
    for row in several.collect():
        values = dict.fromkeys(unicodedata.normalize("NFC", one["label"]) for one in row["labels"])
        if len(values) > 1:
            found[_distinct_name(row["url"], row["url_id"])] = list(values)
    return found


def _distinct_name(url: str, name: str) -> str:
    shown = shown_url(url)
    return shown if shown == url else f"{shown} ({name})"
