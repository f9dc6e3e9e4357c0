"""The wiring of the exploration."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.duplicates import create_pipeline as finding_copies
from pixelmill.pipelines.exploration.nodes import (
    describe_images,
    explore_named_features,
    find_faulty_images,
    find_odd_images,
    join_findings,
    write_exploration_page,
)
from pixelmill.pipelines.exploration.state import name_findings_state
from pixelmill.pipelines.exploration.together import compare_together, featurize_together
from pixelmill.pipelines.featurization import create_pipeline as featurizing

# What these do, `featurize_together` does from one decoding.
REPLACED = {"compare_with_index", "featurize_images", "compare_signatures", "sign_images"}


class DecodesOnce(Pipeline):
    """A pipeline whose nodes decode each image once, also in a sum with nodes that would do it too.

    `kedro run --pipelines featurization,exploration` is such a sum.
    """

    def __add__(self, other: Any) -> Pipeline:
        """Return both pipelines, without the nodes whose work a combined node does."""
        if not isinstance(other, Pipeline):
            return NotImplemented
        nodes = {*self.nodes, *other.nodes}
        return DecodesOnce([node for node in nodes if node.name not in REPLACED])

    def __radd__(self, other: Any) -> Pipeline:
        """Return the sum with the pipeline on the left."""
        return self if other == 0 else self.__add__(other)


def create_pipeline(**_: Any) -> Pipeline:
    """Check every image with its features and its signature, find what is wrong, show it."""
    return DecodesOnce([*_checking().nodes, *_finding().nodes, *_showing().nodes])


def with_features(**_: Any) -> Pipeline:
    """Return the exploration with all that it needs except the image index."""
    return featurizing() + finding_copies() + create_pipeline()


def _checking() -> Pipeline:
    return Pipeline(
        [
            Node(
                compare_together,
                inputs=[
                    "featurizer",
                    "image_index",
                    "stored_features",
                    "stored_signatures",
                    "stored_checks",
                    "params:featurization",
                    "params:duplicates",
                ],
                outputs=["incomplete_images", "outdated_rows"],
                name="compare_together",
            ),
            Node(
                featurize_together,
                inputs=[
                    "incomplete_images",
                    "outdated_rows",
                    "source",
                    "featurizer",
                    "params:featurization",
                    "params:duplicates",
                    "previous_profile",
                ],
                outputs=[
                    *("features", "profile"),
                    *("signatures", "signature_profile"),
                    *("checks", "check_profile"),
                ],
                name="featurize_together",
            ),
        ],
        tags="checking",
    )


def _finding() -> Pipeline:
    return Pipeline(
        [
            Node(
                find_faulty_images,
                inputs=["image_index", "checks", "params:exploration", "params:featurization"],
                outputs=["faults", "frequent_faults"],
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
                name_findings_state,
                inputs=["image_index", "featurizer", "params:exploration", "params:duplicates"],
                outputs="findings_state",
                name="name_findings_state",
            ),
            Node(
                join_findings,
                inputs=[
                    "faults",
                    "odd_images",
                    "near_duplicates",
                    "params:duplicates",
                    "findings_state",
                    "stored_splits",
                ],
                outputs="findings",
                name="join_findings",
            ),
        ],
        tags="finding",
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
                    "frequent_faults",
                    "odd_notes",
                    "params:exploration",
                    "params:featurization",
                ],
                outputs="exploration_summary",
                name="describe_images",
            ),
            Node(
                explore_named_features,
                inputs=["image_index", "features", "featurizer"],
                outputs="explored_features",
                name="explore_named_features",
            ),
            Node(
                write_exploration_page,
                inputs=[
                    "image_index",
                    "findings",
                    "exploration_summary",
                    "explored_features",
                    "source",
                    "params:exploration",
                    "params:dataset",
                ],
                outputs="exploration_page",
                name="write_exploration_page",
            ),
        ],
        tags="showing",
    )
