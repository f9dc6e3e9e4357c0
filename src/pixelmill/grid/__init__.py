"""Grid search by cross-validation, each fit a Spark task of its own."""

from pixelmill.grid.points import check_grid

__all__ = ["check_grid"]
