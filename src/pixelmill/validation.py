"""Validation of all parameters before anything starts, with one-line errors."""

from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from pixelmill.errors import NO_STORAGE, UNEXPANDED_STORAGE, InputError
from pixelmill.groupings.choosing import check_grouping
from pixelmill.parameters import MappingParameters, ProjectParameters
from pixelmill.parameters.conditions import ignored_parameters
from pixelmill.projections import find_projection
from pixelmill.storage import open_storage

NEARLY = 0.75  # similarity of a mistyped name and the right one, as difflib counts it
KINDS = ("int", "float", "str", "bool")  # which pydantic appends where a value may be of several
WHOLE = "parameters"
"""What a node that takes all parameters at once names as its input."""


def validate_storage(storage: str | None, project: Path) -> str:
    """Return the storage as an absolute path or a URI.

    Args:
        storage: Folder, or S3 URI, as the configuration has it.
        project: Folder of the project, which a relative path begins at.

    Raises:
        InputError: If there is none, or one that cannot be used.
    """
    if not storage:
        raise InputError(NO_STORAGE)
    if storage.startswith("~"):
        raise InputError(UNEXPANDED_STORAGE)
    absolute = storage if "://" in storage else str(project / storage)
    open_storage(absolute)  # refuses other schemes
    return absolute


def validate_parameters(
    parameters: Mapping[str, Any],
    given: Mapping[str, Any] | None = None,
    taken: Callable[[], Collection[str]] = tuple,
) -> ProjectParameters:
    """Validate all parameters of a run except a project's own.

    A group or value of the top level that is not ours belongs to the project, unless its name is
    nearly one of ours, or it is given for this run; then a node must take it.

    Args:
        parameters: As the configuration and `--params` give them.
        given: Parameters that a recipe and `--params` give; they must have an effect even where
            they are the defaults.
        taken: Names of the top level that the project's pipelines take, `WHOLE` among them where
            a node takes all; asked for only where a name is not ours.

    Raises:
        InputError: For an unknown name (with the nearest known one), an impossible value, or a
            parameter that would be ignored.

    Example:
        >>> validate_parameters({"datset": "pets"})
        Traceback (most recent call last):
        pixelmill.errors.InputError: unknown parameter 'datset': did you mean 'dataset'?
    """
    own = _own(parameters, given or {}, taken)
    ours = {name: value for name, value in parameters.items() if name not in own}
    try:
        typed = ProjectParameters.model_validate(ours)
    except ValidationError as problem:
        raise InputError(sentence_of(problem, ProjectParameters)) from None
    for ignored in ignored_parameters(typed, given or {}):
        raise InputError(ignored)
    return typed


def check_mapping(parameters: MappingParameters) -> None:
    """Refuse a map that cannot be made: unknown methods, and parameters that they do not take.

    Args:
        parameters: Parameters of the map.

    Raises:
        InputError: There is no such method, or it does not take a parameter.
    """
    projection, grouping = parameters.projection, parameters.grouping
    find_projection(projection.method).check(projection.parameters)
    if grouping.method is not None:
        check_grouping(grouping.method, grouping.parameters)


def _own(
    parameters: Mapping[str, Any], given: Mapping[str, Any], taken: Callable[[], Collection[str]]
) -> set[str]:
    """Return names of the project's own parameters."""
    unknown = parameters.keys() - ProjectParameters.model_fields.keys()
    if not unknown:
        return set()
    names = taken()
    return {
        name
        for name in unknown
        if name in names or (not _is_mistyped(name) and (name not in given or WHOLE in names))
    }


def _is_mistyped(name: str) -> bool:
    """Return whether a name of the top level is probably one of ours: of the top level or of a
    group.
    """
    fields = ProjectParameters.model_fields
    near = get_close_matches(name, fields, n=1, cutoff=NEARLY)
    return bool(near or _grouped(name)) or any(field.startswith(name) for field in fields)


def _grouped(name: str) -> list[str]:
    """Return the parameters of our groups that have this name, as `group.name`."""
    fields = ProjectParameters.model_fields.items()
    groups = ((field, _group(each.annotation)) for field, each in fields)
    return [f"{field}.{name}" for field, group in groups if group and name in group.model_fields]


def sentence_of(problem: ValidationError, model: type[BaseModel]) -> str:
    """Return what is wrong with the values for a model, in one sentence.

    Args:
        problem: Error of pydantic.
        model: Model of the whole value.
    """
    # A misspelt name is also a missing one: the misspelling is what the user can see.
    worst = sorted(problem.errors(), key=lambda error: error["type"] != "extra_forbidden")
    return _sentence(worst[0], model)


def _sentence(error: ErrorDetails, model: type[BaseModel]) -> str:
    name = ".".join(str(part) for part in error["loc"] if part not in KINDS)
    if error["type"] == "extra_forbidden":
        return f"unknown parameter '{name}'{_suggestion(error['loc'], model)}"
    if error["type"] == "missing":
        return f"parameter '{name}' is missing"
    problem = error["msg"].removeprefix("Value error, ")
    problem = problem[0].lower() + problem[1:]
    if error["type"] == "value_error":
        return f"parameter '{name}': {problem}"
    if error["type"] == "string_type" and isinstance(error["input"], int | float):
        problem = "it is a text, so put it into quotes in the YAML file"
    if error["type"] == "model_type":
        group = _model_of((*error["loc"], ""), model)
        problem = f"it is a group of {', '.join(group.model_fields)}: give {name}.NAME"
    return f"parameter '{name}' is {error['input']!r}: {problem}"


def _suggestion(location: tuple[int | str, ...], whole: type[BaseModel]) -> str:
    model = _model_of(location, whole)
    name = str(location[-1])
    grouped = _grouped(name) if model is ProjectParameters else []
    nearest = grouped or get_close_matches(name, model.model_fields, n=1)
    known = ", ".join(model.model_fields)
    if nearest:
        return f": did you mean '{nearest[0]}'?"
    others = ", and no pipeline takes another" if model is ProjectParameters else ""
    return f": known are {known}{others}"


def _model_of(location: tuple[int | str, ...], model: type[BaseModel]) -> type[BaseModel]:
    """Return the model that lacks the last part of a location: the whole, or a group of it."""
    for part in location[:-1]:
        field = model.model_fields.get(str(part))
        model = model if field is None else _group(field.annotation) or model
    return model


def _group(annotation: Any) -> type[BaseModel] | None:
    """Return the model in an annotation, as `X`, `X | None` or `list[X]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_group(part) for part in get_args(annotation))
    return next((model for model in found if model is not None), None)
