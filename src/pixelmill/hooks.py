"""Kedro hooks of a run: parameters are checked, Spark is prepared, results are printed."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import click
from filelock import FileLock
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.framework.project import pipelines
from kedro.io import DataCatalog, SharedMemoryDataCatalog
from kedro.pipeline import Node, Pipeline

from pixelmill.dataset_lock import take_lock
from pixelmill.errors import InputError
from pixelmill.explanation import explanation
from pixelmill.featurization.parts import check_names
from pixelmill.grid import check_grid
from pixelmill.incremental import DATASET as RECORDS
from pixelmill.incremental.stored_versions import find_version
from pixelmill.interruption import INTERRUPTED, filter_messages
from pixelmill.log_lines import write_whole_lines
from pixelmill.outcome import NOTHING_TO_DO, print_outcome
from pixelmill.progress_record import ProgressWriter
from pixelmill.selection import NO_ASYNC, NO_PROCESSES, taken_parameters
from pixelmill.storage import is_s3, open_storage, use_endpoint
from pixelmill.strategies import find_strategy
from pixelmill.untrusted_text import guard_logs
from pixelmill.validation import check_mapping, validate_parameters, validate_storage

if TYPE_CHECKING:
    from pixelmill.incremental import IncrementalRunner
    from pixelmill.storage.lease import Lease

# Nodes whose tasks run in Python workers, and the input that counts their images.
FEATURIZING = {
    "featurize_images": "source",
    "complete_joined_features": "source",
    "featurize_new_images": "prediction_source",
    "sign_images": "source",
    "featurize_together": "source",
}
# Those of them that may run a network, whose libraries take a second to import.
WITH_NETWORKS = {
    *("featurize_images", "featurize_together"),
    *("complete_joined_features", "featurize_new_images"),
}
# Parameters that serve one pipeline alone, by its name.
OF_ONE_PIPELINE = {
    "model": "prediction",
    "model_sha256": "prediction",
    "trusted": "prediction",
    "query": "search",
    "search": "search",
}


class ProjectHooks:
    """The hooks of the project; they keep the lock and the progress record of the run."""

    def __init__(self) -> None:
        self._lock: FileLock | Lease | None = None
        self._progress: ProgressWriter | None = None
        self._storage = ""
        self._given: Mapping[str, Any] = {}
        self._made: set[str] = set()
        self._runner: IncrementalRunner | None = None
        self._starts: Callable[[], None] | None = None  # Spark, before the first node that works
        self._thread = threading.current_thread()

    def follow(self, runner: IncrementalRunner | None) -> None:
        """Have the runner report, in the end, which nodes of the next run were up to date.

        Args:
            runner: Runs the nodes; None for one of Kedro's, which leaves nothing out.
        """
        self._runner = runner

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Refuse impossible parameters, and say how Spark is to start when a node needs it.

        The pipelines are looked at here, before Kedro chooses among their nodes.
        """
        from pixelmill.pipelines.collection.check import check_collection
        from pixelmill.pipelines.splitting.pipeline import find_copies_first, find_findings_first
        from pixelmill.spark.session import configure, start_session

        write_whole_lines()
        guard_logs()
        filter_messages()
        # Libraries that a node loads later read these as they are imported.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
        settings = context.config_loader["globals"]
        self._storage = validate_storage(settings["storage"], context.project_path)
        # Kedro completes relative paths of `filepath` alone; a notebook is in a folder of its own.
        context.config_loader["globals"] = settings | {"storage": self._storage}
        self._given = context.config_loader.runtime_params
        given = context.config_loader["parameters"]
        parameters = validate_parameters(given, self._given, taken_parameters)
        find_strategy(parameters.modelling)
        check_grid(parameters.modelling)
        check_mapping(parameters.mapping)
        check_names(parameters.modelling.features or [])
        find_copies_first(pipelines, parameters.splitting, parameters.duplicates)
        find_findings_first(pipelines, parameters.ingestion, parameters.duplicates)
        use_endpoint(parameters.s3.endpoint)
        own = parameters.collection, parameters.ingestion
        check_collection(parameters.images, *own, self._given)
        if is_s3(self._storage):
            from pixelmill.storage.file_systems import send_md5_with_deletions

            send_md5_with_deletions()
        configure(parameters.spark, on_s3=_is_for_spark(self._storage, parameters.images))
        if _is_run():
            if is_s3(self._storage):
                open_storage(self._storage).find_files(["-"])  # refuses what cannot be listed
            if parameters.run.force or not self._has_records(parameters.dataset):
                # A second before the first node: Kedro builds its catalog meanwhile.
                start_session()

    def _has_records(self, dataset: str) -> bool:
        """Return whether earlier runs left records, so that this one may have nothing to do."""
        folder = f"{self._storage}/02_intermediate/{dataset}"
        return find_version([f"{folder}/{RECORDS}.json"]) is not None

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Lock the data set for this run, and start Spark beside the first nodes."""
        from pixelmill.datasets.url_list import release_left_lists
        from pixelmill.featurization.tasks import warm_up_workers
        from pixelmill.profiling.progress import latest_work
        from pixelmill.spark.session import start_session

        if isinstance(catalog, SharedMemoryDataCatalog):
            raise InputError(NO_PROCESSES)
        refuse_unused(self._given, pipeline)
        self._forget_interrupted()
        self._thread = threading.current_thread()
        self._made = set()
        dataset = catalog.load("params:dataset")
        self._lock = take_lock(self._storage, dataset, when_lost=self._give_way)
        release_left_lists(catalog, pipeline)
        self._progress = ProgressWriter(self._storage, dataset, latest_work)
        atexit.register(self._interrupted)
        networks = any(node.name in WITH_NETWORKS for node in pipeline.nodes)
        self._starts = partial(start_session, warm_up_workers if networks else None)
        if self._runner is None or not self._has_records(dataset):
            self._start()

    def _start(self) -> None:
        """Start Spark beside what runs now, once; other nodes have it started if they need it."""
        start, self._starts = self._starts, None
        if start is not None:
            start()

    @hook_impl
    def before_node_run(self, node: Node, inputs: dict[str, Any], is_async: bool) -> None:
        """Record which node begins, unless another run has taken the data set."""
        if is_async:
            raise InputError(NO_ASYNC)
        self._check()
        if node.name in FEATURIZING:
            self._start()
        if self._progress is not None:
            source = inputs.get(FEATURIZING.get(node.name, ""))
            self._progress.enter(node.name, source and source["count"])

    @hook_impl
    def after_node_run(self, node: Node) -> None:
        """Record what this run made, which may be a part of a pipeline."""
        self._made.update(node.outputs)

    @hook_impl
    def before_dataset_saved(self) -> None:
        """Refuse to save once another run has taken the data set."""
        self._check()

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Print the results and their places."""
        self._end("finished")
        runner, self._runner = self._runner, None
        if runner is None:
            print_outcome(self._made, catalog, self._storage)
            return
        if not runner.has_changed:
            click.echo(NOTHING_TO_DO)
        unchanged = [node for node in pipeline.nodes if node.name in runner.unchanged]
        verified = {name for node in unchanged for name in node.outputs}
        print_outcome(self._made | verified, catalog, self._storage, verified - self._made)

    @hook_impl
    def on_pipeline_error(self, error: Exception) -> None:
        """Give the data set free; where another run took it, that is the reason and no other.

        What proves to be damaged is set aside before, while the data set is this run's.
        """
        from pixelmill.datasets.damage import set_damage_aside

        try:
            self._check()
        except InputError:
            self._end("failed")
            raise
        try:
            set_damage_aside(error, self._storage)
        except InputError as damage:
            self._end("failed", str(damage))
            raise
        self._end("failed", _reason(error))

    def _check(self) -> None:
        if self._lock is not None and not isinstance(self._lock, FileLock):
            self._lock.check()

    def _give_way(self) -> None:
        """End the jobs of this process, and have every later one fail."""
        from pixelmill.spark.session import get_session

        if self._progress is not None:
            self._progress.abandon()
        get_session().stop()

    def abort(self, problem: BaseException) -> None:
        """End a run whose end Kedro did not report; does nothing after one that it reported.

        Args:
            problem: What ended it: Ctrl-C, a signal, or an error before its first node.
        """
        is_failure = isinstance(problem, Exception)
        self._end("failed", _reason(problem) if is_failure else INTERRUPTED)

    def _interrupted(self) -> None:
        self._end("failed", INTERRUPTED)

    def _forget_interrupted(self) -> None:
        """End what an earlier run of this process holds, where its thread is past that run.

        A session that is not the project's own does not report Ctrl-C.
        """
        if not self._thread.is_alive() or self._thread is threading.current_thread():
            self._interrupted()

    def _end(self, state: Literal["finished", "failed"], sentence: str | None = None) -> None:
        atexit.unregister(self._interrupted)
        lock, progress = self._lock, self._progress
        self._lock = self._progress = None
        if progress is not None:
            progress.finish(state, sentence)
        if lock is not None:
            lock.release()


def refuse_unused(given: Mapping[str, Any], pipeline: Pipeline) -> None:
    """Refuse parameters of a pipeline that does not run.

    Args:
        given: Parameters that a recipe and `--params` give.
        pipeline: Pipeline that runs.

    Raises:
        InputError: Where one would be ignored.
    """
    for name, home in OF_ONE_PIPELINE.items():
        if given.get(name) and f"params:{name}" not in pipeline.inputs():
            raise InputError(
                f"parameter '{name}' does nothing in this run: it is for --pipelines {home}"
            )


def _reason(problem: BaseException) -> str:
    """Return why a run failed, in one line."""
    sentence = explanation(problem)
    return sentence or f"{type(problem).__name__}: {problem}".partition("\n")[0]


def _is_for_spark(storage: str, images: str | None) -> bool:
    """Return whether Spark itself works on S3, for its tables or an inventory."""
    is_inventory = (images or "").partition("#")[0].lower().endswith(".json")
    return is_s3(storage) or (is_inventory and is_s3(str(images)))


def _is_run() -> bool:
    """Return whether this is `kedro run`; other commands build a context too, and start no JVM."""
    context = click.get_current_context(silent=True)
    return context is not None and context.command.name == "run"
