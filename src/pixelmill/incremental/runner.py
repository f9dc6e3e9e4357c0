"""A runner that leaves out what is up to date, and logs one line for each pipeline."""

from __future__ import annotations

import contextlib
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from kedro.runner import SequentialRunner
from kedro.runner.task import Task

from pixelmill.incremental.freshness import ExternalFiles, Freshness
from pixelmill.incremental.order import in_order, pipeline_of
from pixelmill.incremental.reasons import EXTERNAL, UNFINISHED

if TYPE_CHECKING:
    from kedro.pipeline import Node, Pipeline
    from pluggy import PluginManager

SAVED_EVERY = 2.0  # seconds between two times that the records are written

Describe = Callable[[set[str], Any], str]
"""Given names of datasets and the catalog, what was done, in a few words."""

logger = logging.getLogger(__name__)


class IncrementalRunner(SequentialRunner):
    """Sequential runner that leaves out nodes whose outputs are what they would write again.

    A node whose outputs are not stored runs when a node that takes them does, or when the run is
    asked for them. Nodes that read external data run each time.

    Attributes:
        unchanged: Names of the nodes of the last run that were up to date.
        has_changed: Whether the last run wrote anything new.

    Args:
        external_files: External files of nodes, by the names of the nodes.
        always_run: Names of the nodes that read other external data.
        describe: Says what a pipeline did, given the datasets that it wrote.
    """

    def __init__(
        self,
        external_files: Mapping[str, ExternalFiles],
        always_run: Iterable[str],
        describe: Describe | None = None,
    ) -> None:
        super().__init__()
        self._external_files = external_files
        self._always_run = frozenset(always_run)
        self._describe = describe
        self.unchanged: set[str] = set()
        self.has_changed = False

    @property
    def _logger(self) -> logging.Logger:
        """Logger of Kedro's runner, whose steps are shown with `--verbose`."""
        return logging.getLogger(SequentialRunner.__module__)

    def __str__(self) -> str:
        """Return the name for the record of a run: kedro-viz shows runs of this runner alone."""
        return f"<{SequentialRunner.__module__}.{SequentialRunner.__name__} object, incremental>"

    def _run(
        self,
        pipeline: Pipeline,
        catalog: Any,
        hook_manager: PluginManager | None = None,
        run_id: str | None = None,
    ) -> None:
        freshness = Freshness(pipeline, catalog, self._external_files, self._always_run)
        task = partial(
            Task, catalog=catalog, hook_manager=hook_manager, is_async=False, run_id=run_id
        )
        loads = Counter(chain.from_iterable(node.inputs for node in pipeline.nodes))
        release = partial(
            self._release_datasets, catalog=catalog, load_counts=loads, pipeline=pipeline
        )
        describe = self._describe
        report = _Report(pipeline, lambda made: describe(made, catalog) if describe else "")
        run = _Run(pipeline, freshness, task, release, report)
        try:
            run.run()
        except BaseException:
            with contextlib.suppress(Exception):  # only what ended the run is reported
                freshness.records.save()
            raise
        freshness.records.save()
        self.unchanged, self.has_changed = run.unchanged, run.has_changed


class _Run:
    """One run of a pipeline.

    Args:
        pipeline: Its nodes.
        freshness: Says which of them are up to date.
        task: Makes what executes a node.
        release: Frees the inputs and outputs of a node that no later node uses.
        report: Gets what ran.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        freshness: Freshness,
        task: Callable[[Node], Task],
        release: Callable[[Node], None],
        report: _Report,
    ) -> None:
        self._pipeline = pipeline
        self._fresh = freshness
        self._task = task
        self._release = release
        self._report = report
        self._producers = {name: node for node in pipeline.nodes for name in node.outputs}
        self._asked = pipeline.outputs()
        self._done: set[str] = set()
        self._saved = time.monotonic()
        self.unchanged: set[str] = set()
        self.has_changed = False

    def run(self) -> None:
        """Run what is stale, pipeline by pipeline."""
        for node in in_order(self._pipeline):
            if node.name not in self._done:
                self._settle(node)
            self._report.settled(node)

    def _settle(self, node: Node) -> None:
        """Run a node unless it is up to date, or makes only what no node has asked for yet."""
        reason = self._why(node)
        if reason is not None:
            logger.debug("%s runs: %s.", node.name, reason)
            self._make(node, may_stay=reason in (EXTERNAL, UNFINISHED))
            return
        self.unchanged.add(node.name)
        if not any(map(self._fresh.is_work_list, node.outputs)):  # else it may have to run later
            self._release(node)

    def _why(self, node: Node) -> str | None:
        if node.name in self._fresh.always_run:
            return EXTERNAL
        if all(map(self._fresh.is_work_list, node.outputs)):
            wanted = self._asked.intersection(node.outputs) or not node.outputs
            return "its outputs are asked for" if wanted else None
        return self._fresh.why_stale(node)

    def _make(self, node: Node, *, may_stay: bool = False) -> None:
        """Run a node, and before it those that make what it takes and that is not stored.

        Args:
            node: Node to run.
            may_stay: Whether it may well write the same as before, which then is no change.
        """
        for name in node.inputs:
            producer = self._producers.get(name)
            if producer and producer.name not in self._done and self._fresh.is_work_list(name):
                self._make(producer, may_stay=producer.name in self._fresh.always_run)
        known = self._fresh.versions_of(node) if may_stay else None
        self._fresh.before(node)
        began = time.monotonic()
        self._task(node).execute()
        self._fresh.after(node)
        self._done.add(node.name)
        self._release(node)
        is_same = known is not None and known == self._fresh.versions_of(node)
        self.has_changed |= not is_same
        self.unchanged.discard(node.name)
        if is_same:
            self.unchanged.add(node.name)
        self._report.ran(node, time.monotonic() - began, is_same=is_same)
        if time.monotonic() - self._saved > SAVED_EVERY:
            self._fresh.records.save()
            self._saved = time.monotonic()


class _Report:
    """One line for each pipeline, when the last of its nodes is settled.

    Args:
        pipeline: Nodes of the run.
        describe: Says what a pipeline did, given the datasets that it wrote.
    """

    def __init__(self, pipeline: Pipeline, describe: Callable[[set[str]], str]) -> None:
        self._left = Counter(map(pipeline_of, pipeline.nodes))
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._written: defaultdict[str, set[str]] = defaultdict(set)
        self._describe = describe

    def ran(self, node: Node, seconds: float, *, is_same: bool) -> None:
        """Count a node that ran, unless it wrote the same as before."""
        if not is_same:
            self._seconds[pipeline_of(node)] += seconds
            self._written[pipeline_of(node)].update(node.outputs)

    def settled(self, node: Node) -> None:
        """Log the line of a pipeline after its last node."""
        name = pipeline_of(node)
        self._left[name] -= 1
        if self._left[name]:
            return
        if not self._written[name]:
            logger.info("%s: unchanged", name)
            return
        what = self._describe(self._written[name]) or "done"
        logger.info("%s: %s in %.1f s", name, what, self._seconds[name])
