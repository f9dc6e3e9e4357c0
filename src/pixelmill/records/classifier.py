"""What was trained, measured by class, and labelled, as JSON."""

from typing import Any, TypedDict


class ChosenEstimator(TypedDict, total=False):
    """The best candidate of a grid; empty where no grid was searched.

    Attributes:
        estimator: Estimator name.
        parameters: Its parameters.
    """

    estimator: str
    parameters: dict[str, Any]


class ClassifierSummary(TypedDict, total=False):
    """The file `classifier.json`: what was trained.

    Attributes:
        trained: Whether there is a model.
        reason: Reason why there is none; None if there is one.
        identity: Identity that predictions and metrics of this classifier carry.
        estimator: Estimator name.
        strategy: Strategy name.
        parameters: Estimator parameters that were used, by its library's own names.
        labels: Class labels, in the order of the scores.
        train: Number of training images.
        probabilities: Whether scores are probabilities.
        pairs: Chosen pairs of classes; None for all.
        features: Names of the featurizers.
        preparation: Preparation parameters.
        components: Number of principal components; None without a PCA.
        variance_share: Explained variance of each component, 0 to 1; None without a PCA.
        train_by_class: Training images by label.
        seconds: Time of the training.
        warnings: Warnings, as sentences.
    """

    trained: bool
    reason: str | None
    identity: str
    estimator: str
    strategy: str
    parameters: dict[str, Any]
    labels: list[str]
    train: int
    probabilities: bool
    pairs: list[tuple[str, str]] | None
    features: list[str | None]
    preparation: dict[str, Any]
    components: int | None
    variance_share: list[float] | None
    train_by_class: dict[str, int]
    seconds: float
    warnings: list[str]


class MeasuredClassifier(TypedDict, total=False):
    """Which classifier all results of the modelling are of.

    Attributes:
        identity: Identity of the classifier.
        results: Digest of the results that were written before it.
        splitting: Parameters that its images were split by; empty where they are unknown.
    """

    identity: str
    results: str
    splitting: dict[str, Any]


class ClassRates(TypedDict):
    """How well one-vs-rest separates a class from the others, on the test images of every class.

    Attributes:
        label: Name of the class.
        test: Labelled test images of every class.
        success_rate: Share of them that its classifier puts on the right side; None without any.
        sensitivity: The same of the images of the class.
        specificity: The same of the other images.
    """

    label: str
    test: int
    success_rate: float | None
    sensitivity: float | None
    specificity: float | None


class PairMistake(TypedDict):
    """A test image on the wrong side of a one-vs-one classifier.

    Attributes:
        class_a: One class of the pair.
        class_b: The other.
        path: Path of the image.
        label: Its class.
        margin: Margin of its own class, below 0.
    """

    class_a: str
    class_b: str
    path: str
    label: str
    margin: float


class FeatureImportance(TypedDict):
    """What a classifier loses without a named feature.

    Attributes:
        feature: Name of the feature.
        permutation: Share of the test images of its classes that are no longer predicted right
            when the feature is shuffled among them; mean of the repeats.
        permutation_std: Standard deviation over the repeats.
        impurity: Share of the decrease of impurity in the trees; None for other models.
    """

    feature: str
    permutation: float
    permutation_std: float
    impurity: float | None


class LabellingSummary(TypedDict):
    """What an exported classifier made of new images.

    Attributes:
        root: Folder or URI of the images.
        images: Number of images.
        labelled: Images with a prediction.
        failed: Images without features.
        labels: Images by predicted label, of those that occur.
    """

    root: str
    images: int
    labelled: int
    failed: int
    labels: dict[str, int]
