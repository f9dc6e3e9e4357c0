"""Splitting of images into training and test images."""

from pixelmill.pipelines.splitting.pipeline import create_pipeline

__all__ = ["create_pipeline"]
