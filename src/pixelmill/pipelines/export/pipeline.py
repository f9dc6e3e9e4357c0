"""The wiring of the export."""

from typing import Any

from kedro.pipeline import Node, Pipeline

from pixelmill.pipelines.export.nodes import export_classifier


def create_pipeline(**_: Any) -> Pipeline:
    """Put the classifier and what is known of it into one folder."""
    return Pipeline(
        [
            Node(
                export_classifier,
                inputs=["classifier", "metrics", "source", "measured_classifier"],
                outputs="exported_classifier",
                name="export_classifier",
            ),
        ]
    )
