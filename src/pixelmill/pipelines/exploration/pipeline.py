"""The wiring of the exploration."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.exploration.nodes import (
    check_images,
    compare_checks,
    describe_images,
    find_faulty_images,
    find_odd_images,
    join_findings,
    write_exploration_page,
)


def create_pipeline(**_: Any) -> Pipeline:
    """Check every image, find what is wrong, show it."""
    return _checking() + _finding() + _showing()


def _checking() -> Pipeline:
    return Pipeline(
        [
            Node(
                compare_checks,
                inputs=["image_index", "stored_checks", "params:featurization"],
                outputs=["unchecked_images", "stale_checks"],
                name="compare_checks",
            ),
            Node(
                check_images,
                inputs=["unchecked_images", "stale_checks", "source", "params:featurization"],
                outputs=["checks", "check_profile"],
                name="check_images",
            ),
        ]
    )


def _finding() -> Pipeline:
    return Pipeline(
        [
            Node(
                find_faulty_images,
                inputs=["image_index", "checks", "params:exploration", "params:featurization"],
                outputs="faults",
                name="find_faulty_images",
            ),
            Node(
                find_odd_images,
                inputs=[
                    "image_index",
                    "features",
                    "near_duplicates",
                    "faults",
                    "params:exploration",
                ],
                outputs=["odd_images", "odd_notes"],
                name="find_odd_images",
            ),
            Node(
                join_findings,
                inputs=["faults", "odd_images", "near_duplicates", "params:duplicates"],
                outputs="findings",
                name="join_findings",
            ),
        ]
    )


def _showing() -> Pipeline:
    return Pipeline(
        [
            Node(
                describe_images,
                inputs=[
                    "image_index",
                    "checks",
                    "findings",
                    "odd_notes",
                    "params:exploration",
                    "params:featurization",
                ],
                outputs="exploration_summary",
                name="describe_images",
            ),
            Node(
                write_exploration_page,
                inputs=[
                    "image_index",
                    "findings",
                    "exploration_summary",
                    "source",
                    "params:exploration",
                    "params:dataset",
                ],
                outputs="exploration_page",
                name="write_exploration_page",
            ),
        ]
    )
