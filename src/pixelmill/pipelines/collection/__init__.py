"""Collection: the images that a list names by their URLs are downloaded."""

from pixelmill.pipelines.collection.pipeline import create_pipeline

__all__ = ["create_pipeline"]
