"""Nodes of reporting; Spark aggregates, and everything after that is small."""

from typing import Any

from PIL.Image import Image

from pixelmill.classifier.manifest import cpu_model
from pixelmill.parameters import ReportingParameters
from pixelmill.pipelines.modelling.measured import check_measured
from pixelmill.pipelines.reporting import counts, samples, scores, sheet
from pixelmill.pipelines.reporting.calibration import calibration, top_3
from pixelmill.pipelines.reporting.counts import ConfusionCount, ImageCount
from pixelmill.pipelines.reporting.intervals import bootstrap_intervals
from pixelmill.pipelines.reporting.page import render
from pixelmill.pipelines.reporting.pairs import hardest_pairs, pair_images
from pixelmill.pipelines.reporting.samples import Sample
from pixelmill.pipelines.reporting.score_counts import ScoreCount
from pixelmill.pipelines.reporting.score_counts import score_counts as count_by_score
from pixelmill.pipelines.reporting.scores import ClassScores
from pixelmill.pipelines.reporting.tables import Table, class_table, confusion_table
from pixelmill.records import (
    ClassifierSummary,
    ClassRates,
    FeatureExploration,
    JoinedFeaturizer,
    MeasuredClassifier,
    Metrics,
    PairMistake,
    Profile,
    Source,
)
from pixelmill.spark.types import DataFrame

TABLE_THUMBNAIL = 96  # pixels; twice the size that the table shows, for dense screens


def count_predictions(
    predictions: DataFrame,
    classifier_summary: ClassifierSummary,
    measured_classifier: MeasuredClassifier,
    joined_featurizer: JoinedFeaturizer,
    exploration: FeatureExploration,
    grid: Table,
) -> list[ConfusionCount]:
    """Count the test images of each pair of true and predicted class.

    Args:
        predictions: The table `predictions`; empty where there is no classifier.
        classifier_summary: The classifier's description, with its `identity`.
        measured_classifier: Which classifier the results of the modelling are of.
        joined_featurizer: What made the features.
        exploration: Contents of `feature_statistics.json`.
        grid: Grid candidates.

    Returns:
        The cells of the confusion matrix that are not zero.

    Raises:
        InputError: If some of these are of another classifier, because only a part of the
            modelling ran since.
    """
    check_measured(measured_classifier, classifier_summary, joined_featurizer, exploration, grid)
    return counts.confusion_counts(predictions)


def count_scores(predictions: DataFrame, classifier_summary: ClassifierSummary) -> list[ScoreCount]:
    """Count the test images by the score of their predicted class.

    Args:
        predictions: The table `predictions`; empty where there is no classifier.
        classifier_summary: The classifier's description; its `labels` order the scores.

    Returns:
        One entry for each tenth of the scores that occurs.
    """
    return count_by_score(predictions, classifier_summary.get("labels") or [])


def score_classifier(
    confusion_counts: list[ConfusionCount],
    score_counts: list[ScoreCount],
    image_counts: list[ImageCount],
    classifier_summary: ClassifierSummary,
    joined_featurizer: JoinedFeaturizer,
    profile: Profile,
    dataset: str,
) -> tuple[Metrics, list[ClassScores]]:
    """Return the metrics of `metrics.json`, and the scores of each class.

    Args:
        confusion_counts: The cells of the confusion matrix that are not zero.
        score_counts: The test images by the score of their predicted class.
        image_counts: The counted images.
        classifier_summary: The classifier's description: its `labels`, and whether its scores
            are `probabilities`.
        joined_featurizer: What made the classifier's features, with its `fingerprint`.
        profile: The run profile of the featurization.
        dataset: Name of the data set.

    Returns:
        The metrics, and one entry for each class. `images` and `failed` are of the data set;
        `classes`, `train` and `test` of the images that the classifier was trained and measured on,
        or would have been; `left_out` counts those in neither split by reason. Figures
        are None where there is nothing to measure; `components` is the number of principal
        components, or None; `cpu` the model of this machine's CPU.
    """
    known = len(classifier_summary.get("labels") or [])
    trusted = score_counts if classifier_summary.get("probabilities") else []
    seen = scores.images_of_classifier(image_counts, classifier_summary)
    metrics: Metrics = {
        "dataset": dataset,
        **scores.overall_scores(confusion_counts),
        "top_3": top_3(score_counts, known),
        "intervals": bootstrap_intervals(confusion_counts),
        "calibration": calibration(trusted),
        **scores.image_totals(image_counts, seen, confusion_counts),
        "images_per_second": profile.get("images_per_second") or None,
        "featurizer": joined_featurizer.get("fingerprint"),
        "components": classifier_summary.get("components"),
        "trained": bool(classifier_summary.get("trained")),
        "classifier": classifier_summary.get("identity"),
        "cpu": cpu_model(),
    }
    return metrics, scores.class_scores(confusion_counts, seen)


