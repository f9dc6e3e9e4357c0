"""Parameters that have an effect only with certain values of others, in one list.

A parameter that would be accepted and ignored is refused instead: whoever set it expects it to do
something.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from pixelmill.parameters.project import ProjectParameters


@dataclass(frozen=True)
class Condition:
    """What some parameters need.

    Attributes:
        names: Parameters by their full names, or a group for all of its others.
        other: The parameter that they depend on.
        values: Values with which they have an effect; none for any value but null and empty ones.
        remedy: Remedy that gives them an effect.
    """

    names: tuple[str, ...]
    other: str
    values: tuple[Any, ...]
    remedy: str

    def holds(self, value: Any) -> bool:
        """Return whether the parameters do something beside this value of the other."""
        return value in self.values if self.values else bool(value)


def _beside(names: tuple[str, ...], other: str, value: str) -> Condition:
    return Condition(names, other, (value,), f"set {other}={value}")


def _where_enabled(group: str) -> Condition:
    return Condition((group,), f"{group}.enabled", (True,), f"set {group}.enabled=true")


CONDITIONS = (
    _beside(("ingestion.pattern",), "ingestion.label", "pattern"),
    _beside(("ingestion.column",), "ingestion.label", "column"),
    _beside(("splitting.test_fraction", "splitting.seed"), "splitting.method", "fraction"),
    _beside(("splitting.count",), "splitting.method", "first_per_class"),
    _beside(("splitting.column",), "splitting.method", "column"),
    _beside(("modelling.pairs",), "modelling.strategy", "one_vs_one"),
    _beside(("modelling.balance",), "modelling.strategy", "one_vs_rest"),
    Condition(
        ("modelling.estimator", "modelling.parameters"),
        "modelling.grid",
        (None,),
        "name it in modelling.grid.points, or set modelling.grid=null",
    ),
    Condition(
        ("mapping.grouping.space", "mapping.grouping.parameters"),
        "mapping.grouping.method",
        (),
        "set mapping.grouping.method=hdbscan",
    ),
    Condition(
        ("mapping.mosaics.size", "mapping.mosaics.images"),
        "mapping.mosaics.styles",
        (),
        "name a style in mapping.mosaics.styles",
    ),
    _where_enabled("mapping.page"),
    _where_enabled("neighbours"),
    _where_enabled("duplicates"),
)


def ignored_parameters(parameters: ProjectParameters, given: Mapping[str, Any]) -> Iterator[str]:
    """Yield one sentence for each parameter that was set and does nothing.

    A parameter of a configuration file counts as set where it differs from its default, unless the
    one that it depends on was given for this run alone.

    Args:
        parameters: Parameters of a run.
        given: Parameters that a recipe or `--params` gives, as nested dictionaries. They count as
            set even where they are the defaults, unless they are null or empty.
    """
    for condition in CONDITIONS:
        other = _value(parameters, condition.other)
        if condition.holds(other):
            continue
        for name in _leaves(condition):
            value = _value(parameters, name)
            if _is_named(given, name):
                is_set = value not in (None, {})
            else:
                is_set = value != _default(name) and not _is_named(given, condition.other)
            if is_set:
                yield (
                    f"parameter '{name}' does nothing while {condition.other} is {_shown(other)}: "
                    f"{condition.remedy}, or leave {name} out"
                )


def without_overruled(recipe: Mapping[str, Any], typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe's parameters without those that `--params` makes ineffective.

    Args:
        recipe: Parameters as nested dictionaries.
        typed: Parameters of the command line, likewise.

    Example:
        >>> recipe = {"splitting": {"method": "first_per_class", "count": 100}}
        >>> without_overruled(recipe, {"splitting": {"method": "folder"}})
        {'splitting': {'method': 'first_per_class'}}
    """
    kept: Any = recipe
    for condition in CONDITIONS:
        if _is_named(typed, condition.other) and not condition.holds(_find(typed, condition.other)):
            for name in _leaves(condition):
                if not _is_named(typed, name):
                    kept = _dropped(kept, name.split("."))
    return dict(kept)


def _shown(value: Any) -> str:
    """Return a value as one writes it, or its type if that is long."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, BaseModel):
        return "set"
    return str(value) if value else "empty"


def _leaves(condition: Condition) -> list[str]:
    """Return the full names of all parameters of a condition."""
    found = []
    for name in condition.names:
        model = _model_at(name)
        fields = [name] if model is None else [f"{name}.{field}" for field in model.model_fields]
        found += [field for field in fields if field != condition.other]
    return found


def _model_at(name: str) -> type[BaseModel] | None:
    """Return the group of that name; None where it is a parameter."""
    kind: Any = ProjectParameters
    for part in name.split("."):
        kind = kind.model_fields[part].annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _default(name: str) -> Any:
    group, _, last = name.rpartition(".")
    model = _model_at(group)
    return (
        None if model is None else model.model_fields[last].get_default(call_default_factory=True)
    )


def _value(parameters: ProjectParameters, name: str) -> Any:
    value: Any = parameters
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _find(nested: Any, name: str) -> Any:
    for part in name.split("."):
        nested = nested.get(part) if isinstance(nested, Mapping) else None
    return nested


def _is_named(nested: Any, name: str) -> bool:
    group, _, last = name.rpartition(".")
    found = _find(nested, group)
    return isinstance(found, Mapping) and last in found


def _dropped(nested: Any, parts: list[str]) -> Any:
    """Return the same without one parameter."""
    first, *rest = parts
    if not isinstance(nested, Mapping) or first not in nested:
        return nested
    if not rest:
        return {name: value for name, value in nested.items() if name != first}
    return {**nested, first: _dropped(nested[first], rest)}
