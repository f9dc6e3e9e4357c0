"""The reporting pipeline: from predictions, failures and the run profile to one page."""

from dataclasses import fields

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.reporting.nodes import (
    count_images,
    count_predictions,
    draw_class_scores,
    draw_confusion_matrix,
    draw_prediction_sheet,
    list_failures,
    pick_samples,
    score_classifier,
    write_report,
)
from pixelmill.pipelines.reporting.view import Results


def create_pipeline(**_: object) -> Pipeline:
    """The nodes of reporting, in the order of their work."""
    return Pipeline(
        [
            Node(
                count_images,
                inputs=["splits", "features"],
                outputs="image_counts",
                name="count_images",
            ),
            Node(
                list_failures,
                inputs=["image_counts", "features"],
                outputs="failures",
                name="list_failures",
            ),
            Node(
                count_predictions,
                inputs="predictions",
                outputs="confusion_counts",
                name="count_predictions",
            ),
            Node(
                score_classifier,
                inputs=[
                    "confusion_counts",
                    "image_counts",
                    "featurizer",
                    "profile",
                    "params:dataset",
                ],
                outputs=["metrics", "scores_by_class"],
                name="score_classifier",
            ),
            Node(
                pick_samples,
                inputs=[
                    "predictions",
                    "features",
                    "source",
                    "classifier_summary",
                    "params:reporting",
                ],
                outputs="samples",
                name="pick_samples",
            ),
            Node(
                draw_confusion_matrix,
                inputs="confusion_counts",
                outputs="confusion_matrix",
                name="draw_confusion_matrix",
            ),
            Node(
                draw_class_scores,
                inputs="scores_by_class",
                outputs="class_scores",
                name="draw_class_scores",
            ),
            Node(
                draw_prediction_sheet,
                inputs=["samples", "params:reporting"],
                outputs="prediction_sheet",
                name="draw_prediction_sheet",
            ),
            Node(
                write_report,
                inputs={field.name: field.name for field in fields(Results)},
                outputs="report",
                name="write_report",
            ),
        ]
    )
