"""Images to features: missing rows are computed chunk by chunk, valid ones stay."""

from pixelmill.pipelines.featurization.pipeline import create_pipeline

__all__ = ["create_pipeline"]
