"""From a folder, a bucket or a list of URLs of images to features, classifiers and a report."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixelmill.classifier import Classifier

__all__ = ["Classifier"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Loads `Classifier` when it is asked for: a command that needs none answers at once."""
    if name in __all__:
        from pixelmill.classifier import Classifier

        return Classifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
