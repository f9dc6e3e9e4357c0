"""The map of similar images: projection, groups, mosaics and page."""

from pixelmill.pipelines.mapping.pipeline import create_pipeline

__all__ = ["create_pipeline"]
