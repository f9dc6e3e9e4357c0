"""The bootstrap of a node, and the run on it, with a Python that has nothing of the project."""

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from pixelmill.aws.digests import checksums
from pixelmill.emr.bundle import make_bundle
from pixelmill.spark.java import find_quiet_java_home
from tests.conftest import ROOT, Project
from tests.emr.jobs import VERSIONS, job
from tests.emr.linked_packages import make_lock

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
SPARK = Path(find_spec("pyspark").origin).parent


def run_script(script, *arguments, **environment):
    """Runs a script as EMR does: with nothing of this process's Python environment."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    folders = kept["PATH"].split(os.pathsep)
    kept["PATH"] = os.pathsep.join(each for each in folders if "venv" not in each)
    kept |= {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    result = subprocess.run(
        ["bash", script, *arguments],
        env=kept | {name: str(value) for name, value in environment.items()},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return result.returncode, result.stdout


@pytest.fixture(scope="session")
def fetched(tmp_path_factory):
    """Folder of the files of a launch whose tables go to a folder beside it."""
    folder = tmp_path_factory.mktemp("launch") / "files"
    folder.mkdir()
    storage = folder.parent / "storage"
    environment = job(versions=VERSIONS | {"python": f"{PYTHON}.0"}).environment()
    files = make_bundle(ROOT, environment | {"PIXELMILL_STORAGE": str(storage)})
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="session")
def node(fetched, tmp_path_factory):
    """A node that was made ready, its packages linked: its folder, and what the script said."""
    home = fetched.parent / "pixelmill"
    folder = tmp_path_factory.mktemp("packages")
    files = folder / "files"
    shutil.copytree(fetched, files)
    locked = (files / "requirements.lock").read_text()
    replace(files, "requirements.lock", make_lock(locked, folder))
    status, output = run_script(
        files / "bootstrap.sh",
        files,
        hashlib.sha256((files / "SHA256SUMS").read_bytes()).hexdigest(),
        PIXELMILL_HOME=home,
        XDG_CACHE_HOME=tmp_path_factory.mktemp("cache"),
        PIP_FIND_LINKS=f"{folder} {os.environ.get('PIP_FIND_LINKS', '')}".strip(),
    )
    assert status == 0, output
    return home, output


@pytest.fixture(scope="session")
def python_of_the_node(node, tmp_path_factory):
    """A folder with a Python that makes its environment as a copy of that node's, in a moment."""
    folder = tmp_path_factory.mktemp("bin")
    real = Path(sys.base_prefix) / "bin" / f"python{PYTHON}"
    script = folder / f"python{PYTHON}"
    script.write_text(
        f'#!/bin/sh\ncase "$*" in "-m venv --clear "*) exec cp -a "{node[0]}/venv" "$4" ;; esac\n'
        f'exec "{real}" "$@"\n'
    )
    script.chmod(0o755)
    return folder


def test_a_plain_python_becomes_a_node_where_a_network_was_compiled(node):
    home, output = node
    lines = output.splitlines()
    assert lines[-2].endswith(": 1280 features an image")
    assert lines[-1] == f"pixelmill is ready in {home}"
    python = home / "venv" / "bin" / "python"
    code = "import pixelmill, sys; print(pixelmill.__file__); import importlib.util as u; "
    code += "print(u.find_spec('pyspark'), u.find_spec('pytest'))"
    result = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=True)
    module, others = result.stdout.splitlines()
    assert module.startswith(str(home / "venv"))
    assert others == "None None"  # Spark is the cluster's; what works on the project stays at home


@pytest.mark.spark
def test_the_node_runs_the_project_with_the_clusters_spark(node, tmp_path):
    home, _ = node
    (tmp_path / "spark-defaults.conf").write_text(
        "spark.master local[2]\nspark.driver.bindAddress 127.0.0.1\n"
        "spark.driver.host 127.0.0.1\nspark.ui.enabled false\n"
        # What these cost comes back on a cluster, not in a test: Java's second compiler, compiled
        # plans, and 200 partitions of which nearly all are empty.
        "spark.driver.extraJavaOptions -XX:TieredStopAtLevel=1\n"
        "spark.sql.codegen.wholeStage false\nspark.sql.codegen.factoryMode NO_CODEGEN\n"
        "spark.sql.shuffle.partitions 2\n"
    )
    pipelines = ("--pipelines", "ingestion,splitting")
    status, output = run_script(
        home / "run.sh",
        PYTHON,
        "4.0",
        *pipelines,
        SPARK_HOME=SPARK,
        SPARK_CONF_DIR=tmp_path,
        JAVA_HOME=find_quiet_java_home(),
    )
    assert status == 0, output
    splits = Project(home.parent / "storage").table("02_intermediate/digits/splits")
    assert {row["split"] for row in splits} == {"train", "test"}
    assert len(splits) == 500


def test_another_python_than_the_laptops_ends_the_run_before_it_starts(node):
    home, _ = node
    status, output = run_script(home / "run.sh", "3.9", "4.0", SPARK_HOME=SPARK)
    assert status == 1
    assert output.startswith(f"Error: the cluster has Python {PYTHON} and the laptop has 3.9")


@pytest.mark.parametrize(
    ("damage", "doing"),
    [
        (lambda files: (files / "launch.env").unlink(), "comparing the files with the digests"),
        (lambda files: (files / "SHA256SUMS").unlink(), "comparing the files with the digests"),
        (
            lambda files: (files / "launch.env").write_text("exit 0\n"),
            "comparing the files with the digests",
        ),
        (
            lambda files: replace(files, "requirements.lock", "six==0.1 --hash=sha256:00"),
            "installing the locked packages",
        ),
    ],
)
def test_the_last_line_says_what_failed(
    fetched, python_of_the_node, tmp_path, monkeypatch, damage, doing
):
    monkeypatch.setenv("PATH", str(python_of_the_node), prepend=os.pathsep)
    files = tmp_path / "files"
    shutil.copytree(fetched, files)
    damage(files)
    status, output = run_script(
        files / "bootstrap.sh", files, PIXELMILL_HOME=tmp_path / "home", PIP_NO_INDEX=1
    )
    assert status != 0
    last = output.splitlines()[-1]
    assert last.startswith(f"pixelmill's bootstrap failed while {doing}")
    assert last.endswith("the lines above say why")


def test_files_and_digests_changed_together_are_refused_by_the_request(fetched, tmp_path):
    files = tmp_path / "files"
    shutil.copytree(fetched, files)
    digest = hashlib.sha256((files / "SHA256SUMS").read_bytes()).hexdigest()
    replace(files, "requirements.lock", "six==1.17.0 --hash=sha256:00")
    home = tmp_path / "home"
    status, output = run_script(files / "bootstrap.sh", files, digest, PIXELMILL_HOME=home)
    assert status != 0
    assert "failed while comparing the files with the digests" in output.splitlines()[-1]
    assert not (home / "venv").exists()


def replace(files, name, text):
    """Changes a file and the list of digests with it."""
    (files / name).write_text(text)
    kept = [each for each in files.iterdir() if each.name != "SHA256SUMS"]
    (files / "SHA256SUMS").write_bytes(checksums({each.name: each.read_bytes() for each in kept}))


def test_without_a_python_that_will_do_the_script_says_so(fetched, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "cp", "mkdir", "date", "cat", "sha256sum"):
        (tools / name).symlink_to(shutil.which(name))
    status, output = run_script(
        fetched / "bootstrap.sh", fetched, PATH=tools, PIXELMILL_HOME=tmp_path / "home"
    )
    assert status == 1
    assert "there is no such Python on this node" in output
