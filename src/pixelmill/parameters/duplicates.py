"""Near-duplicates: images that are the same picture."""

from typing import Annotated, Literal

from pydantic import Field

from pixelmill.parameters._base import Parameters


class DuplicatesParameters(Parameters):
    """What counts as the same picture.

    Attributes:
        enabled: Whether they are looked for.
        similarity: Of two pictures, 0 to 1, from which on they are the same one.
        keep: Which of a group to keep.
    """

    enabled: bool = True
    similarity: Annotated[float, Field(gt=0, le=1)] = 0.95
    keep: Literal["largest", "oldest"] = "largest"
