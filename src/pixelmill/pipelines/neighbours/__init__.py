"""An index over the features, so that the images most like one are found at once."""

from pixelmill.pipelines.neighbours.pipeline import create_pipeline

__all__ = ["create_pipeline"]
