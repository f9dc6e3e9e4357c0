"""What is known of the features of a data set and of their computation, as JSON."""

from typing import Any, TypedDict


class ProfileFinding(TypedDict):
    """A share of the core time, with a remedy.

    Attributes:
        name: Name of the bottleneck.
        share: Share of the core time, 0 to 1.
        sentence: Sentence on the time, with numbers.
        advice: Parameter to set, and its effect.
    """

    name: str
    share: float
    sentence: str
    advice: str


class SlowestTask(TypedDict):
    """The task that others waited for, beside the median of all tasks.

    Attributes:
        executor: Executor that ran it.
        host: Its machine.
        seconds: Duration of the task.
        median_seconds: Duration of the median task.
        images: Number of images.
        median_images: Number of images of the median task.
        image_bytes: Bytes of the images that the task read; 0 if not counted.
        median_image_bytes: Bytes of the images that the median task read.
    """

    executor: str
    host: str
    seconds: float
    median_seconds: float
    images: int
    median_images: int
    image_bytes: int
    median_image_bytes: int


class SlowExecutor(TypedDict):
    """An executor that is slower than the others.

    Attributes:
        executor: Its name.
        host: Its machine.
        seconds: Seconds that others waited for it.
    """

    executor: str
    host: str
    seconds: float


class ClusterProfile(TypedDict):
    """What executors and tasks did, as measured by Spark.

    Attributes:
        executors: Number of executors.
        executors_without_a_task: Executors that never had a task.
        hosts: Number of machines.
        last_executor_after: Seconds until the last executor was there.
        core_seconds: Seconds of all cores.
        tries_of_tasks: Number of tasks, with those that failed.
        shuffle_read_bytes: Bytes read in shuffles.
        shuffle_written_bytes: Bytes written in shuffles.
        seconds: Core-seconds by what they went to.
        slowest_task: The task that others waited for; None where tasks were alike.
        slow_executors: The slowest first.
    """

    executors: int
    executors_without_a_task: int
    hosts: int
    last_executor_after: float
    core_seconds: float
    tries_of_tasks: int
    shuffle_read_bytes: int
    shuffle_written_bytes: int
    seconds: dict[str, float]
    slowest_task: SlowestTask | None
    slow_executors: list[SlowExecutor]


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
        precision: Precision of the network; None if there is none.
        date: Day of the run, ISO 8601, UTC.
        cpu_has_bfloat16: Whether the CPU computes in bfloat16; None if unknown.
        bottleneck: The largest share of the time, as a sentence.
        advice: What would make the run faster.
        findings: All that took time, the largest share first.
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
    findings: list[ProfileFinding]
    cluster: ClusterProfile | None
    failures: dict[str, int]
    remarks: dict[str, int]
    last: "Profile"


class JoinedFeaturizer(TypedDict, total=False):
    """What made the features of a classifier.

    Attributes:
        fingerprint: Fingerprint of the whole.
        parts: Description of each featurizer, in the order in which their features are joined.
    """

    fingerprint: str
    parts: list[dict[str, Any]]


class FeatureStatistics(TypedDict):
    """Distribution of a named feature.

    Attributes:
        name: Name of the feature.
        edges: Bin edges of its histogram, in the unit of the feature.
        counts: Images by bin.
        mean: Mean of the images.
        std: Standard deviation, divided by the number of images.
        between_classes: Share of the variance that lies between the classes (η²), 0 to 1; None
            for a constant feature or fewer than two classes.
    """

    name: str
    edges: list[float]
    counts: list[int]
    mean: float
    std: float
    between_classes: float | None


class Correlation(TypedDict):
    """Correlation of d named features.

    Attributes:
        names: Names of the features.
        values: Pearson's r [d][d]; None beside a constant feature.
    """

    names: list[str]
    values: list[list[float | None]]


class ClassMeans(TypedDict):
    """Means of d named features by class.

    Attributes:
        labels: Names of the classes.
        names: Names of the features.
        values: Means [labels][d], in the units of the features.
    """

    labels: list[str]
    names: list[str]
    values: list[list[float]]


class ClassDistributions(TypedDict):
    """Histograms of d named features by class, and some points.

    Attributes:
        labels: Names of the largest classes.
        counts: Images by bin [labels][d][bins].
        features: Positions of the features of the points.
        codes: Class of each point, as its position in `labels`.
        values: Points [points][features], to four digits.
    """

    labels: list[str]
    counts: list[list[list[int]]]
    features: list[int]
    codes: list[int]
    values: list[list[float]]


class FeatureExploration(TypedDict, total=False):
    """Statistics of named features; empty without names, with too many, or without an image.

    Attributes:
        images: Number of images.
        left_out: Images in which a feature is not finite; nothing else here counts them.
        classes: Images by label, of those that have one.
        statistics: Distribution of each feature.
        correlation: Correlation of the features.
        class_means: Means by class.
        distributions: Distributions of the largest classes.
    """

    images: int
    left_out: int
    classes: dict[str, int]
    statistics: list[FeatureStatistics]
    correlation: Correlation
    class_means: ClassMeans
    distributions: ClassDistributions


class IndexSummary(TypedDict, total=False):
    """The file `neighbours.json`: the neighbour index; empty where none is wanted.

    Attributes:
        images: Number of images in the index.
        unusable: Images whose features have no distance: not finite, zero (cosine) or too large.
        dimension: Number of features.
        added: Images added in this run.
        removed: Images removed in this run.
        rebuilt: Why the index was built from nothing; None if it was not.
        seconds: Time of the update.
        recall: Share of the `k` exact nearest neighbours that are found; None if not measured.
        k: Number of neighbours.
        queries: Images that the recall was measured on.
        parameters: Index parameters.
    """

    images: int
    unusable: int
    dimension: int
    added: int
    removed: int
    rebuilt: str | None
    seconds: float
    recall: float | None
    k: int | None
    queries: int | None
    parameters: dict[str, Any]