def tabulate_classes(scores_by_class: list[ClassScores], class_rates: list[ClassRates]) -> Table:
    """Return the table `classes`.

    Args:
        scores_by_class: The scores of each class.
        class_rates: Accuracy of one-vs-rest by class; empty for other strategies.

    Returns:
        `label`, `train`, `test`, `precision`, `recall`, `f1`, `success_rate`.
    """
    return class_table(scores_by_class, class_rates)


def tabulate_confusion(confusion_counts: list[ConfusionCount]) -> Table:
    """Return the table `confusion_matrix`.

    Args:
        confusion_counts: The cells of the confusion matrix that are not zero.

    Returns:
        `label`, `prediction`, `images`; mistakes first, the most frequent on top.
    """
    return confusion_table(confusion_counts)


def pick_samples(
    predictions: DataFrame,
    features: DataFrame,
    source: Source,
    classifier_summary: ClassifierSummary,
    reporting: ReportingParameters,
) -> list[Sample]:
    """Read the images that the report shows: the worst mistakes, or some where none is predicted.

    Args:
        predictions: The table `predictions`.
        features: The table `features`.
        source: Image source; the paths are relative to its `root`.
        classifier_summary: The classifier's description; its `labels` order the scores.
        reporting: Parameters, with the number of images and their size.

    Returns:
        The images in the order of the report.
    """
    if not reporting.samples:
        return []
    labels = classifier_summary.get("labels") or []
    chosen = samples.worst_predictions(predictions, labels, reporting.samples)
    chosen = chosen or samples.some_images(features, reporting.samples)
    return list(samples.with_pictures(chosen, source["root"], reporting.thumbnail))


def pick_table_samples(
    predictions: DataFrame,
    source: Source,
    classifier_summary: ClassifierSummary,
    reporting: ReportingParameters,
) -> list[Sample]:
    """Read the images of the table of predictions, which are drawn from all of them.

    Args:
        predictions: The table `predictions`.
        source: Image source; the paths are relative to its `root`.
        classifier_summary: The classifier's description; its `labels` order the scores.
        reporting: Parameters, with the number of images.

    Returns:
        The images in the order of their paths.
    """
    if not reporting.samples:
        return []
    labels = classifier_summary.get("labels") or []
    chosen = samples.any_predictions(predictions, labels, reporting.samples)
    side = min(reporting.thumbnail, TABLE_THUMBNAIL)
    return list(samples.with_pictures(chosen, source["root"], side))


def pick_pair_samples(
    pairs: Table,
    pair_mistakes: list[PairMistake],
    source: Source,
    reporting: ReportingParameters,
) -> list[list[Sample]]:
    """Read the most confused images of the hardest pairs.

    Args:
        pairs: The table `pairs`; empty for other strategies than one-vs-one.
        pair_mistakes: Confused images.
        source: Image source; the paths are relative to its `root`.
        reporting: Parameters, with the size of a thumbnail; without samples there are none.

    Returns:
        For each of the hardest pairs, the hardest first, its images.
    """
    chosen = pair_images(hardest_pairs(pairs), pair_mistakes if reporting.samples else [])
    every = [image for images in chosen for image in images]
    read = samples.with_pictures(every, source["root"], reporting.thumbnail)
    return [[next(read) for _ in images] for images in chosen]


def draw_prediction_sheet(samples: list[Sample], reporting: ReportingParameters) -> Image:
    """Return the sample images with true and predicted class as one picture.

    Args:
        samples: The images in the order of the sheet.
        reporting: Parameters, with the size of a thumbnail.
    """
    return sheet.draw_sheet(samples, reporting.thumbnail)


def write_report(*sections: dict[str, Any]) -> str:
    """Return the report as one HTML page that needs no other file and no network.

    Args:
        sections: Variables of the page.

    Returns:
        The page.
    """
    return render({name: value for section in sections for name, value in section.items()})
