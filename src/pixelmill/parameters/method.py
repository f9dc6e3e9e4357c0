"""Methods by name, one module of a package each, and their parameters."""

import difflib
import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import Any, TypeVar

from pydantic import ValidationError

from pixelmill.errors import InputError
from pixelmill.parameters._base import Parameters


class MethodParameters(Parameters):
    """Parameters of a method, by its library's own names; unknown ones are refused."""


P = TypeVar("P", bound=MethodParameters)


def find_method(package: str, parameter: str, name: str, also: Iterable[str] = ()) -> ModuleType:
    """Return the module of a package that is the method of that name: it has a function `fit`.

    Args:
        package: Full name of the package.
        parameter: Parameter that holds the name, for the error message.
        name: Name as the user wrote it.
        also: Names that are no module but that the parameter takes, for the error's sentence.

    Raises:
        InputError: There is none of this name; the message names the nearest.
    """
    path = importlib.import_module(package).__path__
    modules = (importlib.import_module(f"{package}.{m.name}") for m in pkgutil.iter_modules(path))
    methods = {m.__name__.rpartition(".")[2]: m for m in modules if hasattr(m, "fit")}
    if name not in methods:
        raise InputError(f"{parameter}: there is no '{name}'; {nearest(name, [*methods, *also])}")
    return methods[name]


def read_parameters(model: type[P], where: str, parameters: Mapping[str, Any]) -> P:
    """Validate the parameters that the user gave to a method.

    Args:
        model: The parameters that there are.
        where: Location for the error message: `mapping.projection.parameters of tsne`.
        parameters: Parameters by the library's names.

    Raises:
        InputError: For the first unknown name, with the nearest one, or impossible value.
    """
    for name in parameters:
        if name not in model.model_fields:
            hint = nearest(str(name), model.model_fields)
            raise InputError(f"{where}: there is no parameter '{name}'; {hint}")
    try:
        return model.model_validate(dict(parameters))
    except ValidationError as error:
        first = error.errors()[0]
        problem = first["msg"].removeprefix("Value error, ")
        wrong = first["loc"][0] if first["loc"] else "together"
        raise InputError(f"{where}: {wrong} cannot be {first['input']!r}: {problem}") from error


def nearest(name: str, known: Iterable[str]) -> str:
    """End the sentence about an unknown name with the nearest known one, or with them all.

    Args:
        name: Name as the user wrote it.
        known: The names that there are.
    """
    names = {one.casefold(): one for one in sorted(known)}
    close = difflib.get_close_matches(name.casefold(), names, n=1)
    if close:
        return f"did you mean '{names[close[0]]}'?"
    return f"choose from {', '.join(sorted(names.values()))}"
