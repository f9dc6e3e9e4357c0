"""Labels for new images by an exported classifier."""

from pixelmill.pipelines.prediction.pipeline import create_pipeline

__all__ = ["create_pipeline"]
