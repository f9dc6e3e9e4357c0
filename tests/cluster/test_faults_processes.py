"""Processes of the cluster die, as machines do: no image is lost, and none counted twice."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import pytest

from tests.cluster.processes import kill
from tests.cluster.project import (
    FEATURES_ONLY,
    IN_MANY_CHUNKS,
    PHOTOS,
    ClusterProject,
    assert_same,
    driver_environment,
)
from tests.conftest import ROOT
from tests.s3_proxy import Fault

pytestmark = pytest.mark.timeout(1200)  # the first test waits for the run of all


def kill_executor(cluster, run):
    kill(cluster.executors()[:1])


def kill_python_workers(cluster, run):
    run.wait_for(cluster.python_workers, "task")
    kill(cluster.python_workers())


def take_worker_away(cluster, run):
    """A notice first, as a spot node gets it: the work moves, then the machine goes."""
    worker = cluster.workers[0]
    os.kill(worker.pid, signal.SIGPWR)
    run.wait_for(lambda: not worker.executors(), "end of the executor that was told to leave")
    assert "Decommission worker" in worker.log
    cluster.remove(worker)


def switch_worker_off(cluster, run):
    """No notice; another worker has come meanwhile, for the run needs one."""
    worker = cluster.workers[0]
    cluster.restore()
    new = cluster.workers[-1]
    run.wait_for(new.executors, "executor of the new worker")
    cluster.remove(worker)


DEATHS = {
    "executor": kill_executor,
    "python_workers": kill_python_workers,
    "worker_after_a_notice": take_worker_away,
    "whole_worker": switch_worker_off,
}


@dataclass(frozen=True)
class Watched:
    """A run during which processes died, while another process read its table.

    Attributes:
        project: With the storage of the run.
        chunks: Numbers of chunks that were saved before each death, and some time after it.
        status: Exit status.
        output: What the run printed.
        looks: The paths that each look of the reader found.
    """

    project: ClusterProject
    chunks: dict[str, tuple[int, int]]
    status: int
    output: str
    looks: list[set[str]]


@pytest.fixture(scope="module")
def watched(whole_cluster, new_project, live_application, way_to_s3, tmp_path_factory):
    """One run that loses one process after another, each once it has gone on after the last.

    Its tasks are in the middle of their work nearly always, since their images come late.
    """
    way_to_s3.set(Fault("latency", seconds=1, methods="GET", keys="photos/"))
    application, project = live_application(), new_project("watched")
    log = tmp_path_factory.mktemp("reader") / "looks.txt"
    with watch(project, log):
        run = project.start(application, IN_MANY_CHUNKS, *FEATURES_ONLY)
        chunks, saved = {}, wait_for_chunk(project, run, 0)
        for name, die in DEATHS.items():
            die(whole_cluster, run)
            after = wait_for_chunk(project, run, len(project.chunks("pets")))
            chunks[name], saved = (saved, after), after
        status, output = run.end()
    way_to_s3.set()
    looks = [set(json.loads(line)) for line in log.read_text().splitlines()]
    return Watched(project, chunks, status, output, looks)


def wait_for_chunk(project, run, saved):
    """Waits until more chunks are saved, and says how many."""
    run.wait_for(lambda: len(project.chunks("pets")) > saved, "another chunk")
    return len(project.chunks("pets"))


@contextmanager
def watch(project, log):
    """Has another process load the features again and again while the block runs."""
    command = [sys.executable, "-m", "tests.cluster.reader"]
    with log.open("w") as file:
        reader = subprocess.Popen(
            [*command, f"{project.storage}/04_feature/pets"],
            cwd=ROOT,
            env=driver_environment(project.store.endpoint),
            stdin=subprocess.PIPE,
            stdout=file,
        )
    try:
        yield
    finally:
        reader.communicate()
    assert reader.returncode == 0


@pytest.mark.parametrize("death", DEATHS)
def test_what_dies_costs_its_tasks_alone(watched, undisturbed, death):
    assert watched.status == 0, watched.output
    before, after = watched.chunks[death]
    assert 0 < before < after <= len(watched.project.chunks("pets"))
    assert_same(watched.project.features("pets"), undisturbed)


def test_a_reader_beside_a_run_never_sees_half_a_chunk(watched):
    chunks = watched.project.rows_by_chunk("pets").values()
    paths = [{row["path"] for row in rows} for rows in chunks]
    for seen in watched.looks:
        assert all(chunk <= seen or chunk.isdisjoint(seen) for chunk in paths)
    # It looked while chunks came, and what it saw only grew.
    assert any(0 < len(seen) < PHOTOS for seen in watched.looks)
    assert all(before <= after for before, after in pairwise(watched.looks))
    assert len(watched.looks[-1]) == PHOTOS
