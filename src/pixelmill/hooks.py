"""What happens around a run: parameters are checked, Spark is prepared, the result is told."""

import os
from pathlib import Path

import click
from filelock import FileLock, Timeout
from kedro.framework.context import KedroContext
from kedro.framework.hooks import hook_impl
from kedro.io import DataCatalog
from kedro.pipeline import Pipeline

from pixelmill.errors import NO_STORAGE, InputError
from pixelmill.grid import check_grid
from pixelmill.storage import is_s3, open_storage, use_endpoint
from pixelmill.strategies import find_strategy
from pixelmill.summary import LABELLED, print_labelling, print_summary
from pixelmill.validation import validate_parameters

FEATURIZING = {"featurize_images", "featurize_new_images"}  # their tasks run in Python workers


class ProjectHooks:
    """The hooks of the project; they keep nothing but the lock of the run that holds it."""

    def __init__(self) -> None:
        self._lock: FileLock | None = None
        self._storage = ""

    @hook_impl
    def after_context_created(self, context: KedroContext) -> None:
        """Refuses impossible parameters, and says how Spark is to start when a node needs it."""
        from pixelmill.spark.session import configure, start_session

        # Libraries that a node loads later read these as they are imported.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
        parameters = validate_parameters(context.config_loader["parameters"])
        find_strategy(parameters.modelling)
        check_grid(parameters.modelling)
        self._storage = context.config_loader["globals"]["storage"]
        if not self._storage:
            raise InputError(NO_STORAGE)
        if "://" not in self._storage:
            self._storage = str(context.project_path / self._storage)
        use_endpoint(parameters.s3.endpoint)
        configure(parameters.spark, on_s3=_is_for_spark(self._storage, parameters.images))
        if _is_run():
            if is_s3(self._storage):
                open_storage(self._storage).find_files(["-"])  # refuses what cannot be listed
            # A second before the first node: Kedro builds its catalog meanwhile.
            start_session()

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Takes the data set for this run alone, and starts Spark beside the first nodes."""
        from pixelmill.spark.featurizing import warm_up_workers
        from pixelmill.spark.session import start_session

        dataset = catalog.load("params:dataset")
        self._lock = take_lock(self._storage, dataset)
        featurizes = any(node.name in FEATURIZING for node in pipeline.nodes)
        start_session(then=warm_up_workers if featurizes else None)

    @hook_impl
    def after_pipeline_run(self, pipeline: Pipeline, catalog: DataCatalog) -> None:
        """Says what came of it, and where."""
        self._release()
        if LABELLED in pipeline.all_outputs():
            print_labelling(catalog, self._storage)
        else:
            print_summary(catalog, self._storage)

    @hook_impl
    def on_pipeline_error(self) -> None:
        """Gives the data set free."""
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.release()


def _is_for_spark(storage: str, images: str | None) -> bool:
    """Whether Spark itself works on S3: its tables are there, or an inventory that it reads."""
    return is_s3(storage) or (images is not None and is_s3(images) and images.endswith(".json"))


def _is_run() -> bool:
    """Whether this is `kedro run`; other commands build a context too, and start no JVM."""
    context = click.get_current_context(silent=True)
    return context is not None and context.command.name == "run"


def take_lock(storage: str, dataset: str) -> FileLock | None:
    """Locks a data set on this machine's disk; the operating system frees it with the process.

    Args:
        storage: Folder or URI that all tables lie under; only a folder can be locked.
        dataset: Name of the data set.

    Raises:
        InputError: Where another run holds it.
    """
    if "://" in storage:
        return None
    folder = Path(storage) / "02_intermediate" / dataset
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(
            f"another run works on the data set '{dataset}' in {storage}: "
            "wait for its end, or give this run another name (--params dataset=…)"
        ) from None
    return lock
