"""Sessions as notebooks and scripts have them: refused early, free again after every end."""

import re
import signal
import subprocess
import sys

import pytest
from kedro.framework.session import KedroSession
from kedro.runner import ParallelRunner, SequentialRunner, ThreadRunner

from pixelmill.dataset_lock import take_lock
from pixelmill.errors import InputError
from pixelmill.interruption import INTERRUPTED
from pixelmill.progress_record import find_progress
from pixelmill.project_session import ProjectSession
from tests.conftest import ROOT

END = """
import os, signal, sys
from pixelmill.interruption import orderly_end
signal.signal(signal.SIGHUP, {hangup})
with orderly_end():
    try:
        os.kill(os.getpid(), {number})
        print("goes on", flush=True)
    finally:
        print("released", flush=True)
"""


class InterruptedRunner(SequentialRunner):
    """Meets Ctrl-C as it begins."""

    def _run(self, *_, **__):
        signal.raise_signal(signal.SIGINT)


class IdleRunner(SequentialRunner):
    """Runs no node, and therefore prints no summary."""

    def _run(self, *_, **__):
        pass


@pytest.fixture
def storage(spark, known_project, tmp_path, monkeypatch):
    monkeypatch.setenv("PIXELMILL_STORAGE", str(tmp_path))
    return str(tmp_path)


def run(session_class, runner, **options):
    params = {"spark": {"master": "local[2]"}, "dataset": "pets"}
    with session_class.create(project_path=ROOT, runtime_params=params) as session:
        return session.run(pipeline_names=["ingestion"], runner=runner, **options)


def test_a_relative_storage_is_that_of_the_project_from_any_folder(
    known_project, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIXELMILL_STORAGE", "data")
    with ProjectSession.create(project_path=ROOT) as session:
        catalog = session.load_context().catalog
    assert catalog["features"]._image_index == f"{ROOT}/data/02_intermediate/digits/image_index"


def test_an_interrupted_session_leaves_nothing_behind(storage, capsys):
    with pytest.raises(KeyboardInterrupt):
        run(ProjectSession, InterruptedRunner())
    assert "the same command goes on from there" in capsys.readouterr().err
    record = find_progress(storage, "pets")
    assert (record.state, record.sentence) == ("failed", INTERRUPTED)
    take_lock(storage, "pets").release()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_plain_kedro_session_frees_the_data_set(storage):
    with pytest.raises(KeyboardInterrupt):
        run(KedroSession, InterruptedRunner())
    with pytest.raises(InputError, match="another run works"):
        take_lock(storage, "pets")
    run(KedroSession, IdleRunner())
    assert find_progress(storage, "pets").state == "finished"
    take_lock(storage, "pets").release()


@pytest.mark.parametrize("session_class", [ProjectSession, KedroSession])
@pytest.mark.parametrize(
    ("runner", "sentence"),
    [
        (ParallelRunner, "ParallelRunner cannot run these pipelines"),
        (lambda: SequentialRunner(is_async=True), "--async cannot run these pipelines"),
    ],
)
def test_a_runner_that_cannot_run_is_refused(storage, session_class, runner, sentence):
    with pytest.raises(InputError, match=sentence):
        run(session_class, runner())
    take_lock(storage, "pets").release()


def test_an_error_before_the_first_node_frees_the_data_set_too(storage):
    with pytest.raises(InputError, match="--nodes: there is no"):
        run(ProjectSession, ThreadRunner(), node_names=["list_image"])
    take_lock(storage, "pets").release()


def planned(params, names):
    """The nodes that a run would do; a session's parameters may change the pipelines for later."""
    with ProjectSession.create(project_path=ROOT, runtime_params=params) as session:
        return {line.split(":")[0].strip() for line in session.plan(pipeline_names=names)}


def test_a_plan_names_the_nodes_that_parameters_add(storage):
    plans = [
        planned({"splitting": {"near_duplicates": choice}}, ["splitting"])
        for choice in ("keep", "leave_out")
    ]
    assert ["sign_images" in plan for plan in plans] == [False, True]


def test_a_plan_refuses_a_parameter_that_the_run_would_refuse(storage):
    with pytest.raises(InputError, match="'query' does nothing in this run"):
        planned({"query": "cat.jpg"}, ["ingestion"])


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_process_after_what_it_holds_is_released(name):
    code = END.format(number=f"signal.{name}", hangup="signal.SIG_DFL")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (
        -getattr(signal, name),
        "released\n",
        "",
    )


def test_a_run_under_nohup_survives_its_terminal():
    code = END.format(number="signal.SIGHUP", hangup="signal.SIG_IGN")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "goes on\nreleased\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--pipelines", "modeling"), "--pipelines: there is no 'modeling': did you mean"),
        (("--env", "locl"), "--env: there is no 'locl': did you mean 'local'?"),
        (("--nodes", "train"), "--nodes: there is no 'train'"),
        (("--load-versions", "repot:1"), "there is no 'repot': did you mean 'report'?"),
        (("--load-versions", "report:1"), "--load-versions: 'report' keeps no versions"),
        (("--runner", "Sequential"), "--runner: there is no 'Sequential': did you mean"),
        (("--runner-params", "worker=3"), "--runner-params: there is no 'worker'"),
        (("--runner", "ThreadRunner", "--runner-params", "max_workers=-1"), "--runner-params: "),
        (("--runner", "ParallelRunner"), "ParallelRunner cannot run these pipelines"),
        (("--async",), "--async cannot run these pipelines"),
        (("--params", "minee.x=1"), "unknown parameter 'minee'"),
    ],
)
def test_what_cannot_be_run_is_one_sentence(spark, commands, arguments, sentence):
    status, output = commands.command("run", *arguments)
    assert status == 1
    assert sentence in " ".join(output.split())
    assert len(re.findall(r"\S.*\n", output[output.index("Error: ") :])) == 1
