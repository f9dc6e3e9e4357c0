"""Detection of near-duplicates."""

from pixelmill.pipelines.duplicates.pipeline import create_pipeline

__all__ = ["create_pipeline"]
