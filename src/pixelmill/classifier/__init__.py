"""A trained classifier: what it is, its folder, and what it says of images, without Spark."""

from pixelmill.classifier.classifier import Classifier
from pixelmill.classifier.manifest import FORMAT, Manifest, versions

__all__ = ["FORMAT", "Classifier", "Manifest", "versions"]
