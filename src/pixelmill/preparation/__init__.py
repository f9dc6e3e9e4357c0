"""What happens to features before a classifier or a map sees them: scaling, normalization, PCA."""

from pixelmill.preparation.preparation import Preparation, from_files

__all__ = ["Preparation", "from_files"]
