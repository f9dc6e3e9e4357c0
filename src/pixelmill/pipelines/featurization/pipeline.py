"""The wiring of the featurization."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.featurization.nodes import (
    compare_with_index,
    describe_featurizer,
    featurize_images,
)


def create_pipeline(**_: Any) -> Pipeline:
    """Describe the featurizer, find what is missing, compute it."""
    return Pipeline(
        [
            Node(
                describe_featurizer,
                inputs="params:featurization",
                outputs="featurizer",
                name="describe_featurizer",
            ),
            Node(
                compare_with_index,
                inputs=["featurizer", "image_index", "stored_features"],
                outputs=["missing_images", "stale_features"],
                name="compare_with_index",
            ),
            Node(
                featurize_images,
                inputs=[
                    "missing_images",
                    "stale_features",
                    "source",
                    "featurizer",
                    "params:featurization",
                    "previous_profile",
                ],
                outputs=["features", "profile"],
                name="featurize_images",
            ),
        ]
    )
