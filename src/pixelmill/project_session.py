"""Kedro's session of this project: early checks, complete selections, and an orderly end."""

import inspect
import logging
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from kedro.framework.context import KedroContext
from kedro.framework.project import pipelines
from kedro.framework.session import KedroSession
from kedro.io import DataCatalog
from kedro.io.catalog_config_resolver import CatalogConfigResolver
from kedro.pipeline import Pipeline
from kedro.runner import ParallelRunner, SequentialRunner

from pixelmill.errors import InputError
from pixelmill.hooks import ProjectHooks, refuse_unused
from pixelmill.incremental import IncrementalRunner, RunPlan
from pixelmill.interruption import GOES_ON, orderly_end
from pixelmill.outcome import NOTHING_TO_DO, what_was_done
from pixelmill.pipelines import ALWAYS_RUN, EXTERNAL_FILES
from pixelmill.selection import (
    FILTERS,
    NO_ASYNC,
    NO_PROCESSES,
    check_environment,
    find_pipeline,
    refuse_unknown,
    select_nodes,
    with_producers,
)

logger = logging.getLogger(__name__)


class ProjectSession(KedroSession):
    """A session whose runs say in one sentence what they cannot do, and hold nothing afterwards."""

    _prepared: KedroContext | None = None

    def load_context(self) -> KedroContext:
        """Return the context of the project; a run makes its own once.

        Raises:
            InputError: The configuration has no such environment, or a parameter is impossible.
        """
        if self._prepared is not None:
            return self._prepared
        check_environment(self._conf_source, self.store.get("env"))
        return super().load_context()

    def run(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Run nodes as `KedroSession.run` does.

        Nodes that make what the selected ones take, and that is kept in memory only, run too.
        However the run ends, its data set is free afterwards and its record says why.

        Args:
            args: As Kedro has them.
            kwargs: As Kedro has them.

        Raises:
            InputError: A name does not exist, a parameter is impossible, or these pipelines
                cannot run with this runner.
        """
        given = inspect.signature(KedroSession.run).bind(self, *args, **kwargs).arguments
        options = {name: value for name, value in given.items() if name != "self"}
        with orderly_end():
            try:
                return super().run(**self._with_runner(self._completed(options)))
            except BaseException as problem:
                self._abort(problem)
                raise
            finally:
                self._prepared = None

    def check(self, **options: Any) -> Pipeline:
        """Refuse what `run` with the same options refuses before its first node.

        Args:
            options: Options that choose nodes, as `KedroSession.run` takes them.

        Returns:
            The nodes that it would run.

        Raises:
            InputError: A name does not exist, or a parameter is impossible or would be ignored.
        """
        completed = self._completed(options)  # which may change the pipelines
        names = options.get("pipeline_names") or ["__default__"]
        chosen = select_nodes(find_pipeline(names), completed)
        refuse_unused(self.load_context().config_loader.runtime_params, chosen)
        return chosen

    def plan(self, **options: Any) -> Iterator[str]:
        """Say what `run` with the same options would do, and why.

        Args:
            options: Options that choose nodes, as `KedroSession.run` takes them.

        Yields:
            One line for each pipeline, followed by its nodes that would run.

        Raises:
            InputError: A name does not exist, or a parameter is impossible.
        """
        chosen = self.check(**options)
        catalog: Any = self.load_context()._get_catalog()
        with TemporaryDirectory(prefix="pixelmill-plan-") as scratch:
            plan = RunPlan(chosen, catalog, EXTERNAL_FILES, ALWAYS_RUN, Path(scratch))
            yield from _lines(plan)

    def _abort(self, problem: BaseException) -> None:
        for hooks in self._project_hooks():
            hooks.abort(problem)
        if isinstance(problem, KeyboardInterrupt):
            click.echo(GOES_ON, err=True)

    def _with_runner(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the options with the incremental runner, unless another is named."""
        usual = type(options.get("runner") or SequentialRunner()) is SequentialRunner
        runner = IncrementalRunner(EXTERNAL_FILES, ALWAYS_RUN, what_was_done) if usual else None
        for hooks in self._project_hooks():
            hooks.follow(runner)
        return {**options, "runner": runner or options["runner"]}

    def _project_hooks(self) -> list[ProjectHooks]:
        plugins = self._hook_manager.get_plugins()
        return [hooks for hooks in plugins if isinstance(hooks, ProjectHooks)]

    def _completed(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the options with the names of all nodes, where the selection alone cannot run."""
        _refuse_runner(options.get("runner"))
        if first := options.get("pipeline_name"):
            options = {**options, "pipeline_names": [first]}
        names = options.get("pipeline_names") or []
        pipelines.set_requested(names or None)
        find_pipeline(names)
        self._prepared = self.load_context()
        whole = find_pipeline(names or ["__default__"])
        kept = StorageCheck(self._prepared.config_loader)
        for name in options.get("load_versions") or ():
            refuse_unknown("--load-versions", name, kept.config)
            if not kept.config[name].get("versioned"):
                raise InputError(f"--load-versions: '{name}' keeps no versions")
        selected = select_nodes(whole, options)
        completed, added = with_producers(selected, whole, kept)
        if not added:
            return options
        logger.info("Also runs %s: what they make is kept in memory only.", ", ".join(added))
        others = {name: value for name, value in options.items() if name not in FILTERS}
        return {**others, "node_names": [node.name for node in completed.nodes]}


def _lines(plan: RunPlan) -> Iterator[str]:
    stale = list(plan.find())
    for pipeline in plan.pipelines:
        found = [one for one in stale if one.pipeline == pipeline]
        yield f"{pipeline}:" if found else f"{pipeline}: unchanged"
        yield from (f"  {one.node}: {one.reason}" for one in found)
    if not stale:
        yield NOTHING_TO_DO


class StorageCheck:
    """Whether a dataset is in the storage after a run."""

    def __init__(self, loader: Mapping[str, Any]) -> None:
        self._loader = loader

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """The catalog's configuration, which takes time to read and is seldom needed."""
        return dict(self._loader["catalog"])

    @cached_property
    def _resolver(self) -> CatalogConfigResolver:
        patterns = DataCatalog.default_runtime_patterns
        return CatalogConfigResolver(dict(self.config), default_runtime_patterns=patterns)

    def __call__(self, name: str) -> bool:
        entry = self.config.get(name)
        if entry is None:
            return self._resolver.match_dataset_pattern(name) is not None
        return not str(entry.get("type")).endswith("MemoryDataset")


def _refuse_runner(runner: object) -> None:
    if isinstance(runner, ParallelRunner):
        raise InputError(NO_PROCESSES)
    if getattr(runner, "_is_async", False):
        raise InputError(NO_ASYNC)
