"""The wiring of the splitting."""

from collections.abc import MutableMapping
from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.errors import InputError
from pixelmill.parameters import DuplicatesParameters, SplittingParameters
from pixelmill.pipelines.duplicates import create_pipeline as finding_copies
from pixelmill.pipelines.splitting.nodes import split_images

SPLIT_IMAGES = "split_images"


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
                    "stored_splits",
                    "collected",
                ],
                outputs="splits",
                name=SPLIT_IMAGES,
            ),
        ]
    )


def find_copies_first(
    pipelines: MutableMapping[str, Pipeline],
    splitting: SplittingParameters,
    duplicates: DuplicatesParameters,
) -> None:
    """Has the pipelines that split images look for copies before, where these are left out.

    Args:
        pipelines: Of the project, by name; those that need it are replaced.
        splitting: Whether copies are left out.
        duplicates: Whether copies may be looked for.

    Raises:
        InputError: Where copies are left out but not looked for.
    """
    wanted = splitting.near_duplicates == "leave_out"
    for name, pipeline in pipelines.items():
        if all(node.name != SPLIT_IMAGES for node in pipeline.nodes):
            continue
        if wanted and not duplicates.enabled:
            raise InputError(
                "splitting.near_duplicates is leave_out, but duplicates.enabled is false: set it "
                "to true, or splitting.near_duplicates to keep"
            )
        rest = pipeline - finding_copies()
        pipelines[name] = rest + finding_copies() if wanted else rest
