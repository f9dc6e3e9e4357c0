"""Which images are the same picture."""

from pixelmill.pipelines.duplicates.pipeline import create_pipeline

__all__ = ["create_pipeline"]
