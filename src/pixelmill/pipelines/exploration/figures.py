"""Statistics of a data set: Spark aggregates, of which small tables come to the driver."""

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

from pixelmill.exploration.faults import FrequentFault
from pixelmill.featurizers.picture_checks import COLUMNS, FORMATS
from pixelmill.pages.formatting import label, quantity
from pixelmill.parameters import ExplorationParameters
from pixelmill.records import ClassBalance, DatesTaken, ExplorationSummary
from pixelmill.spark.types import DataFrame

if TYPE_CHECKING:
    import pandas as pd

MODES = {1: "grey", 3: "RGB", 4: "CMYK"}
QUANTILES = (0.0, 0.05, 0.5, 0.95, 1.0)
SIZES = ("width", "height", "aspect")
MOST_CLASSES = 1000  # whose counts come to the driver
MOST_MONTHS = 36  # in a chart; more become years
MOST_YEARS = 100  # in a chart; more are those with images, since clocks are set wrongly
IMPORTANT = 3

SENTENCES = {
    "label_error": "{} probably {have} a wrong label",
    "exact_duplicate": "{} {are} the same file as another one",
    "near_duplicate": "{} {show} the same picture as another one",
    "blank": "{} {show} nothing or next to nothing",
    "dark": "{} {are} almost black",
    "bright": "{} {are} almost white",
    "blurred": "{} {are} blurred",
    "tiny": "{} {are} tiny",
    "odd_aspect": "{} {are} unusually long or tall",
    "greyscale": "{} {are} grey among images in colour",
    "outlier": "{} {are} unlike all others",
}
PLURALS = {"have": "have", "are": "are", "show": "show"}
SINGULARS = {"have": "has", "are": "is", "show": "shows"}


def describe(
    image_index: DataFrame, checks: DataFrame, exploration: ExplorationParameters
) -> ExplorationSummary:
    """Return the number of images, their sizes, file types and classes.

    Args:
        image_index: Columns `path`, `label`, `size`.
        checks: Columns `path`, `features` (of `picture_checks`, or null).
        exploration: Parameters, with the size of a small class.

    Returns:
        The figures of index and checks; the findings are added later.
    """
    from pixelmill.spark import functions as sf

    images, size, unlabelled, labels = image_index.agg(
        sf.count("*"),
        sf.coalesce(sf.sum("size"), sf.lit(0)),
        sf.count_if(sf.isnull("label")),
        sf.count_distinct("label"),
    ).collect()[0]
    usable = checks.where("features is not null")
    quantiles = [sf.percentile_approx(_column(name), list(QUANTILES), 10_000) for name in SIZES]
    readable, width, height, aspect = usable.agg(sf.count("*"), *quantiles).collect()[0]
    balance = _balance(image_index, exploration.imbalance)
    return {
        "images": images,
        "bytes": size,
        "unreadable": images - readable,
        "formats": _counted(usable, "format", dict(enumerate(FORMATS))),
        "modes": _counted(usable, "channels", MODES),
        "width": width,
        "height": height,
        "aspect": aspect,
        "labels": labels,
        "unlabelled": unlabelled,
        "taken": _dates(usable),
        "classes": balance["classes"],
        "smallest": balance["smallest"],
        "largest": balance["largest"],
        "is_imbalanced": balance["is_imbalanced"],
    }


def samples(
    image_index: DataFrame, described: ExplorationSummary, exploration: ExplorationParameters
) -> dict[str | None, list[str]]:
    """Return some images of the largest classes, always the same ones.

    Args:
        image_index: Columns `path`, `label`.
        described: Images of each class, the largest first, and those without a label.
        exploration: Parameters, with the number of classes and of images of each.

    Returns:
        Paths by class; those of images without a label at None.
    """
    if not exploration.samples:
        return {}
    names = list(described["classes"])[: exploration.classes]
    shown: dict[str | None, list[str]] = _of_classes(image_index, names, exploration.samples)
    if described["unlabelled"]:
        shown[None] = _unlabelled(image_index, exploration.shown)
    return shown


def _of_classes(
    image_index: DataFrame, names: list[str], samples: int
) -> dict[str | None, list[str]]:
    from pyspark.sql import Window

    from pixelmill.spark import functions as sf

    shown: dict[str | None, list[str]] = {name: [] for name in names}
    if not names:
        return shown
    place = sf.row_number().over(Window.partitionBy("label").orderBy(sf.xxhash64("path"), "path"))
    chosen = image_index.where(sf.col("label").isin(names)).withColumn("place", place)
    for row in chosen.where(sf.col("place") <= samples).orderBy("place").collect():
        shown[row["label"]].append(row["path"])
    return shown


def _unlabelled(image_index: DataFrame, shown: int) -> list[str]:
    from pixelmill.spark import functions as sf

    images = image_index.where("label is null").orderBy(sf.xxhash64("path"), "path")
    return [row["path"] for row in images.select("path").limit(shown).collect()]


def about_classes(described: ExplorationSummary) -> list[str]:
    """Return what is missing in the counts of classes, as sentences.

    Args:
        described: What `describe` returns.
    """
    listed = len(described["classes"])
    if listed == described["labels"]:
        return []
    return [f"Of {described['labels']:,} classes the {listed:,} largest are listed."]


