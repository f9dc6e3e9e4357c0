"""One image in, the images of a data set that are most like it out."""

from pixelmill.pipelines.search.pipeline import create_pipeline

__all__ = ["create_pipeline"]
