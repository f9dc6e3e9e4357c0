"""The wiring of the splitting."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.splitting.nodes import split_images


def create_pipeline(**_: Any) -> Pipeline:
    """Divide the images."""
    return Pipeline(
        [
            Node(
                split_images,
                inputs=[
                    "image_index",
                    "source",
                    "params:ingestion",
                    "params:splitting",
                    "near_duplicates",
                ],
                outputs="splits",
                name="split_images",
            ),
        ]
    )
