"""The wiring of the ingestion."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.ingestion.listing import list_images


def create_pipeline(**_: Any) -> Pipeline:
    """List the images."""
    return Pipeline(
        [
            Node(
                list_images,
                inputs=[
                    "params:images",
                    "params:dataset",
                    "params:ingestion",
                    "collection",
                    "collected",
                ],
                outputs=["image_index", "source"],
                name="list_images",
            ),
        ]
    )
