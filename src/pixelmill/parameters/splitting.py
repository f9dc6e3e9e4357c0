"""Parameters of the splitting."""

from typing import Literal

from pydantic import model_validator

from pixelmill.parameters._base import Count, Fraction, Long, Parameters


class SplittingParameters(Parameters):
    """How the images are divided into 'train' and 'test'.

    Attributes:
        method: Split by a hash of path and seed, the first of each class, a folder of the path, or
            a column of the table that lists the images.
        test_fraction: Share of the images that is tested (method: fraction).
        count: Number of training images of each class (method: first_per_class).
        column: Name of the column that holds 'train' or 'test' (method: column).
        seed: Changes which images are drawn (method: fraction).
        near_duplicates: Whether the copies of an image are divided like other images, or left
            out of both splits, so that no copy of a training image is tested.
    """

    method: Literal["fraction", "first_per_class", "folder", "column"] = "fraction"
    test_fraction: Fraction = 0.3
    count: Count = 100
    column: str | None = None
    seed: Long = 0
    near_duplicates: Literal["keep", "leave_out"] = "keep"

    @model_validator(mode="after")
    def _column_is_named(self) -> "SplittingParameters":
        if self.method == "column" and self.column is None:
            raise ValueError("method: column needs splitting.column")
        return self
