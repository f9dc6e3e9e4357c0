"""The classifier leaves the project: one folder that a script, a service or a person can use."""

from pixelmill.pipelines.export.pipeline import create_pipeline

__all__ = ["create_pipeline"]
