"""The base of all groups of parameters."""

import re
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

Fraction = Annotated[float, Field(gt=0, lt=1)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
"""Seed of NumPy's random numbers."""
Long = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""Integer that Java holds in a `long`."""


def matching(pattern: str, expected: str) -> AfterValidator:
    """Refuse a text that is not of a pattern.

    Args:
        pattern: Regular expression of the whole text.
        expected: What the text is to be, for the error.
    """

    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{text!r} is not {expected}")
        return text

    return AfterValidator(check)


class Parameters(BaseModel):
    """A group of parameters: unknown names are refused, values never change after validation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _truth_is_no_number(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse `pca: true`, which pydantic would take for 1."""
        kind = cls.model_fields[str(info.field_name)].annotation
        if isinstance(value, bool) and {int, float} & _kinds(kind) and bool not in _kinds(kind):
            raise ValueError(f"it is {str(value).lower()}, and should be a number")
        return value


def _kinds(annotation: Any) -> set[Any]:
    """Return an annotation, and all that it is made of."""
    return {annotation}.union(*map(_kinds, get_args(annotation)))
