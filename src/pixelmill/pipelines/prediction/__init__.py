"""New images in, their labels out, by a classifier that an earlier run exported."""

from pixelmill.pipelines.prediction.pipeline import create_pipeline

__all__ = ["create_pipeline"]
