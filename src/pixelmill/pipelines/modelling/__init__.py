"""Features become a classifier, and the classifier predicts the test images."""

from pixelmill.pipelines.modelling.pipeline import create_pipeline

__all__ = ["create_pipeline"]
