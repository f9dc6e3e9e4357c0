"""The wiring of the featurization."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.featurization.missing import compare_with_index
from pixelmill.featurization.parts import describe_featurizer
from pixelmill.featurization.run import featurize_images
from pixelmill.pipelines.featurization.nodes import compare_joined, complete_joined


def create_pipeline(**_: Any) -> Pipeline:
    """Describe the featurizer, find what is missing, compute it; the same for joined features."""
    return _current() + _joined()


def _current() -> Pipeline:
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


def _joined() -> Pipeline:
    """Return the nodes of the other featurizers that `modelling.features` names."""
    return Pipeline(
        [
            Node(
                compare_joined,
                inputs=[
                    "image_index",
                    "stored_joined_features",
                    "stored_feature_sets",
                    "featurizer",
                    "params:modelling.features",
                    "params:featurization",
                ],
                outputs=["joined_parts", "joined_missing_images", "joined_stale_features"],
                name="compare_joined_features",
            ),
            Node(
                complete_joined,
                inputs=[
                    "joined_parts",
                    "joined_missing_images",
                    "joined_stale_features",
                    "source",
                ],
                outputs=["feature_sets", "joined_profile"],
                name="complete_joined_features",
            ),
        ]
    )
