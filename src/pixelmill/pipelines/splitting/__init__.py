"""Which images a classifier is trained on, and which it is tested on."""

from pixelmill.pipelines.splitting.pipeline import create_pipeline

__all__ = ["create_pipeline"]
