"""The wiring of the search."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.search.nodes import draw_result, search_index


def create_pipeline(**_: Any) -> Pipeline:
    """Ask the index, and draw its answer."""
    return Pipeline(
        [
            Node(
                search_index,
                inputs=["params:query", "neighbour_index", "near_duplicates", "params:search"],
                outputs=["search_result", "search_table"],
                name="search_index",
            ),
            Node(
                draw_result,
                inputs=["search_result", "source", "params:reporting"],
                outputs="search_sheet",
                name="draw_search_result",
            ),
        ]
    )
