"""From a folder, a bucket or a list of URLs of images to features, classifiers and a report."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixelmill.classifier import Classifier
    from pixelmill.featurization.featurize import featurize
    from pixelmill.image_featurizer import ImageFeaturizer
    from pixelmill.neighbours import Index
    from pixelmill.serving.client import Client

__all__ = ["Classifier", "Client", "ImageFeaturizer", "Index", "featurize"]
__version__ = "0.1.0"

_MODULES = {
    "Classifier": "pixelmill.classifier",
    "Client": "pixelmill.serving.client",
    "ImageFeaturizer": "pixelmill.image_featurizer",
    "Index": "pixelmill.neighbours",
    "featurize": "pixelmill.featurization.featurize",
}


def __getattr__(name: str) -> Any:
    """Load a class or function when it is asked for: a command that needs none answers at once."""
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
