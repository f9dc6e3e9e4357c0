"""Processes of the cluster die, as machines do: no image is lost, and none counted twice."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from itertools import pairwise

import pytest

from tests.cluster.processes import busiest, kill
from tests.cluster.project import FEATURES_ONLY, PARAMS, PHOTOS, assert_same
from tests.conftest import ROOT


def start(project):
    """A run on all photos, once its first chunk is saved."""
    run = project.start(PARAMS, *FEATURES_ONLY)
    run.wait_for(lambda: project.chunks("pets"), "first chunk")
    return run


def assert_went_on(project, run, undisturbed, saved):
    """The run came to its end, although something died when only some chunks were saved."""
    status, output = run.end()
    assert status == 0, output
    assert saved < len(project.chunks("pets"))
    assert_same(project.features("pets"), undisturbed)


@pytest.fixture(scope="module")
def watched_run(whole_cluster, new_project, tmp_path_factory):
    """A run one of whose executors is killed while another process reads the table.

    Gives the project, status and output of the run, the chunks that were saved before, and the
    paths that each look of the reader found.
    """
    whole_cluster.restore()
    project = new_project("watched")
    log = tmp_path_factory.mktemp("reader") / "looks.txt"
    with watch(project, log):
        run = start(project)
        saved = project.chunks("pets")
        kill(whole_cluster.executors()[:1])
        status, output = run.end()
    looks = [set(json.loads(line)) for line in log.read_text().splitlines()]
    return project, status, output, saved, looks


@contextmanager
def watch(project, log):
    """Has another process load the features again and again while the block runs."""
    command = [sys.executable, "-m", "tests.cluster.reader"]
    with log.open("w") as file:
        reader = subprocess.Popen(
            [*command, f"{project.storage}/04_feature/pets", str(project.jars)],
            cwd=ROOT,
            env=project.environment(),
            stdin=subprocess.PIPE,
            stdout=file,
        )
    try:
        yield
    finally:
        reader.communicate()


def test_a_killed_executor_costs_its_task_alone(watched_run, undisturbed):
    project, status, output, saved, _ = watched_run
    assert status == 0, output
    assert len(saved) < len(project.chunks("pets"))
    assert_same(project.features("pets"), undisturbed)


def test_a_reader_beside_a_run_never_sees_half_a_chunk(watched_run):
    project, *_, looks = watched_run
    chunks = project.rows_by_chunk("pets").values()
    paths = [{row["path"] for row in rows} for rows in chunks]
    for seen in looks:
        assert all(chunk <= seen or chunk.isdisjoint(seen) for chunk in paths)
    # It looked while chunks came, and what it saw only grew.
    assert any(0 < len(seen) < PHOTOS for seen in looks)
    assert all(before <= after for before, after in pairwise(looks))
    assert len(looks[-1]) == PHOTOS


def test_a_killed_python_worker_costs_its_task_alone(cluster, project, undisturbed):
    run = start(project)
    found = []
    run.wait_for(lambda: found.append(busiest(cluster.python_workers())) or found[-1], "busy task")
    saved = len(project.chunks("pets"))
    kill(found[-1:])
    assert_went_on(project, run, undisturbed, saved)


def test_a_killed_driver_loses_the_chunk_in_hand_and_nothing_else(project, undisturbed):
    run = start(project)
    run.kill()
    saved = project.features("pets")
    assert 0 < len(saved) < PHOTOS

    status, output = project.start(PARAMS, *FEATURES_ONLY).end()
    assert status == 0, output
    assert project.json("08_reporting/pets/profile.json")["already_done"] == len(saved)
    assert_same(project.features("pets"), undisturbed)


def test_the_job_goes_on_when_a_whole_worker_is_switched_off(cluster, project, undisturbed):
    run = start(project)
    saved = len(project.chunks("pets"))
    cluster.workers[0].kill()
    assert_went_on(project, run, undisturbed, saved)


def test_a_worker_that_is_taken_away_after_a_notice_costs_nothing(cluster, project, undisturbed):
    run = start(project)
    saved = len(project.chunks("pets"))
    worker = cluster.workers[0]
    os.kill(worker.pid, signal.SIGPWR)
    run.wait_for(lambda: not worker.executors(), "end of the executor that was told to leave")
    assert "Decommission worker" in worker.log
    worker.kill()
    assert_went_on(project, run, undisturbed, saved)
