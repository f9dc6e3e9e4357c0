"""Fits side by side over real Spark: one task each, and none the worse for workers that die."""

import os
import signal
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pytest
from py4j.protocol import Py4JJavaError
from sklearn.datasets import load_digits

from pixelmill.grid.plan import plan_fits
from pixelmill.grid.search import GridSearch, _task_failure
from pixelmill.grid.training import FoldedImages, TrainingScan
from pixelmill.parameters import ModellingParameters
from pixelmill.spark import worker_daemon

FOREST_NAME = "sklearn.ensemble.RandomForestClassifier"
FOLDS = 2
needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc")


@pytest.fixture(scope="module")
def images():
    """300 of scikit-learn's digits; every other one a fold."""
    pixels, digits = load_digits(return_X_y=True)
    fold = np.arange(300) % FOLDS
    return FoldedImages(pixels[:300].astype(np.float32), digits[:300], fold, list("0123456789"))


@pytest.fixture
def search(spark, images):
    """Makes a search over forests of some numbers of trees; begins it when it is iterated."""

    def make(*trees):
        point = {"estimator": FOREST_NAME, "parameters": {"n_estimators": list(trees)}}
        modelling = ModellingParameters(grid={"folds": FOLDS, "points": [point]})
        scan = TrainingScan({"0": 30, "1": 30}, {"0": 30, "1": 30}, 64, "digits")
        fits = plan_fits(scan, {"fingerprint": ""}, modelling).missing([])
        return GridSearch(spark, images, modelling).run(fits)

    return make


@contextmanager
def watched_groups(spark):
    """Notes the names of the job groups that a block sets."""
    context, seen = type(spark.sparkContext), []
    given = context.setJobGroup

    def noted(self, group, *rest):
        seen.append(group)
        given(self, group, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(context, "setJobGroup", noted)
        yield seen


def stages_of(spark, group):
    """What Spark knows of the stages of a group's jobs."""
    tracker = spark.sparkContext.statusTracker()
    jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(group)]
    return [tracker.getStageInfo(stage) for job in jobs for stage in job.stageIds]


def test_each_fit_is_one_job_of_one_task(spark, search):
    with watched_groups(spark) as seen:
        fits = list(search(1, 2, 3))
    assert sorted((fit.parameters["n_estimators"], fit.fold) for fit in fits) == [
        (trees, fold) for trees in (1, 2, 3) for fold in range(FOLDS)
    ]
    assert len(set(seen)) == 1
    assert [stage.numTasks for stage in stages_of(spark, seen[0])] == [1] * 6


@needs_proc
def test_a_killed_worker_costs_its_task_a_try_and_nothing_else(spark, search):
    undisturbed = {fit.key: fit.score for fit in search(400, 401)}
    killer = threading.Thread(target=kill_a_busy_worker, args=[spark])
    killer.start()
    with watched_groups(spark) as seen:
        fits = list(search(400, 401))
    killer.join()
    assert sum(stage.numFailedTasks for stage in stages_of(spark, seen[0])) == 1
    assert [fit.error for fit in fits] == [None] * 4
    assert {fit.key: fit.score for fit in fits} == undisturbed


@needs_proc
def test_a_fit_whose_worker_dies_in_every_try_is_a_row_for_the_next_run(search):
    over = threading.Event()
    killer = threading.Thread(target=lambda: kill_all_busy_workers(over))
    killer.start()
    fits = list(search(9000))
    over.set()
    killer.join()
    assert [(fit.score, fit.retry) for fit in fits] == [(None, True)] * 2
    assert "its task failed in every try (Python worker exited" in fits[0].error


def test_an_error_of_a_task_is_reported_by_its_last_line(spark):
    with pytest.raises(Py4JJavaError) as raised:
        spark.sparkContext.parallelize([0], 1).map(lambda zero: 1 / zero).collect()
    assert "every try (ZeroDivisionError: division by zero);" in _task_failure(str(raised.value))


@needs_proc
def test_an_interrupted_search_leaves_no_task_behind(spark, search):
    running = search(1, 9000, 9001)
    assert next(running).score > 0
    running.close()
    assert not spark.sparkContext.statusTracker().getActiveJobsIds()
    wait_for(lambda: not busy_workers())


def wait_for(condition):
    """Waits a minute at most for something true, and returns it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if found := condition():
            return found
    return pytest.fail("waited for a minute")


def kill(pid):
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def kill_a_busy_worker(spark):
    """Waits for a job: for a moment after the last one, workers are busy with what it leaves."""
    wait_for(spark.sparkContext.statusTracker().getActiveJobsIds)
    kill(wait_for(busy_workers)[0])


def kill_all_busy_workers(over):
    """Kills whatever works until the test ends."""
    while not over.is_set():
        for pid in busy_workers():
            kill(pid)


def busy_workers():
    """Python workers of this process's Spark that use a core now."""
    before = worker_ticks()
    time.sleep(0.2)
    return [pid for pid, ticks in worker_ticks().items() if ticks - before.get(pid, ticks) > 2]


def worker_ticks():
    """CPU time of each Python worker, in hundredths of a second, by its id."""
    (java,) = children_of({os.getpid()}, b"SparkSubmit")
    name = worker_daemon.__name__.encode()
    return {pid: ticks_of(pid) for pid in children_of(children_of({java}, name), name)}


def children_of(parents, name):
    """Processes whose parent is one of some, by what their command line holds."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended meanwhile
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent in parents and name in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
    return found


def ticks_of(pid):
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])
    return 0
