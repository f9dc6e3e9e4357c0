"""Exploration of the images before training."""

from pixelmill.pipelines.exploration.pipeline import create_pipeline

__all__ = ["create_pipeline"]
