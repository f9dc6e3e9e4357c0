"""The wiring of the prediction."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.collection import create_pipeline as collecting_images
from pixelmill.pipelines.prediction.nodes import (
    compare_new_images,
    featurize_new_images,
    label_new_images,
    list_new_images,
    open_classifier,
    sum_up,
)


def create_pipeline(**_: Any) -> Pipeline:
    """Open the classifier, list the images, featurize what is missing, label them all."""
    collecting = Pipeline(collecting_images(prefix="prediction_"), tags="collecting")
    return collecting + _opening() + _featurizing() + _labelling()


def _opening() -> Pipeline:
    return Pipeline(
        [
            Node(
                open_classifier,
                inputs=["params:model", "params:model_sha256", "params:trusted"],
                outputs="prediction_classifier",
                name="open_classifier",
            ),
            Node(
                list_new_images,
                inputs=[
                    "params:images",
                    "params:dataset",
                    "params:ingestion",
                    "prediction_collection",
                    "prediction_collected",
                ],
                outputs=["prediction_image_index", "prediction_source"],
                name="list_new_images",
            ),
        ],
        tags="opening",
    )


def _featurizing() -> Pipeline:
    return Pipeline(
        [
            Node(
                compare_new_images,
                inputs=[
                    "prediction_classifier",
                    "prediction_image_index",
                    "prediction_stored_features",
                    "params:featurization",
                ],
                outputs=["prediction_missing_images", "prediction_stale_features"],
                name="compare_new_images",
            ),
            Node(
                featurize_new_images,
                inputs=[
                    "prediction_missing_images",
                    "prediction_stale_features",
                    "prediction_source",
                    "prediction_classifier",
                    "params:featurization",
                ],
                outputs=["prediction_features", "prediction_profile"],
                name="featurize_new_images",
            ),
        ],
        tags="featurizing",
    )


def _labelling() -> Pipeline:
    return Pipeline(
        [
            Node(
                label_new_images,
                inputs=["prediction_classifier", "prediction_image_index", "prediction_features"],
                outputs="labelled_images",
                name="label_new_images",
            ),
            Node(
                sum_up,
                inputs=["labelled_images", "prediction_classifier", "prediction_source"],
                outputs="labelling_summary",
                name="sum_up",
            ),
        ],
        tags="labelling",
    )
