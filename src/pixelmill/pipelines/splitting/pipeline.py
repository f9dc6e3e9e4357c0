"""The wiring of the splitting."""

from collections.abc import MutableMapping
from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.errors import InputError
from pixelmill.parameters import DuplicatesParameters, IngestionParameters, SplittingParameters
from pixelmill.parameters.exploration import COPIES, EXCLUDABLE
from pixelmill.pipelines.duplicates import create_pipeline as finding_copies
from pixelmill.pipelines.exploration.pipeline import DecodesOnce
from pixelmill.pipelines.exploration.pipeline import with_features as exploring
from pixelmill.pipelines.splitting.exclusion import exclude_images
from pixelmill.pipelines.splitting.nodes import split_images, split_usable_images

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


class AfterFindings(DecodesOnce):
    """A pipeline that explores the images before it splits them."""

    usual: Pipeline

    @classmethod
    def of(cls, usual: Pipeline) -> "AfterFindings":
        """Add the exploration to a pipeline.

        Args:
            usual: Pipeline with the node that splits images; it is kept as an attribute.
        """
        rest = [node for node in usual.nodes if node.name != SPLIT_IMAGES]
        made = cls((Pipeline(rest) + exploring() + _excluding()).nodes)
        made.usual = usual
        return made


def find_copies_first(
    pipelines: MutableMapping[str, Pipeline],
    splitting: SplittingParameters,
    duplicates: DuplicatesParameters,
) -> None:
    """Add the search for copies to the pipelines that split images, if copies are left out.

    Args:
        pipelines: Pipelines of the project, by name; those that need it are replaced.
        splitting: Whether copies are left out.
        duplicates: Whether copies may be looked for.

    Raises:
        InputError: If copies are left out but not looked for.
    """
    wanted = splitting.near_duplicates == "leave_out"
    for name, found in pipelines.items():
        pipeline = found.usual if isinstance(found, AfterFindings) else found
        if all(node.name != SPLIT_IMAGES for node in pipeline.nodes):
            continue
        if wanted and not duplicates.enabled:
            raise InputError(
                "splitting.near_duplicates is leave_out, but duplicates.enabled is false: set it "
                "to true, or splitting.near_duplicates to keep"
            )
        rest = pipeline - finding_copies()
        pipelines[name] = rest + finding_copies() if wanted else rest


def find_findings_first(
    pipelines: MutableMapping[str, Pipeline],
    ingestion: IngestionParameters,
    duplicates: DuplicatesParameters,
) -> None:
    """Add the exploration to the pipelines that split images, if findings are left out.

    Called after `find_copies_first`, which takes away what an earlier run in this process added.

    Args:
        pipelines: Pipelines of the project, by name; those that need it are replaced.
        ingestion: Parameters, with the findings to exclude.
        duplicates: Whether copies may be looked for.

    Raises:
        InputError: If copies are left out but not looked for.
    """
    names = ingestion.excluded_findings
    copies = [name for name in names if EXCLUDABLE[name][0] in COPIES]
    for name, pipeline in pipelines.items():
        if not names or all(node.name != SPLIT_IMAGES for node in pipeline.nodes):
            continue
        if copies and not duplicates.enabled:
            raise InputError(
                f"ingestion.exclude names {copies[0]}, but duplicates.enabled is false: set it to "
                f"true, or take {copies[0]} out of ingestion.exclude"
            )
        pipelines[name] = AfterFindings.of(pipeline)


def _excluding() -> Pipeline:
    return Pipeline(
        [
            Node(
                exclude_images,
                inputs=[
                    "image_index",
                    "findings",
                    "findings_state",
                    "params:ingestion",
                    "params:splitting",
                    "stored_splits",
                ],
                outputs="excluded_images",
                name="exclude_images",
            ),
            Node(
                split_usable_images,
                inputs=[
                    "image_index",
                    "source",
                    "params:ingestion",
                    "params:splitting",
                    "stored_splits",
                    "collected",
                    "excluded_images",
                ],
                outputs="splits",
                name=SPLIT_IMAGES,
            ),
        ]
    )
