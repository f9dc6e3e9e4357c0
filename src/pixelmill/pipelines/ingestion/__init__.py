"""Ingestion: the parameter `images` becomes the image index."""

from pixelmill.pipelines.ingestion.pipeline import create_pipeline

__all__ = ["create_pipeline"]
