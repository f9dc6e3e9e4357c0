"""The wiring of the neighbour index."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.neighbours.nodes import plan_index, sum_up_index


def create_pipeline(**_: Any) -> Pipeline:
    """Bring the index up to date with the features, and say how good it is."""
    return Pipeline(
        [
            Node(
                plan_index,
                inputs=[
                    "featurizer",
                    "features",
                    "image_index",
                    "source",
                    "params:neighbours",
                ],
                outputs="neighbour_index",
                name="update_neighbour_index",
            ),
            Node(
                sum_up_index,
                inputs=["neighbour_index", "params:neighbours"],
                outputs="neighbours_summary",
                name="sum_up_neighbours",
            ),
        ]
    )
