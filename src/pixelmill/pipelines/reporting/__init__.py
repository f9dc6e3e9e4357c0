"""Reporting: quality of the classifier, failures, and where the time went."""

from pixelmill.pipelines.reporting.pipeline import create_pipeline

__all__ = ["create_pipeline"]
