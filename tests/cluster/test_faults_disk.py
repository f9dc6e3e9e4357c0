"""The disks of the workers fill up while a run goes on."""

import os
import subprocess
from contextlib import contextmanager, suppress
from threading import Event, Thread

import pytest

from tests.cluster.project import FEATURES_ONLY, IN_MANY_CHUNKS, IN_ONE_CHUNK, PHOTOS, assert_same

# Enough for the jars that Spark sends to an executor, and for what one run writes.
SIZE = "600m"


@contextmanager
def small_disk(folder):
    """Makes a folder a file system of its own."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        # Lazily: Python workers of an executor that was killed may still be ending.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small_disks(tmp_path):
    """Two folders that fill up soon."""
    with small_disk(tmp_path / "one") as one, small_disk(tmp_path / "two") as two:
        yield one, two


@pytest.fixture
def crowded(whole_cluster, small_disks):
    """The cluster, each of whose workers has a small disk for all that it writes."""
    whole_cluster.restore(0)
    workers = [whole_cluster.start_worker(scratch=folder) for folder in small_disks]
    whole_cluster.restore()
    yield whole_cluster
    for worker in workers:
        whole_cluster.remove(worker)


@contextmanager
def kept_full(folder):
    """Takes all space that a file system has left, and at once what is freed beside it."""
    ballast, over = folder / "ballast", Event()

    def fill():
        with ballast.open("wb") as file:
            while not over.wait(0.02):
                space = os.statvfs(folder)
                if free := space.f_bavail * space.f_frsize:
                    with suppress(OSError):  # somebody else was faster
                        os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, free)

    filling = Thread(target=fill)
    filling.start()
    try:
        yield
    finally:
        over.set()
        filling.join()
        ballast.unlink()


def test_one_full_disk_stops_nothing_and_two_are_one_sentence(
    undisturbed, crowded, small_disks, new_project, live_application
):
    project = new_project("disks")
    application = live_application()
    run = project.start(application, IN_MANY_CHUNKS, *FEATURES_ONLY)
    run.wait_for(lambda: project.chunks("pets"), "first chunk")
    with kept_full(small_disks[0]):
        ahead = len(project.chunks("pets"))
        run.wait_for(
            lambda: len(project.chunks("pets")) >= ahead + 2, "chunks written beside a full disk"
        )
        with kept_full(small_disks[1]):
            status, output = run.end()
    assert status == 1, output
    assert "Error: the disk is full" in output
    assert "Traceback" not in output
    saved = project.features("pets")
    assert 0 < len(saved) < PHOTOS

    status, output = project.start(application, IN_ONE_CHUNK, *FEATURES_ONLY).end()
    assert status == 0, output
    assert project.json("08_reporting/pets/profile.json")["already_done"] == len(saved)
    assert_same(project.features("pets"), undisturbed)
