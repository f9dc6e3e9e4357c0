"""Search for the images of a data set that are most similar to one."""

from pixelmill.pipelines.search.pipeline import create_pipeline

__all__ = ["create_pipeline"]
