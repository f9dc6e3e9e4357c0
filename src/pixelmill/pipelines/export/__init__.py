"""Export of the classifier: one folder for scripts, services and people."""

from pixelmill.pipelines.export.pipeline import create_pipeline

__all__ = ["create_pipeline"]
