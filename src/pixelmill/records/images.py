"""What is known of the images of a data set: their list, downloads, copies and faults, as JSON."""

from typing import Literal, NotRequired, TypedDict


class UrlListFacts(TypedDict, total=False):
    """Properties of a list of URLs after its last row was read.

    Attributes:
        images: The list as the user named it.
        rows: Number of rows with a URL, duplicates included.
        columns: Name in the table `collected` by the name that a column has in the list.
        skipped: Number of rows left out by reason.
        skipped_examples: Some of them, without what is secret in a URL.
    """

    images: str | None
    rows: int
    columns: dict[str, str]
    skipped: dict[str, int]
    skipped_examples: list[str]


class StoredUrlList(UrlListFacts):
    """The same in the folder of the list.

    Attributes:
        is_list: Whether `images` is a list of URLs; if not, the other properties are missing.
    """

    is_list: bool


class Collection(UrlListFacts, total=False):
    """The file `collection.json`: what was downloaded; `urls` alone where `images` is no list.

    Attributes:
        urls: Number of distinct URLs.
        ok: URLs whose image is there.
        failed: The others.
        bytes: Sum of the images' sizes.
        reasons: The most frequent reasons of failures with their numbers.
        root: Folder or URI of the downloaded files.
        contradictions: All labels of each URL that the list gives several.
    """

    urls: int
    ok: int
    failed: int
    bytes: int
    reasons: dict[str, int]
    root: str
    contradictions: dict[str, list[str]]


class Source(TypedDict):
    """The file `source.json`: what was listed.

    Attributes:
        images: The source as the user named it.
        root: Folder or URI that the paths of the index are relative to.
        count: Number of images.
        labels: Number of labels.
        unlabelled: Number of images without a label.
        skipped: Number of skipped files by reason.
        skipped_examples: Some of their paths.
        contradictions: The labels of each image that a table gives several of; the first counts.
        columns: Column names of a list of URLs, by what they hold.
    """

    images: str
    root: str
    count: int
    labels: int
    unlabelled: int
    skipped: dict[str, int]
    skipped_examples: list[str]
    contradictions: dict[str, list[str]]
    columns: NotRequired[dict[str, str]]


class FailureExample(TypedDict):
    """An image without features.

    Attributes:
        path: Path of the image.
        error: Why it has none.
    """

    path: str
    error: str


class FailureReason(TypedDict):
    """Images that have no features for the same reason.

    Attributes:
        reason: The error up to its colon.
        images: Number of images.
        examples: Some of them.
    """

    reason: str
    images: int
    examples: list[FailureExample]


class FailureSummary(TypedDict):
    """The file `failures.json`: why images have no features.

    Attributes:
        images: Number of images of the data set.
        failed: Images without features among those.
        reasons: The most frequent reason first.
    """

    images: int
    failed: int
    reasons: list[FailureReason]


class DuplicatesSummary(TypedDict, total=False):
    """The file `duplicates.json`; `enabled` alone where near-duplicates were not searched.

    Attributes:
        enabled: Whether near-duplicates were searched.
        images: Images that were compared.
        unreadable: Images that could not be read and were not compared.
        flat: Images without details, which were compared by their bytes alone.
        groups: Number of groups.
        copies: Images that could be removed.
        exact: Copies with the same bytes.
        same_picture: Copies with other bytes.
        bytes: Sum of the copies' sizes.
        labels_differ: Groups with two labels or more.
        notes: Limits of the comparison, as sentences.
    """

    enabled: bool
    images: int
    unreadable: int
    flat: int
    groups: int
    copies: int
    exact: int
    same_picture: int
    bytes: int
    labels_differ: int
    notes: list[str]


class DatesTaken(TypedDict, total=False):
    """When the images were taken, by their EXIF data; `dated` alone where it is unknown.

    Attributes:
        dated: Images that name a possible day.
        first: The first day, ISO 8601.
        last: The last day.
        by: Unit of `counts`; years where the images span more than three of them.
        counts: Images by month or year.
    """

    dated: int
    first: str
    last: str
    by: Literal["month", "year"]
    counts: dict[str, int]


class ClassBalance(TypedDict):
    """The classes and how many images they have.

    Attributes:
        classes: Images by class, the largest first; at most 1,000 classes.
        smallest: The smallest class and its images; None without labels.
        largest: The largest class and its images; None without labels.
        is_imbalanced: Whether the smallest is too small by `exploration.imbalance`.
    """

    classes: dict[str, int]
    smallest: tuple[str, int] | None
    largest: tuple[str, int] | None
    is_imbalanced: bool


class ExplorationSummary(ClassBalance, total=False):
    """The file `exploration.json`: figures of the images and of the findings.

    Attributes:
        images: Number of images.
        bytes: Sum of their sizes.
        unreadable: Images that could not be read.
        formats: Images by file type.
        modes: Images by colour mode.
        width: Minimum, 5%, median, 95% and maximum, in pixels.
        height: The same quantiles, in pixels.
        aspect: The same quantiles of the longer side divided by the shorter one.
        labels: Number of labels.
        unlabelled: Images without a label.
        taken: When they were taken.
        findings: Number of findings by kind.
        across_split: Copies of images on the other side of the split.
        frequent: Kinds of findings of which only the worst are listed, or none.
        notes: What was not examined, as sentences.
        most_important: The three most important findings, as sentences.
    """

    images: int
    bytes: int
    unreadable: int
    formats: dict[str, int]
    modes: dict[str, int]
    width: list[float] | None
    height: list[float] | None
    aspect: list[float] | None
    labels: int
    unlabelled: int
    taken: DatesTaken
    findings: dict[str, int]
    across_split: int
    frequent: list[str]
    notes: list[str]
    most_important: list[str]
