"""The script of the cluster's step: its exit status is that of the run, whatever else fails."""

import os
import subprocess
import time
from importlib import resources

import pytest

SCRIPTS = ("run.sh", "environment.sh")


@pytest.fixture
def home(tmp_path):
    """A node's folder, in which `python` and `kedro` are scripts of two lines."""
    home = tmp_path / "pixelmill"
    tools = home / "venv" / "bin"
    tools.mkdir(parents=True)
    for name in SCRIPTS:
        (home / name).write_bytes((resources.files("pixelmill.emr") / "node" / name).read_bytes())
    (home / "launch.env").write_text("PIXELMILL_STORAGE=s3://photos/mill\n")
    (tools / "python").write_text("#!/bin/bash\nexit 0\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    return home


def run(home, *, status=0, seconds=0.2, metrics=None, every="0.05"):
    """Runs the step; `kedro` takes some time and ends with a status.

    Returns: Exit status, output, and the seconds until the output was closed.
    """
    kedro = home / "venv" / "bin" / "kedro"
    kedro.write_text(f"#!/bin/bash\nsleep {seconds}\necho kedro $*\nexit {status}\n")
    kedro.chmod(0o755)
    began = time.monotonic()
    done = subprocess.run(
        ["bash", home / "run.sh", "3.11", "4.1", "--params", "dataset=pets"],
        env={
            "PATH": os.environ["PATH"],
            "PIXELMILL_METRICS": str(metrics or home / "none"),
            "PIXELMILL_METRICS_SECONDS": every,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=30,
    )
    return done.returncode, done.stdout, time.monotonic() - began


def unwritable(folder):
    """A folder in which the file cannot be written, not even by root: it is a broken link."""
    folder.mkdir()
    (folder / "isbusy").symlink_to(folder / "missing" / "isbusy")


@pytest.mark.parametrize("status", [0, 1, 3])
def test_the_status_of_the_step_is_that_of_the_run(home, status):
    assert run(home, status=status)[:2] == (status, "kedro run --env emr --params dataset=pets\n")


@pytest.mark.parametrize("status", [0, 3])
def test_a_node_that_cannot_be_marked_busy_changes_no_status(home, tmp_path, status):
    unwritable(tmp_path / "metrics")
    done, output, _ = run(home, status=status, metrics=tmp_path / "metrics")
    assert done == status
    assert output.endswith("kedro run --env emr --params dataset=pets\n")
    assert f"warning: {tmp_path}/metrics/isbusy cannot be written" in output


def test_a_folder_that_goes_away_during_the_run_changes_no_status(home, tmp_path):
    folder = tmp_path / "metrics"
    folder.mkdir()
    (home / "venv" / "bin" / "python").write_text(f"#!/bin/bash\nrm -r {folder}\n")
    assert run(home, metrics=folder)[0] == 0


def test_a_node_is_busy_while_it_runs_and_its_output_closes(home, tmp_path):
    folder = tmp_path / "metrics"
    folder.mkdir()
    status, output, seconds = run(home, metrics=folder, every="20")
    assert (status, output) == (0, "kedro run --env emr --params dataset=pets\n")
    assert (folder / "isbusy").exists()
    assert seconds < 10  # nothing that still waits holds the step's output open
