"""Wiring of the modelling pipeline."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.modelling.class_rates import rate_classes
from pixelmill.pipelines.modelling.exploration import explore_features
from pixelmill.pipelines.modelling.grid import choose_estimator, plan_grid, search_grid
from pixelmill.pipelines.modelling.importance import rank_features
from pixelmill.pipelines.modelling.measured import name_measured_classifier
from pixelmill.pipelines.modelling.nodes import (
    join_features,
    predict_test_images,
    train_classifier,
)
from pixelmill.pipelines.modelling.pairs import score_pairs

# What else is said of one classifier, and is written after it.
OTHER_RESULTS = ("predictions", "pairs", "pair_mistakes", "class_rates", "importance")


def create_pipeline(**_: Any) -> Pipeline:
    """Choose an estimator, train it, measure it on the test images."""
    return _choosing() + _training() + _measuring()


def _choosing() -> Pipeline:
    return Pipeline(
        [
            Node(
                join_features,
                inputs=["splits", "features", "featurizer", "feature_sets", "params:modelling"],
                outputs=["labelled_features", "joined_featurizer"],
                name="join_features",
            ),
            Node(
                plan_grid,
                inputs=[
                    "labelled_features",
                    "joined_featurizer",
                    "params:modelling",
                    "near_duplicates",
                ],
                outputs="grid_plan",
                name="plan_grid",
            ),
            Node(
                search_grid,
                inputs=["labelled_features", "grid_plan", "finished_fits", "params:modelling"],
                outputs="grid_fits",
                name="search_grid",
            ),
            Node(
                choose_estimator,
                inputs=["grid_fits", "grid_plan"],
                outputs=["grid", "chosen_estimator"],
                name="choose_estimator",
            ),
        ],
        tags="choosing",
    )


def _training() -> Pipeline:
    return Pipeline(
        [
            Node(
                train_classifier,
                inputs=[
                    "labelled_features",
                    "joined_featurizer",
                    "params:modelling",
                    "chosen_estimator",
                ],
                outputs=["classifier", "classifier_summary"],
                name="train_classifier",
            ),
            Node(
                predict_test_images,
                inputs=["classifier", "labelled_features", "joined_featurizer", "params:modelling"],
                outputs="predictions",
                name="predict_test_images",
            ),
        ],
        tags="training",
    )


def _measuring() -> Pipeline:
    return Pipeline(
        [
            Node(
                score_pairs,
                inputs=["classifier", "labelled_features"],
                outputs=["pairs", "pair_mistakes"],
                name="score_pairs",
            ),
            Node(
                rate_classes,
                inputs=["classifier", "labelled_features"],
                outputs="class_rates",
                name="rate_classes",
            ),
            Node(
                explore_features,
                inputs=["labelled_features", "joined_featurizer"],
                outputs="exploration",
                name="explore_features",
            ),
            Node(
                rank_features,
                inputs=["classifier", "labelled_features", "joined_featurizer"],
                outputs="importance",
                name="rank_features",
            ),
            Node(
                name_measured_classifier,
                inputs=[
                    "classifier_summary",
                    "joined_featurizer",
                    "exploration",
                    "grid",
                    "stored_splits",
                    *OTHER_RESULTS,
                ],
                outputs="measured_classifier",
                name="name_measured_classifier",
            ),
        ],
        tags="measuring",
    )
