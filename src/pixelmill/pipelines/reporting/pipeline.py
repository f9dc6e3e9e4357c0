"""The reporting pipeline: from predictions, failures and the run profile to one page."""

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.modelling.joining import joined_errors
from pixelmill.pipelines.reporting.counts import count_images, list_failures
from pixelmill.pipelines.reporting.figures import (
    draw_calibration_curve,
    draw_explained_variance,
    draw_k_distances,
)
from pixelmill.pipelines.reporting.map_nodes import pick_map_samples, shrink_map_picture
from pixelmill.pipelines.reporting.nodes import (
    count_predictions,
    count_scores,
    draw_prediction_sheet,
    pick_pair_samples,
    pick_samples,
    pick_table_samples,
    score_classifier,
    tabulate_classes,
    tabulate_confusion,
    write_report,
)
from pixelmill.pipelines.reporting.view import (
    prepare_classifier_section,
    prepare_feature_section,
    prepare_model_section,
    prepare_run_section,
    prepare_sample_section,
    prepare_similarity_section,
)

SECTIONS = (
    *("run_section", "classifier_section", "model_section", "sample_section"),
    *("feature_section", "similarity_section"),
)


def create_pipeline(**_: object) -> Pipeline:
    """Prepare each section of the page, and write it."""
    sections = (
        _run() + _scores() + _classifier() + _models() + _samples() + _features() + _similarity()
    )
    return sections + Pipeline(
        [Node(write_report, inputs=list(SECTIONS), outputs="report", name="write_report")]
    )


def _run() -> Pipeline:
    return Pipeline(
        [
            Node(
                joined_errors,
                inputs=["feature_sets", "joined_featurizer"],
                outputs="feature_errors",
                name="find_feature_errors",
            ),
            Node(
                count_images,
                inputs=["splits", "feature_errors"],
                outputs="image_counts",
                name="count_images",
            ),
            Node(
                list_failures,
                inputs=["image_counts", "feature_errors"],
                outputs="failures",
                name="list_failures",
            ),
            Node(
                prepare_run_section,
                inputs=["image_counts", "failures", "profile", "source"],
                outputs="run_section",
                name="prepare_run_section",
            ),
        ],
        tags="run",
    )


def _scores() -> Pipeline:
    return Pipeline(
        [
            Node(
                count_predictions,
                inputs=[
                    "predictions",
                    "classifier_summary",
                    "measured_classifier",
                    "joined_featurizer",
                    "exploration",
                    "grid",
                ],
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
        ],
        tags="classifier",
    )


def _classifier() -> Pipeline:
    return Pipeline(
        [
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
            Node(
                draw_calibration_curve,
                inputs="metrics",
                outputs="calibration_curve",
                name="draw_calibration_curve",
            ),
            Node(
                prepare_classifier_section,
                inputs=[
                    "metrics",
                    "scores_by_class",
                    "confusion_counts",
                    "classifier_summary",
                    "source",
                    "exploration_summary",
                    "calibration_curve",
                ],
                outputs="classifier_section",
                name="prepare_classifier_section",
            ),
        ],
        tags="classifier",
    )


def _models() -> Pipeline:
    return Pipeline(
        [
            Node(
                pick_pair_samples,
                inputs=["pairs", "pair_mistakes", "source", "params:reporting"],
                outputs="pair_samples",
                name="pick_pair_samples",
            ),
            Node(
                prepare_model_section,
                inputs=["pairs", "pair_samples", "class_rates", "grid", "importance"],
                outputs="model_section",
                name="prepare_model_section",
            ),
        ],
        tags="models",
    )


def _samples() -> Pipeline:
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
                draw_prediction_sheet,
                inputs=["samples", "params:reporting"],
                outputs="prediction_sheet",
                name="draw_prediction_sheet",
            ),
            Node(
                prepare_sample_section,
                inputs=["samples", "table_samples"],
                outputs="sample_section",
                name="prepare_sample_section",
            ),
        ],
        tags="samples",
    )


def _features() -> Pipeline:
    return Pipeline(
        [
            Node(
                draw_explained_variance,
                inputs="classifier_summary",
                outputs="explained_variance",
                name="draw_explained_variance",
            ),
            Node(
                prepare_feature_section,
                inputs=[
                    "joined_featurizer",
                    "exploration",
                    "classifier_summary",
                    "explained_variance",
                ],
                outputs="feature_section",
                name="prepare_feature_section",
            ),
        ],
        tags="features",
    )


def _similarity() -> Pipeline:
    return Pipeline(
        [
            Node(
                pick_map_samples,
                inputs=["map_summary", "source", "params:reporting"],
                outputs="map_samples",
                name="pick_map_samples",
            ),
            Node(
                shrink_map_picture,
                inputs=["map_picture", "map_summary"],
                outputs="small_map",
                name="shrink_map_picture",
            ),
            Node(
                draw_k_distances,
                inputs="map_summary",
                outputs="k_distances",
                name="draw_k_distances",
            ),
            Node(
                prepare_similarity_section,
                inputs=[
                    "map_summary",
                    "map_samples",
                    "small_map",
                    "k_distances",
                    "duplicates_summary",
                    "neighbours_summary",
                ],
                outputs="similarity_section",
                name="prepare_similarity_section",
            ),
        ],
        tags="similarity",
    )
