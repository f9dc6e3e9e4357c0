"""Run the fits of a grid in parallel, each a Spark job of one task."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import uuid4

from pixelmill.datasets.grid_fits import FinishedFit
from pixelmill.grid.fold import Outcome, fit_fold
from pixelmill.grid.plan import PlannedFit
from pixelmill.grid.points import at_point
from pixelmill.grid.training import FoldedImages
from pixelmill.parameters import ModellingParameters

if TYPE_CHECKING:
    from pyspark import Broadcast
    from pyspark.sql import SparkSession

JOBS_PER_CORE = 2  # one runs, one waits for its core


class GridSearch:
    """The fits of one run; each gets its own job, so that none waits for another to be saved.

    Args:
        spark: The session.
        images: The training images with their folds; every worker gets them once.
        modelling: Modelling parameters with a grid.
    """

    def __init__(
        self, spark: "SparkSession", images: FoldedImages, modelling: ModellingParameters
    ) -> None:
        assert modelling.grid is not None  # noqa: S101
        self._spark = spark
        self._context = spark.sparkContext
        self._scoring = modelling.grid.scoring
        self._modelling = modelling
        self._shared: Broadcast[FoldedImages] = self._context.broadcast(images)
        self._group = f"grid-{uuid4().hex}"

    def run(self, fits: Sequence[PlannedFit]) -> Iterator[FinishedFit]:
        """Do the fits.

        Args:
            fits: Fits to do.

        Yields:
            Each fit as soon as it is finished; whoever stops before the end stops the others.
        """
        from pyspark import inheritable_thread_target

        from pixelmill.profiling.progress import Done, displayed

        cores = self._context.defaultParallelism
        threads = ThreadPoolExecutor(JOBS_PER_CORE * cores, thread_name_prefix="grid")
        # Each gets its own copy of this thread's properties, as a pool of the scheduler.
        inherit = inheritable_thread_target
        jobs = [threads.submit(inherit(self._spark)(self._fit), fit) for fit in fits]
        try:
            done = Counter[bool]()  # whether a fit failed
            with displayed(
                "searching the grid", "fits", len(fits), lambda: Done(done.total(), done[True])
            ):
                for job in as_completed(jobs):
                    done[job.result().error is not None] += 1
                    yield job.result()
        finally:
            threads.shutdown(wait=False, cancel_futures=True)
            self._cancel(jobs)
            self._shared.destroy()

    def _cancel(self, jobs: "Sequence[Future[FinishedFit]]") -> None:
        # Again and again, because a thread may be just about to hand in its job.
        while not all(job.done() for job in jobs):
            self._context.cancelJobGroup(self._group)
            wait(jobs, timeout=0.2)

    def _fit(self, fit: PlannedFit) -> FinishedFit:
        return FinishedFit(
            key=fit.key,
            estimator=fit.point.estimator,
            parameters=fit.point.parameters,
            fold=fit.fold,
            **asdict(self._outcome(fit)),
        )

    def _outcome(self, fit: PlannedFit) -> Outcome:
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        shared, scoring = self._shared, self._scoring
        fold, modelling = fit.fold, at_point(self._modelling, fit.point)
        description = f"{fit.point.estimator} {fit.point.parameters}, fold {fold}"
        self._context.setJobGroup(self._group, description)
        task = self._context.parallelize([fold], 1)
        try:
            done = task.map(lambda fold: fit_fold(shared.value, fold, modelling, scoring))
            return done.collect()[0]
        except (Py4JError, PySparkException) as error:
            return Outcome(error=_task_failure(str(error)), retry=True)


def _task_failure(text: str) -> str:
    """Extract one sentence from Spark's long message."""
    found = re.search(r"most recent failure: .*?Exception: (.*?)\n(?:\n|\tat )", text, re.DOTALL)
    # Of a Python traceback the last line says what happened.
    reason = (found[1] if found else text).strip().splitlines()[-1:]
    return (
        f"its task failed in every try ({''.join(reason)}); a worker that dies has most often "
        "run out of memory"
    )
