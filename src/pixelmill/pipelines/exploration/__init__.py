"""Knows the images before anything is trained on them."""

from pixelmill.pipelines.exploration.pipeline import create_pipeline

__all__ = ["create_pipeline"]
