"""The base of all groups of parameters."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]


class Parameters(BaseModel):
    """A group of parameters: unknown names are refused, values never change after validation."""

    model_config = ConfigDict(extra="forbid", frozen=True)