def most_important(
    described: ExplorationSummary, findings: "pd.DataFrame", frequent: dict[str, FrequentFault]
) -> list[str]:
    """Return the three things that matter most, in one sentence each.

    Args:
        described: What `describe` returns, with the counts of the `findings`.
        findings: The table of that name, the worst of a kind first.
        frequent: Kinds of which only the worst are listed, or none.
    """
    found = []
    if described["unreadable"]:
        count = _images(described["unreadable"], described["images"])
        found.append(f"{count} could not be read.")
    if across := described.get("across_split"):
        count = _images(across, described["images"])
        verb = "is a copy of one" if across == 1 else "are copies of others"
        found.append(f"{count} {verb} on the other side of the split: test results are too good.")
    smallest, largest = described["smallest"], described["largest"]
    if described["is_imbalanced"] and smallest and largest:
        found.append(_imbalance(smallest, largest))
    for kind, number in described["findings"].items():
        worst = findings[findings["kind"] == kind].iloc[0]
        verbs = SINGULARS if number == 1 else PLURALS
        sentence = SENTENCES[kind].format(_images(number, described["images"]), **verbs)
        if kind in frequent:
            sentence = f"At least {sentence}"
        first = ": " if number == 1 else ", first of all "
        found.append(f"{sentence}{first}{worst['path']}.")
    unlisted = (fault for kind, fault in frequent.items() if kind not in described["findings"])
    # What most images have is a property of the data set.
    found += [fault.sentence for fault in unlisted if fault.share < 0.5]
    return found[:IMPORTANT]


def _imbalance(smallest: tuple[str, int], largest: tuple[str, int]) -> str:
    (small, few), (large, many) = smallest, largest
    ratio = many / few
    counts = f"{label(small)} has {quantity(few, 'image')}, {label(large)} {many:,}"
    return f"The class {counts}: {ratio:.0f} times as many."


def _images(count: int, images: int) -> str:
    percent = 100 * count / images
    share = f"{percent:.1f}%" if percent >= 0.05 else "less than 0.1%"
    return f"{quantity(count, 'image')} ({share})"


def _column(name: str) -> Any:
    from pixelmill.spark import functions as sf

    return sf.get("features", COLUMNS.index(name))


def _counted(usable: DataFrame, column: str, names: dict[int, str]) -> dict[str, int]:
    """Return images by the name of a number, the most frequent first."""
    counted = usable.groupBy(_column(column).cast("int").alias("number")).count().collect()
    ordered = sorted(counted, key=lambda row: (-row["count"], row["number"]))
    return {names.get(row["number"], str(row["number"])): row["count"] for row in ordered}


def _dates(usable: DataFrame) -> DatesTaken:
    """Return the dates on which the images were taken, as far as known.

    A day before the first photograph, or after today, is that of a clock that was wrong.
    """
    from pixelmill.spark import functions as sf

    day = sf.expr("date_add(date'0001-01-01', int(day) - 1)")
    days = usable.select(_column("taken").alias("day")).select(day.alias("day"))
    # Today elsewhere on Earth is tomorrow here.
    dated = days.where("day between date'1826-01-01' and date_add(current_date(), 1)")
    months = dated.groupBy(sf.date_format("day", "yyyy-MM").alias("month"))
    columns = (
        sf.count("*").alias("images"),
        sf.min("day").alias("first"),
        sf.max("day").alias("last"),
    )
    rows = sorted(months.agg(*columns).collect(), key=lambda row: row["first"])
    if not rows:
        return {"dated": 0}
    first, last = rows[0]["first"], max(row["last"] for row in rows)
    by_month = 12 * (last.year - first.year) + last.month - first.month < MOST_MONTHS
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row["month"] if by_month else row["month"][:4]] += row["images"]
    return {
        "dated": counts.total(),
        "first": first.isoformat(),
        "last": last.isoformat(),
        "by": "month" if by_month else "year",
        "counts": {name: counts[name] for name in _every(first, last, by_month) or sorted(counts)},
    }


def _every(first: date, last: date, by_month: bool) -> list[str]:
    """Return all months or years from first to last day; none if there are too many years."""
    if not by_month:
        years = range(first.year, last.year + 1)
        return [f"{year:04}" for year in years] if len(years) <= MOST_YEARS else []
    months = range(12 * first.year + first.month - 1, 12 * last.year + last.month)
    return [f"{month // 12:04}-{month % 12 + 1:02}" for month in months]


def _balance(image_index: DataFrame, imbalance: float) -> ClassBalance:
    from pixelmill.spark import functions as sf

    counted = image_index.where("label is not null").groupBy("label").count()
    largest = counted.orderBy(sf.desc("count"), "label").limit(MOST_CLASSES).collect()
    smallest = counted.orderBy("count", "label").limit(1).collect()
    if not largest:
        return {"classes": {}, "smallest": None, "largest": None, "is_imbalanced": False}
    few, many = smallest[0], largest[0]
    return {
        "classes": {row["label"]: row["count"] for row in largest},
        "smallest": (few["label"], few["count"]),
        "largest": (many["label"], many["count"]),
        "is_imbalanced": few["count"] <= imbalance * many["count"],
    }
