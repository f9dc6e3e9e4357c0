"""The wiring of the near-duplicates."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.duplicates.nodes import (
    compare_signatures,
    find_near_duplicates,
    sign_images,
    write_duplicates_page,
)


def create_pipeline(**_: Any) -> Pipeline:
    """Sign every image, group those that are the same picture, show the groups."""
    return _signing() + _finding()


def _signing() -> Pipeline:
    return Pipeline(
        [
            Node(
                compare_signatures,
                inputs=[
                    "image_index",
                    "stored_signatures",
                    "params:duplicates",
                    "params:featurization",
                ],
                outputs=["unsigned_images", "stale_signatures"],
                name="compare_signatures",
            ),
            Node(
                sign_images,
                inputs=[
                    "unsigned_images",
                    "stale_signatures",
                    "source",
                    "params:duplicates",
                    "params:featurization",
                ],
                outputs=["signatures", "signature_profile"],
                name="sign_images",
            ),
        ]
    )


def _finding() -> Pipeline:
    return Pipeline(
        [
            Node(
                find_near_duplicates,
                inputs=[
                    "image_index",
                    "signatures",
                    "params:duplicates",
                    "params:featurization",
                ],
                outputs=["near_duplicates", "duplicates_summary"],
                name="find_near_duplicates",
            ),
            Node(
                write_duplicates_page,
                inputs=[
                    "near_duplicates",
                    "duplicates_summary",
                    "source",
                    "params:duplicates",
                    "params:dataset",
                ],
                outputs=["duplicates_page", "removable_copies"],
                name="write_duplicates_page",
            ),
        ]
    )
