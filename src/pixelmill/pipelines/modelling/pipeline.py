"""Wiring of the modelling pipeline."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.modelling.nodes import (
    join_features,
    predict_test_images,
    train_classifier,
)


def create_pipeline(**_: Any) -> Pipeline:
    """Features and splits in, a classifier and its predictions out."""
    return Pipeline(
        [
            Node(
                join_features,
                inputs=["splits", "features"],
                outputs="labelled_features",
                name="join_features",
            ),
            Node(
                train_classifier,
                inputs=["labelled_features", "featurizer", "params:modelling"],
                outputs=["classifier", "classifier_summary"],
                name="train_classifier",
            ),
            Node(
                predict_test_images,
                inputs=["classifier", "labelled_features", "featurizer"],
                outputs="predictions",
                name="predict_test_images",
            ),
        ]
    )
