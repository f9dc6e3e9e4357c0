"""Training of a classifier, and predictions for the test images."""

from pixelmill.pipelines.modelling.pipeline import create_pipeline

__all__ = ["create_pipeline"]
