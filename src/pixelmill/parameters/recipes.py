"""Recipes, the files of `kedro run --config`: parameters of a run, never code.

A recipe may come from anybody. Kedro would take every option of the command line from it, and
resolve `${oc.env:SECRET}` in its values; Spark's properties name classes and options of a JVM.
What a recipe may hold is listed here, and all else is refused.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import BaseModel

from pixelmill.errors import InputError
from pixelmill.parameters.project import ProjectParameters

SECTION = "run"
OPTIONS = ("pipelines", "params")
# Parameters, and groups with all that is in them. Not among them is what reaches other places of
# this machine and its network, raises a limit, or trusts somebody: `spark`, `s3`, `trusted`,
# `collection`, `ingestion.downloads`, `ingestion.sample_folder`, `featurization.max_pixels`,
# `modelling.broadcast_limit`, `mapping.page.originals` and what comes to be one of these.
PARAMETERS = (
    "dataset",
    "images",
    "model",
    "model_sha256",
    "query",
    "search",
    "ingestion.label",
    "ingestion.pattern",
    "ingestion.column",
    "ingestion.path_column",
    "ingestion.sheet",
    "ingestion.extensions",
    "ingestion.exclude",
    "ingestion.encoding",
    "splitting",
    "featurization.featurizer",
    "featurization.layer",
    "featurization.pooling",
    "featurization.weights",
    "featurization.engine",
    "featurization.precision",
    "featurization.batch_size",
    "featurization.chunk_size",
    "modelling.features",
    "modelling.preparation",
    "modelling.strategy",
    "modelling.pairs",
    "modelling.balance",
    "modelling.estimator",
    "modelling.parameters",
    "modelling.grid",
    "mapping.preparation",
    "mapping.projection",
    "mapping.grouping",
    "mapping.mosaics",
    "mapping.page.enabled",
    "mapping.page.thumbnails",
    "mapping.page.similar",
    "neighbours",
    "duplicates",
    "exploration",
    "reporting",
)
WEIGHTS = ("imagenet", "random")
LARGEST = 2**16  # bytes
DEEPEST = 20


def read_recipe(place: str) -> dict[str, Any]:
    """Return the options of `kedro run` that a recipe gives.

    Args:
        place: YAML file on disk.

    Returns:
        `pipelines`, a text, and `params` as nested dictionaries; a misspelt one is not refused
        here but where all parameters are checked.

    Raises:
        InputError: The file is no recipe, or holds what a recipe may not.
    """
    return _checked(place, read_settings(place, "recipe"))


def read_settings(place: str, kind: str) -> Any:
    """Return the content of a YAML file that may come from anybody.

    Args:
        place: File on disk.
        kind: Name in messages.

    Raises:
        InputError: The file cannot be read, is too large or too deep, or refers to something else.
    """
    text = _read(place, kind)
    try:
        _check_structure(f"{kind} {place}", text, kind)
        for name, value in _texts(yaml.safe_load(text)):
            if "${" in value:
                raise InputError(
                    f"{kind} {place}: '{name}' holds '${{', which would be replaced by something "
                    "of this machine: write the value itself"
                )
        return OmegaConf.to_container(OmegaConf.create(text))
    except (yaml.YAMLError, OmegaConfBaseException, ValueError, RecursionError) as problem:
        reason = " ".join(str(problem).split())
        raise InputError(f"{kind} {place} cannot be read as YAML: {reason}") from problem


def _read(place: str, kind: str) -> str:
    try:
        with Path(place).open("rb") as file:
            content = file.read(LARGEST + 1)
        text = content.decode()
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(f"{kind} {place} cannot be read: {problem}") from problem
    if len(content) > LARGEST:
        raise InputError(f"{kind} {place} has more than {LARGEST:,} bytes: it is no {kind}")
    return text


def _check_structure(file: str, text: str, kind: str) -> None:
    """Refuse aliases, which could fill the memory, and deep nesting, which takes minutes."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent):
            raise InputError(f"{file} has an alias (*name): write the value itself")
        if depth > DEEPEST:
            raise InputError(f"{file} is nested more than {DEEPEST} times: it is no {kind}")


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield all texts, keys among them, with the names of their keys."""
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield name or SECTION, str(key)
            yield from _texts(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, name)


def _checked(place: str, content: Any) -> dict[str, Any]:
    if not isinstance(content, dict) or not isinstance(content.get(SECTION), dict):
        raise InputError(f"recipe {place} has no section '{SECTION}:' with 'params:' in it")
    for section in content:
        if section != SECTION:
            raise InputError(
                f"recipe {place} has a section '{section}', and its only one is '{SECTION}'"
            )
    options: dict[str, Any] = content[SECTION]
    for option in options:
        if option not in OPTIONS:
            raise InputError(
                f"recipe {place} gives '{option}', which a recipe may not, since it may come from "
                f"anybody: it gives {' and '.join(OPTIONS)}; type others on the command line"
            )
    pipelines, params = options.get("pipelines") or "", options.get("params") or {}
    if not (isinstance(params, dict) and isinstance(pipelines, str)):
        raise InputError(
            f"recipe {place}: params is no list of names and values, or pipelines no text with "
            "names and commas"
        )
    _check_parameters(place, params)
    return {"pipelines": pipelines, "params": params}


def _check_parameters(place: str, params: dict[str, Any]) -> None:
    for name in _names(params):
        if name not in PARAMETERS and _is_known(name):
            raise InputError(
                f"recipe {place} sets {name}, which a recipe may not, since it may come from "
                "anybody: give it with --params, or in conf/local/parameters"
            )
    weights = (params.get("featurization") or {}).get("weights", WEIGHTS[0])
    if weights not in WEIGHTS:
        raise InputError(
            f"recipe {place} sets featurization.weights to {weights}: a recipe names no file of "
            f"this machine but {' or '.join(WEIGHTS)}; give it with --params"
        )


def _is_known(name: str) -> bool:
    kind: Any = ProjectParameters
    for part in name.split("."):
        if not (isinstance(kind, type) and issubclass(kind, BaseModel)):
            return True  # a key of a free dictionary
        if part not in kind.model_fields:
            return False
        kind = kind.model_fields[part].annotation
    return True


def _names(params: dict[str, Any], group: str = "") -> Iterator[str]:
    """Yield full names of parameters, down to those that are listed or no group."""
    for key, value in params.items():
        name = f"{group}{key}"
        if name not in PARAMETERS and isinstance(value, dict) and value:
            yield from _names(value, f"{name}.")
        else:
            yield name
