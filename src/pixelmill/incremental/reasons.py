"""Reasons why a node runs again, in one sentence."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pixelmill.incremental.records import NodeState
from pixelmill.untrusted_text import safe_text

FORCED = "run.force is true"
FIRST = "it has not run yet"
EXTERNAL = "it reads external data"
UNFINISHED = "what could not be read is tried again"
_MOST = 3  # differences that a sentence names
_LONGEST = 60  # characters of a value
_MISSING = object()


def difference(before: NodeState, now: NodeState) -> str | None:
    """Say what differs between two runs of a node; None if nothing does.

    Args:
        before: What the node was run with.
        now: What it would be run with.
    """
    found = [
        *_changed_parameters(before.parameters, now.parameters),
        *_changed(before.inputs, now.inputs, "{} has changed"),
        *_changed_outputs(before, now),
        *_changed_code(before.code, now.code),
        *_changed_libraries(before.libraries, now.libraries),
    ]
    if before.external != now.external:
        found.append("an external file has changed")
    if not found:
        return None
    more = len(found) - _MOST
    return "; ".join(found[:_MOST]) + (f" and {more} more" if more > 0 else "")


def _changed_parameters(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    old, new = dict(_flat(before)), dict(_flat(now))
    names = _differing(old, new)
    for name in names:
        if not any(other.startswith(f"{name}.") for other in names):  # an empty group got values
            yield f"{name} was {_value(old, name)}, is {_value(new, name)}"


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield values with their full names, such as `modelling.parameters.C`."""
    for name, value in values.items():
        full = prefix + str(name).removeprefix("params:")
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{full}.")
        else:
            yield full, value


def _value(values: Mapping[str, Any], name: str) -> str:
    if name not in values:
        return "not set"
    value = values[name]
    return safe_text("null" if value is None else str(value), _LONGEST)


def _changed_outputs(before: NodeState, now: NodeState) -> Iterator[str]:
    names = _differing(before.outputs, now.outputs)
    return (f"the catalog's entry of {name} has changed" for name in names)


def _changed_code(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    names = _differing(before, now)
    if names:
        more = f" and {len(names) - 1} other files" if len(names) > 1 else ""
        yield f"the code of {names[0]}{more} has changed"


def _changed_libraries(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in _differing(before, now):
        yield f"{name} was {before.get(name, 'absent')}, is {now.get(name, 'absent')}"


def _changed(before: Mapping[str, Any], now: Mapping[str, Any], sentence: str) -> Iterator[str]:
    return (sentence.format(name) for name in _differing(before, now))


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    names: Iterable[str] = sorted(before.keys() | now.keys())
    return [name for name in names if before.get(name, _MISSING) != now.get(name, _MISSING)]
