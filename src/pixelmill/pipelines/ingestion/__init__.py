"""Ingestion: what the user calls `images` becomes the image index."""

from pixelmill.pipelines.ingestion.pipeline import create_pipeline

__all__ = ["create_pipeline"]
