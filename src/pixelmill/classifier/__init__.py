"""A trained classifier: manifest, folder and predictions, without Spark."""

from pixelmill.classifier.classifier import Classifier
from pixelmill.classifier.manifest import FORMAT, Manifest, versions

__all__ = ["FORMAT", "Classifier", "Manifest", "versions"]
