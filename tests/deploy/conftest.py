"""What the tests of the image share: a classifier to serve."""

from tests.classifier.conftest import make_classifier, parts

__all__ = ["make_classifier", "parts"]
