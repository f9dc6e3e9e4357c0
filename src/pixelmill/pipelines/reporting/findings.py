"""Warnings for the reader of the report, one sentence each."""

from collections.abc import Iterator, Sequence

from pixelmill.pages.formatting import quantity
from pixelmill.pipelines.reporting.scores import ClassScores
from pixelmill.records import ClassifierSummary, ExplorationSummary, Metrics, Source
from pixelmill.summary import counted

NAMED = 5  # classes that a sentence names before it says how many more there are
MANY_FAILURES = 0.05


def findings(
    metrics: Metrics, scores: Sequence[ClassScores], classifier: ClassifierSummary
) -> Iterator[str]:
    """Warnings, the gravest first.

    Args:
        metrics: The figures of the run.
        scores: The scores of each class.
        classifier: The classifier's summary with its own `warnings`.
    """
    images, failed = metrics["images"], metrics["failed"]
    if images and failed / images > MANY_FAILURES:
        have = "has" if failed == 1 else "have"
        yield (
            f"{failed:,} of {quantity(images, 'image')} {have} no features; the reasons are listed "
            "below."
        )
    if left_out := metrics.get("left_out"):
        yield f"Left out of training and test: {', '.join(counted(left_out))}."
    yield from classifier.get("warnings") or []
    if metrics["accuracy"] is not None:
        yield from _about_classes(scores)


def about_labels(source: Source) -> Iterator[str]:
    """Yield a warning where the table that lists the images contradicts itself.

    Args:
        source: Where the images are, with the labels of each image that has several.
    """
    several = source.get("contradictions") or {}
    if several:
        yield (
            f"{quantity(len(several), 'image has', 'images have')} several labels in "
            f"{source['images']}, of which the first counts: see the end of this page."
        )


def about_images(explored: ExplorationSummary) -> list[str]:
    """Return the findings about the images that matter most, at most three sentences.

    Args:
        explored: Contents of `exploration.json`; empty if these images were not explored.
    """
    return explored.get("most_important") or []


def why_no_classifier(metrics: Metrics, classifier: ClassifierSummary) -> str:
    """Return one sentence that says why there are no predictions."""
    if classifier.get("reason"):
        return str(classifier["reason"])
    if not metrics["images"]:
        return "There are no images."
    if metrics["failed"] == metrics["images"]:
        return "No image has features, so there is nothing to train a classifier on."
    if classifier.get("trained"):
        return "There is a classifier, but no labelled test image that it could be measured on."
    if not metrics["classes"]:
        return "The images have no labels, so there is nothing to train a classifier on."
    return "No classifier was trained in this run."


def _about_classes(scores: Sequence[ClassScores]) -> Iterator[str]:
    single = [one.label for one in scores if one.train == 1]
    untested = [one.label for one in scores if one.train and not one.test]
    absent = [one.label for one in scores if not one.train and not one.test]
    if single:
        yield (
            f"{_classes(single)} a single training image ({_named(single)}): "
            "add images before trusting what is said of them."
        )
    if untested:
        yield (
            f"{_classes(untested)} no test image with features ({_named(untested)}), "
            "so how well they are recognised is unknown."
        )
    if absent:
        yield (
            f"{_classes(absent)} no image with features in the splits ({_named(absent)}): "
            "not part of the classifier."
        )


def _classes(labels: Sequence[str]) -> str:
    return quantity(len(labels), "class has", "classes have")


def _named(labels: Sequence[str]) -> str:
    more = len(labels) - NAMED
    return ", ".join(labels[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
