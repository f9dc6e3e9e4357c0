"""The neighbour index: nearest images by their features."""

from pixelmill.pipelines.neighbours.pipeline import create_pipeline

__all__ = ["create_pipeline"]
