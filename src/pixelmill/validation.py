"""Parameters checked as a whole, before anything starts, with one sentence for what is wrong."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pixelmill.errors import InputError
from pixelmill.parameters import ProjectParameters
from pixelmill.parameters.conditions import ignored_parameters


def validate_parameters(
    parameters: Mapping[str, Any], given: Mapping[str, Any] | None = None
) -> ProjectParameters:
    """Types all parameters of a run.

    Args:
        parameters: As the configuration and `--params` give them.
        given: Those that a recipe and `--params` give; they must do something even where they are
            the defaults.

    Raises:
        InputError: For an unknown name (with the nearest known one), an impossible value, or a
            parameter that would be ignored.

    Example:
        >>> validate_parameters({"datset": "pets"})
        Traceback (most recent call last):
        pixelmill.errors.InputError: unknown parameter 'datset': did you mean 'dataset'?
    """
    try:
        typed = ProjectParameters.model_validate(parameters)
    except ValidationError as problem:
        # A misspelt name is also a missing one: the misspelling is what the user can see.
        worst = sorted(problem.errors(), key=lambda error: error["type"] != "extra_forbidden")
        raise InputError(_sentence(worst[0])) from None
    for ignored in ignored_parameters(typed, given or {}):
        raise InputError(ignored)
    return typed


def _sentence(error: ErrorDetails) -> str:
    name = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"unknown parameter '{name}'{_suggestion(error['loc'])}"
    problem = error["msg"].removeprefix("Value error, ")
    problem = problem[0].lower() + problem[1:]
    if error["type"] == "value_error":
        return f"parameter '{name}': {problem}"
    if error["type"] == "string_type" and isinstance(error["input"], int | float):
        problem = "it is a text, so put it into quotes in the YAML file"
    return f"parameter '{name}' is {error['input']!r}: {problem}"


def _suggestion(location: tuple[int | str, ...]) -> str:
    known = list(_model_of(location).model_fields)
    nearest = get_close_matches(str(location[-1]), known, n=1)
    return f": did you mean '{nearest[0]}'?" if nearest else f": known are {', '.join(known)}"


def _model_of(location: tuple[int | str, ...]) -> type[BaseModel]:
    """The model that lacks the last part of a location: the whole, or a group of it."""
    model: type[BaseModel] = ProjectParameters
    for part in location[:-1]:
        field = model.model_fields.get(str(part))
        model = model if field is None else _group(field.annotation) or model
    return model


def _group(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation, as `X`, `X | None` or `list[X]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_group(part) for part in get_args(annotation))
    return next((model for model in found if model is not None), None)
