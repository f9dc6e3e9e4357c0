"""The reporting pipeline: from predictions, failures and the run profile to one page."""

from dataclasses import fields

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.reporting.figures import (
    draw_calibration_curve,
    draw_explained_variance,
    draw_k_distances,
)
from pixelmill.pipelines.reporting.map_nodes import pick_map_samples, shrink_map_picture
from pixelmill.pipelines.reporting.nodes import (
    count_images,
    count_predictions,
    count_scores,
    draw_prediction_sheet,
    list_failures,
    pick_pair_samples,
    pick_samples,
    pick_table_samples,
    score_classifier,
    tabulate_classes,
    tabulate_confusion,
    write_report,
)
from pixelmill.pipelines.reporting.view import Results


def create_pipeline(**_: object) -> Pipeline:
    """Count, pick the images that are shown, draw, and write the page."""
    return _counting() + _picking() + _drawing() + _writing()


def _counting() -> Pipeline:
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
                inputs=["predictions", "classifier_summary", "measured_classifier"],
                outputs="confusion_counts",
                name="count_predictions",
            ),
            Node(
                count_scores,
                inputs=["predictions", "classifier_summary"],
                outputs="score_counts",
                name="count_scores",
            ),
            Node(
                score_classifier,
                inputs=[
                    "confusion_counts",
                    "score_counts",
                    "image_counts",
                    "classifier_summary",
                    "joined_featurizer",
                    "profile",
                    "params:dataset",
                ],
                outputs=["metrics", "scores_by_class"],
                name="score_classifier",
            ),
            Node(
                tabulate_classes,
                inputs=["scores_by_class", "class_rates"],
                outputs="classes",
                name="tabulate_classes",
            ),
            Node(
                tabulate_confusion,
                inputs="confusion_counts",
                outputs="confusion_matrix",
                name="tabulate_confusion",
            ),
        ],
        tags="counting",
    )


def _picking() -> Pipeline:
    return Pipeline(
        [
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
                pick_table_samples,
                inputs=["predictions", "source", "classifier_summary", "params:reporting"],
                outputs="table_samples",
                name="pick_table_samples",
            ),
            Node(
                pick_pair_samples,
                inputs=["pairs", "pair_mistakes", "source", "params:reporting"],
                outputs="pair_samples",
                name="pick_pair_samples",
            ),
            Node(
                pick_map_samples,
                inputs=["map_summary", "source", "params:reporting"],
                outputs="map_samples",
                name="pick_map_samples",
            ),
            Node(
                shrink_map_picture,
                inputs="map_picture",
                outputs="small_map",
                name="shrink_map_picture",
            ),
        ],
        tags="picking",
    )


def _drawing() -> Pipeline:
    return Pipeline(
        [
            Node(
                draw_calibration_curve,
                inputs="metrics",
                outputs="calibration_curve",
                name="draw_calibration_curve",
            ),
            Node(
                draw_explained_variance,
                inputs="classifier_summary",
                outputs="explained_variance",
                name="draw_explained_variance",
            ),
            Node(
                draw_k_distances,
                inputs="map_summary",
                outputs="k_distances",
                name="draw_k_distances",
            ),
            Node(
                draw_prediction_sheet,
                inputs=["samples", "params:reporting"],
                outputs="prediction_sheet",
                name="draw_prediction_sheet",
            ),
        ],
        tags="drawing",
    )


def _writing() -> Pipeline:
    return Pipeline(
        [
            Node(
                write_report,
                inputs={field.name: field.name for field in fields(Results)},
                outputs="report",
                name="write_report",
            ),
        ],
        tags="writing",
    )
