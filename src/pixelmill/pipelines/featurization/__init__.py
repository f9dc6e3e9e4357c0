"""Images to features: what is missing is computed chunk by chunk, what is there stays."""

from pixelmill.pipelines.featurization.pipeline import create_pipeline

__all__ = ["create_pipeline"]
