"""The wiring of the collection."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.collection.nodes import (
    download_images,
    join_collected,
    list_unlabelled_urls,
    list_urls,
    sum_up_collection,
    sum_up_unlabelled,
)


def create_pipeline(*, prefix: str = "", **_: Any) -> Pipeline:
    """Read the list, download what is missing, lay both side by side, and count.

    Args:
        prefix: Prefix of its table and node names, where it collects other images than those of
            the data set; they need no labels.
    """
    return Pipeline(
        [
            Node(
                list_unlabelled_urls if prefix else list_urls,
                inputs=["params:images", "params:collection", "params:ingestion"],
                outputs=f"{prefix}url_list",
                name=f"list_{prefix}urls",
            ),
            Node(
                download_images,
                inputs=[
                    f"{prefix}url_list",
                    f"{prefix}stored_downloads",
                    "params:collection",
                    "params:ingestion",
                ],
                outputs=f"{prefix}downloads",
                name=f"download_{prefix}images",
            ),
            Node(
                join_collected,
                inputs=[
                    f"{prefix}url_list",
                    f"{prefix}downloads",
                    "params:collection",
                    "params:ingestion",
                ],
                outputs=f"{prefix}collected",
                name=f"join_{prefix}collected",
            ),
            Node(
                sum_up_unlabelled if prefix else sum_up_collection,
                inputs=[
                    f"{prefix}url_list",
                    f"{prefix}collected",
                    "params:collection",
                    "params:ingestion",
                ],
                outputs=f"{prefix}collection",
                name=f"sum_up_{prefix}collection",
            ),
        ]
    )
