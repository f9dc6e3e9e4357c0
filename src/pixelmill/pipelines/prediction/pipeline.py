"""The wiring of the prediction."""

from typing import Any

from kedro.pipeline import Node, Pipeline

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
    return Pipeline(
        [
            Node(
                open_classifier,
                inputs="params:model",
                outputs="prediction.classifier",
                name="open_classifier",
            ),
            Node(
                list_new_images,
                inputs=["params:images", "params:dataset", "params:ingestion"],
                outputs=["prediction.image_index", "prediction.source"],
                name="list_new_images",
            ),
            Node(
                compare_new_images,
                inputs=[
                    "prediction.classifier",
                    "prediction.image_index",
                    "prediction.stored_features",
                ],
                outputs=["prediction.missing_images", "prediction.stale_features"],
                name="compare_new_images",
            ),
            Node(
                featurize_new_images,
                inputs=[
                    "prediction.missing_images",
                    "prediction.stale_features",
                    "prediction.source",
                    "prediction.classifier",
                    "params:featurization",
                ],
                outputs=["prediction.features", "prediction.profile"],
                name="featurize_new_images",
            ),
            Node(
                label_new_images,
                inputs=["prediction.classifier", "prediction.image_index", "prediction.features"],
                outputs="labelled_images",
                name="label_new_images",
            ),
            Node(
                sum_up,
                inputs=["labelled_images", "prediction.classifier", "prediction.source"],
                outputs="labelling_summary",
                name="sum_up",
            ),
        ]
    )
