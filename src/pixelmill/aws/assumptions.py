"""Assumptions of a plan with their reasons: a YAML file, and changes by `--assume`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from omegaconf import OmegaConf
from pydantic import ValidationError

from pixelmill.errors import InputError
from pixelmill.parameters import Parameters

Numbers = TypeVar("Numbers", bound=Parameters)


@dataclass(frozen=True)
class Reason:
    """Of one of them: its unit, and why it is as it is."""

    unit: str
    why: str


def read_assumptions(file: Path, kind: type[Numbers], changes: Sequence[str] = ()) -> Numbers:
    """Return the numbers of a file, and those that the command line gives instead.

    Args:
        file: YAML file with the `value`, `unit` and `why` of each assumption, by name.
        kind: Model of the assumptions.
        changes: `name=value` each.

    Raises:
        InputError: For an unknown name or an impossible value.
    """
    values = {name: entry["value"] for name, entry in _content(file).items()}
    given = dict(_split(file, change) for change in changes)
    try:
        return kind.model_validate(values | given)
    except ValidationError as problem:
        error = problem.errors()[0]
        name = error["loc"][0]
        if error["type"] == "extra_forbidden":
            raise InputError(
                f"--assume {name}: there is no such assumption; there are {', '.join(values)}"
            ) from None
        raise InputError(f"--assume {name}={error['input']}: {error['msg']}") from None


def reasons_in(file: Path) -> dict[str, Reason]:
    """Return the reason of each number of a file, by name."""
    return {name: Reason(entry["unit"], entry["why"]) for name, entry in _content(file).items()}


def _split(file: Path, change: str) -> tuple[str, str]:
    name, equals, value = change.partition("=")
    if not equals:
        example, entry = next(iter(_content(file).items()))
        raise InputError(
            f"--assume {change}: give a name and a value, as {example}={entry['value']}"
        )
    return name.strip(), value.strip()


@cache
def _content(file: Path) -> dict[str, Any]:
    content = OmegaConf.to_container(OmegaConf.load(file))
    if not isinstance(content, dict):
        raise TypeError(f"{file} is no table of assumptions")
    return {str(name): entry for name, entry in content.items()}
