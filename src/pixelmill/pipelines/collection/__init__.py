"""Collection: download the images of a list of URLs."""

from pixelmill.pipelines.collection.pipeline import create_pipeline

__all__ = ["create_pipeline"]
