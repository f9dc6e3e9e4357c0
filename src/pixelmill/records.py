"""What pipelines pass to one another as JSON: the keys of each file and the types of its values.

They are dictionaries with declared keys and no models: one node of this package writes each of
them, in the types that are declared here, and files of earlier versions lack what came later.
"""

from typing import Any, Literal, NotRequired, TypedDict

Averages = dict[Literal["macro", "weighted"], float | None]


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


class Profile(TypedDict, total=False):
    """The file `profile.json`: where the time of a featurization went; empty before the first.

    Attributes:
        images: Images with a new row, failed ones included.
        failed: Images without features among those.
        already_done: Images whose rows were there before.
        seconds: Wall time of the run.
        images_per_second: Average throughput; None where nothing was done.
        cores: Number of cores.
        share: Share of the core time by step, 0 to 1.
        seconds_by_step: Seconds of all cores by step.
        batches: Number of batches of the network.
        peak_worker_memory_bytes: Most memory of a worker.
        fingerprint: Fingerprint of the featurizer.
        engine: Name of the engine; None where there is no network.
        precision: Precision of the network; None where there is none.
        date: Day of the run, ISO 8601, UTC.
        cpu_has_bfloat16: Whether the CPU computes in bfloat16; None if unknown.
        bottleneck: The largest share of the time, as a sentence.
        advice: What would make the run faster.
        findings: All that took time, each with `name`, `share`, `sentence` and `advice`.
        cluster: What executors and tasks did; None if unknown.
        failures: Failed images by reason.
        remarks: Unusual images by remark.
        last: Profile of an earlier run that measured more images.
    """

    images: int
    failed: int
    already_done: int
    seconds: float
    images_per_second: float | None
    cores: int | None
    share: dict[str, float] | None
    seconds_by_step: dict[str, float] | None
    batches: int
    peak_worker_memory_bytes: int | None
    fingerprint: str | None
    engine: str | None
    precision: str | None
    date: str
    cpu_has_bfloat16: bool | None
    bottleneck: str
    advice: str
    findings: list[dict[str, Any]]
    cluster: dict[str, Any] | None
    failures: dict[str, int]
    remarks: dict[str, int]
    last: "Profile"


CalibrationBin = TypedDict(
    "CalibrationBin",
    {
        "from": float,
        "to": float,
        "images": int,
        "confidence": float | None,
        "accuracy": float | None,
    },
)


class Calibration(TypedDict):
    """How far scores are probabilities.

    Attributes:
        expected_calibration_error: Mean distance of score and share right, 0 to 1.
        images: Number of test images.
        bins: Ten bins of the score, each with the share right (`accuracy`).
    """

    expected_calibration_error: float
    images: int
    bins: list[CalibrationBin]


class Scores(TypedDict):
    """How good the predictions are; all None where nothing was predicted.

    Attributes:
        accuracy: Share of the test images that are predicted right, 0 to 1.
        balanced_accuracy: Mean recall of the classes, 0 to 1.
        precision: Mean precision of the classes, 0 to 1.
        recall: Mean recall of the classes, 0 to 1.
        f1: Mean F1 of the classes, 0 to 1.
    """

    accuracy: float | None
    balanced_accuracy: float | None
    precision: Averages
    recall: Averages
    f1: Averages


class ImageTotals(TypedDict):
    """How many images there are.

    Attributes:
        classes: Number of classes.
        images: Number of images of the data set.
        train: Number of training images.
        test: Number of test images.
        failed: Images without features.
        left_out: Images in neither split by reason.
    """

    classes: int
    images: int
    train: int
    test: int
    failed: int
    left_out: dict[str, int]


class Metrics(Scores, ImageTotals):
    """The file `metrics.json`; figures are None where there is nothing to measure.

    Attributes:
        dataset: Name of the data set.
        top_3: Share of the test images whose class is among the three highest scores.
        intervals: Ends of the 95% intervals by figure; None where nothing was predicted.
        calibration: Calibration of the scores; None if they are no probabilities.
        images_per_second: Throughput of the featurization.
        featurizer: Fingerprint of what made the features.
        components: Number of principal components.
        trained: Whether there is a classifier.
        classifier: Identity of the classifier.
        cpu: Model of this machine's CPU.
    """

    dataset: str
    top_3: float | None
    intervals: dict[str, list[float]] | None
    calibration: Calibration | None
    images_per_second: float | None
    featurizer: str | None
    components: int | None
    trained: bool
    classifier: str | None
    cpu: str | None


class MapSummary(TypedDict, total=False):
    """The file `map.json`: how good the map and its groups are; empty where there is no map.

    In the file is also the state of the index that it is of.

    Attributes:
        images: Number of images on the map.
        failed: Images without features, which are not on it.
        fitted: Images that the projection was fitted on.
        copies: Images that count with another one.
        notes: What was chosen otherwise than asked for, as sentences.
        projection: `method`, `parameters`, `seed` and `seconds`.
        grouping: Method of the grouping, its quality, and its groups; None without groups.
        neighbours: Label agreement of the nearest neighbours, and trustworthiness.
        files: The page and the mosaics beside it, by the text of their links.
    """

    images: int
    failed: int
    fitted: int
    copies: int
    notes: list[str]
    projection: dict[str, Any]
    grouping: dict[str, Any] | None
    neighbours: dict[str, Any]
    files: dict[str, str]
