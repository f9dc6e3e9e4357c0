"""The wiring of the map of similar images."""

from collections.abc import Callable
from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.mapping.copies import fold_copies
from pixelmill.pipelines.mapping.measures import measure_map
from pixelmill.pipelines.mapping.nodes import group_images, project_images, reduce_features
from pixelmill.pipelines.mapping.pictures import (
    arrange_scene,
    draw_bordered,
    draw_grid,
    draw_groups,
    draw_scatter,
    read_thumbnails,
    sketch_map,
    write_map_page,
)
from pixelmill.pipelines.mapping.similar import list_similar


def create_pipeline(**_: Any) -> Pipeline:
    """Reduce, project, group, measure, and show."""
    return (
        _placing()
        + _measuring()
        + _showing()
        + _mosaic("scatter", draw_scatter)
        + _mosaic("grid", draw_grid)
        + _mosaic("bordered", draw_bordered)
        + _mosaic("groups", draw_groups)
    )


def _placing() -> Pipeline:
    """Return the nodes that place the images and group them."""
    return Pipeline(
        [
            Node(
                reduce_features,
                inputs=["image_index", "features", "params:mapping"],
                outputs=["reduced_features", "map_reduction"],
                name="reduce_features",
            ),
            Node(
                fold_copies,
                inputs=["reduced_features", "near_duplicates"],
                outputs="map_copies",
                name="fold_copies",
            ),
            Node(
                project_images,
                inputs=["reduced_features", "map_copies", "map_reduction", "params:mapping"],
                outputs=["map_coordinates", "map_projection"],
                name="project_images",
            ),
            Node(
                group_images,
                inputs=[
                    "reduced_features",
                    "map_coordinates",
                    "map_copies",
                    "map_reduction",
                    "params:mapping",
                ],
                outputs=["image_map", "map_grouping"],
                name="group_images",
            ),
        ],
        tags="placing",
    )


def _measuring() -> Pipeline:
    return Pipeline(
        [
            Node(
                measure_map,
                inputs=[
                    "reduced_features",
                    "image_map",
                    "map_copies",
                    "map_reduction",
                    "map_projection",
                    "map_grouping",
                    "params:mapping",
                ],
                outputs="map_summary",
                name="measure_map",
            ),
        ],
        tags="measuring",
    )


def _showing() -> Pipeline:
    """Return the nodes of the thumbnails and the page."""
    return Pipeline(
        [
            Node(
                read_thumbnails,
                inputs=["image_map", "map_summary", "source", "params:mapping"],
                outputs="thumbnails",
                name="read_thumbnails",
            ),
            Node(
                arrange_scene,
                inputs=["image_map", "thumbnails", "map_summary", "params:mapping"],
                outputs="scene",
                name="arrange_scene",
            ),
            Node(
                sketch_map,
                inputs=["scene", "map_summary", "params:mapping"],
                outputs="map_picture",
                name="sketch_map",
            ),
            Node(
                list_similar,
                inputs=[
                    "image_map",
                    "map_copies",
                    "neighbour_index",
                    "params:neighbours",
                    "params:mapping",
                ],
                outputs="map_similar",
                name="list_similar",
            ),
            Node(
                write_map_page,
                inputs=[
                    "image_map",
                    "thumbnails",
                    "map_similar",
                    "map_summary",
                    "source",
                    "params:mapping",
                ],
                outputs="map_page",
                name="write_map_page",
            ),
        ],
        tags="showing",
    )


def _mosaic(style: str, draw: Callable[..., Any]) -> Pipeline:
    """Return the template of a mosaic, in the namespace of its style."""
    template = Pipeline(
        [Node(draw, inputs=["scene", "params:mapping"], outputs="mosaic", name="draw_mosaic")]
    )
    return Pipeline(template, namespace=style, inputs={"scene"}, parameters={"mapping"})
