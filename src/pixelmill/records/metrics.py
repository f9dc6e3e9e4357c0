"""Metrics of a classifier, as JSON."""

from typing import Literal, TypedDict

Averages = dict[Literal["macro", "weighted"], float | None]


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
