"""The nodes of a run: names are checked, and nodes with outputs in memory are added."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from kedro.framework.project import pipelines
from kedro.pipeline import Node, Pipeline
from kedro.runner import AbstractRunner
from kedro.utils import load_obj

from pixelmill.errors import InputError

FILTERS = {
    "tags": "tags",
    "from_nodes": "from_nodes",
    "to_nodes": "to_nodes",
    "node_names": "node_names",
    "from_inputs": "from_inputs",
    "to_outputs": "to_outputs",
    "namespaces": "node_namespaces",
}
"""Arguments of `KedroSession.run` that choose nodes, and those of `Pipeline.filter`."""

RUNNERS = ("SequentialRunner", "ThreadRunner")

NO_PROCESSES = (
    "ParallelRunner cannot run these pipelines: its processes cannot share a Spark session; leave "
    "--runner out, Spark uses all cores, or take ThreadRunner"
)
NO_ASYNC = (
    "--async cannot run these pipelines: they save chunk by chunk, which Kedro's asynchronous mode "
    "does not do; leave it out, or take --runner ThreadRunner"
)

_NODES = {"from_nodes": "--from-nodes", "to_nodes": "--to-nodes", "node_names": "--nodes"}
_DATASETS = {"from_inputs": "--from-inputs", "to_outputs": "--to-outputs"}
_LISTED = 12  # names in a sentence where none is near


def refuse_unknown(option: str, name: str, known: Iterable[str]) -> None:
    """Refuse a name that does not exist.

    Args:
        option: Option of the command line.
        name: As it was typed.
        known: Names that exist.

    Raises:
        InputError: It is not among them; the nearest is named.
    """
    names = sorted(set(known))
    if name in names:
        return
    near = get_close_matches(name, names, n=1)
    shown = ", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")
    hint = f"did you mean '{near[0]}'?" if near else f"known are {shown or 'none'}"
    raise InputError(f"{option}: there is no '{name}': {hint}")


def find_runner(options: Mapping[str, Any]) -> AbstractRunner:
    """Return the runner of a run.

    Args:
        options: Options of `kedro run`; uses `runner`, `runner_params` and `is_async`.

    Raises:
        InputError: There is no such runner, it does not take these parameters, or these pipelines
            cannot run with it.
    """
    if options.get("is_async"):
        raise InputError(NO_ASYNC)  # before Kedro gives other advice
    name = options.get("runner") or RUNNERS[0]
    try:
        runner = load_obj(name, "kedro.runner")
    except (AttributeError, ImportError, ValueError):
        refuse_unknown("--runner", name, RUNNERS)
    given = options.get("runner_params") or {}
    for parameter in given:
        refuse_unknown("--runner-params", parameter, inspect.signature(runner).parameters)
    try:
        found: AbstractRunner = runner(**given)
    except (TypeError, ValueError) as problem:
        raise InputError(f"--runner-params: {problem}") from problem
    return found


def find_pipeline(names: Iterable[str]) -> Pipeline:
    """Return the sum of registered pipelines.

    Args:
        names: Their names.

    Raises:
        InputError: One is not registered.
    """
    wanted = list(names)
    try:
        return sum((pipelines[name] for name in wanted), start=Pipeline([]))
    except (KeyError, ImportError):
        pipelines.set_requested(None)  # so far, only those that were asked for could be loaded
        for name in wanted:
            refuse_unknown("--pipelines", name, pipelines.keys())
        raise


def taken_parameters() -> set[str]:
    """Return top-level names of all parameters that the registered pipelines take.

    Returns:
        `parameters` among them where a node takes all at once.
    """
    requested = pipelines._requested_pipelines
    pipelines.set_requested(None)
    try:
        inputs = {name for each in pipelines.values() for name in each.inputs()}
    finally:
        pipelines.set_requested(requested)
    taken = {name.removeprefix("params:").partition(".")[0] for name in inputs if ":" in name}
    return taken | (inputs & {"parameters"})


def check_environment(source: str, env: str | None) -> None:
    """Refuse an environment that the configuration does not have.

    Args:
        source: Folder of the configuration; an archive or a URL is left to Kedro.
        env: Name of the environment; None is the default one.

    Raises:
        InputError: There is no folder of this name.
    """
    folder = Path(source)
    if env and folder.is_dir():
        refuse_unknown("--env", env, (each.name for each in folder.iterdir() if each.is_dir()))


def select_nodes(whole: Pipeline, options: Mapping[str, Any]) -> Pipeline:
    """Return the nodes that a run is asked for.

    Args:
        whole: Sum of the pipelines that it names.
        options: Arguments of `KedroSession.run`.

    Raises:
        InputError: A node, dataset, tag or namespace does not exist, or no node is left.
    """
    _check_names(whole, options)
    chosen = {FILTERS[name]: options[name] for name in FILTERS if options.get(name)}
    try:
        return whole.filter(**chosen)
    except ValueError:
        raise InputError(
            "no node is left to run: the options that choose pipelines, nodes, datasets and tags "
            "have none in common"
        ) from None


def _check_names(whole: Pipeline, options: Mapping[str, Any]) -> None:
    known: dict[str, tuple[str, Iterable[str]]] = {
        **{name: (option, (node.name for node in whole.nodes)) for name, option in _NODES.items()},
        **{name: (option, whole.datasets()) for name, option in _DATASETS.items()},
        "tags": ("--tags", (tag for node in whole.nodes for tag in node.tags)),
        "namespaces": ("--namespaces", _namespaces(whole)),
    }
    for name, (option, names) in known.items():
        existing = set(names)
        for given in options.get(name) or ():
            refuse_unknown(option, given, existing)


def _namespaces(whole: Pipeline) -> set[str]:
    return {prefix for node in whole.nodes for prefix in node.namespace_prefixes}


def with_producers(
    selected: Pipeline, whole: Pipeline, is_kept: Callable[[str], bool]
) -> tuple[Pipeline, list[str]]:
    """Add the nodes that make what the selected ones take and no earlier run has kept.

    Args:
        selected: Nodes to run.
        whole: All nodes of the pipelines.
        is_kept: Whether a dataset is in the storage, and not in memory only.

    Returns:
        The nodes to run, and the names of those that were added.
    """
    producers = {name: node for node in whole.nodes for name in node.outputs}
    added: list[str] = []
    while missing := _unmade(selected, producers, is_kept):
        added += [node.name for node in missing]
        selected += Pipeline(missing)
    return selected, sorted(added)


def _unmade(
    selected: Pipeline, producers: Mapping[str, Node], is_kept: Callable[[str], bool]
) -> list[Node]:
    wanted = (name for name in selected.inputs() if name in producers and not is_kept(name))
    return list({producers[name].name: producers[name] for name in wanted}.values())
