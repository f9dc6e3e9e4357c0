"""Parameters of near-duplicates."""

from typing import Annotated, Literal

from pydantic import Field

from pixelmill.parameters._base import Parameters


class DuplicatesParameters(Parameters):
    """What counts as the same picture.

    Attributes:
        enabled: Whether they are looked for.
        similarity: Minimum similarity of two pictures that count as the same one, 0 to 1.
        keep: Image of a group to keep: the one with the most pixels, or the first modified, of
            those with a label if there are any.
        shown: Groups on the page at most; the table has all of them.
    """

    enabled: bool = True
    similarity: Annotated[float, Field(gt=0, le=1)] = 0.95
    keep: Literal["largest", "oldest"] = "largest"
    shown: Annotated[int, Field(ge=0, le=2000)] = 200
