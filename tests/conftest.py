"""What all tests share: a Spark session, real images, runs of the whole project, an S3 server."""

import os

# Two processes of tests share the cores with their Spark: threads of OpenMP and of OpenBLAS, which
# otherwise spin while they wait for each other, would take many times the CPU of a small gradient
# boosting, and as much again of products of small matrices. The libraries read it as they load.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")  # sleep after 2**4 cycles instead of 2**26

import contextlib
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest import mock

import boto3
import pyarrow.dataset
import pytest
from click.testing import CliRunner
from filelock import FileLock
from hypothesis import settings
from kedro.framework.cli.cli import KedroCLI
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID
from moto.moto_api._internal import moto_api_backend
from moto.server import ThreadedMotoServer

from tests.aws_models import quick_moto, read_once
from tests.configuration import parsed_once, resolved_once
from tests.s3_proxy import S3Proxy

pytest_plugins = ["tests.browser", "tests.needs", "tests.recipe_runs", "tests.spark_session"]

# How long an example takes depends on what else the cores do.
settings.register_profile("shared cores", deadline=None)
settings.load_profile("shared cores")

ROOT = Path(__file__).parents[1]
ASSETS = ROOT.parent / "shared" / "assets"


@pytest.fixture(scope="session")
def assets():
    """The folder of real images, which lies beside the project."""
    if not ASSETS.is_dir():
        pytest.skip(f"no real images: {ASSETS} is missing")
    return ASSETS


@dataclass(frozen=True)
class Project:
    """The project with a storage of its own, as a user's terminal has it.

    Attributes:
        storage: Folder of all tables.
    """

    storage: Path

    def start(self, *arguments, **environment):
        """Starts a command of Kedro; both streams come as one text.

        Args:
            arguments: Arguments of the command line.
            environment: Variables; None takes one away.
        """
        return subprocess.Popen(
            [sys.executable, "-m", "kedro", *arguments],
            cwd=ROOT,
            env=self._variables(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def kedro(self, *arguments, **environment):
        """Runs a command of Kedro to its end.

        Returns:
            Exit status and output.
        """
        process = self.start(*arguments, **environment)
        output, _ = process.communicate()
        return process.returncode, output

    def run(self, params, *arguments, **environment):
        """`kedro run` on two cores with some parameters, which must succeed."""
        status, output = self.kedro(*_run_of(params), *arguments, **environment)
        assert status == 0, output
        return output

    def command(self, *arguments, **environment):
        """Does what `kedro` does, in a fraction of its time: in this process.

        A run goes on with the Spark session of the tests, which `run_here` asks for.

        Returns:
            Exit status and output.
        """
        variables = self._variables(environment)
        with mock.patch.dict(os.environ, variables, clear=True), contextlib.chdir(ROOT):
            result = CliRunner().invoke(kedro_of_the_project(), arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    def _variables(self, changes):
        changed = os.environ | {"PIXELMILL_STORAGE": str(self.storage)} | changes
        return {name: value for name, value in changed.items() if value is not None}

    def json(self, place):
        """The content of a JSON file of the storage."""
        return json.loads((self.storage / place).read_text(encoding="utf-8"))

    def table(self, place):
        """The rows of a table of the storage, read without Spark."""
        return (
            pyarrow.dataset.dataset(self.storage / place, format="parquet").to_table().to_pylist()
        )

    def features(self, dataset):
        """The rows of the current features; those of the chunks that count."""
        fingerprint = self.json(f"04_feature/{dataset}/featurizer.json")["fingerprint"]
        place = f"04_feature/{dataset}/{fingerprint}"
        marks = (self.storage / place / "_committed").iterdir()
        return [row for mark in marks for row in self.table(f"{place}/chunk={mark.name}")]


@cache
def kedro_of_the_project():
    """Kedro's commands, which take half a second to read the settings of the project."""
    return KedroCLI(ROOT)


def _run_of(params):
    return "run", "--params", f"spark.master=local[2],{params}"


@pytest.fixture(scope="session")
def kedro_process():
    """Stands for a run in a process of its own, by which `tests.needs` knows such tests."""


@pytest.fixture
def project(tmp_path, kedro_process):
    """The project with an empty storage, for runs in processes of their own or by `run_here`."""
    return Project(tmp_path / "storage")


@pytest.fixture
def commands(tmp_path):
    """The project with an empty storage, for commands that end before Spark starts."""
    return Project(tmp_path / "storage")


@pytest.fixture(scope="session")
def run_here(request):
    """Runs a project in this process, on the session of the tests; the run must succeed."""

    def run_project(project, params, *arguments):
        request.getfixturevalue("spark")  # which a process of tests needs that has a run to do
        status, output = project.command(*_run_of(params), *arguments)
        assert status == 0, output
        return output

    return run_project


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory):
    """A folder that all processes of this run of the tests have in common."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


def event_log(project):
    """Options with which the JVM of a run leaves Spark's event log beside its storage."""
    folder = project.storage.parent / "events"
    folder.mkdir(parents=True, exist_ok=True)
    properties = {"enabled": "true", "dir": folder.as_uri(), "rolling.enabled": "false",
                  "compress": "false"}  # fmt: skip
    return " ".join(f"-Dspark.eventLog.{name}={value}" for name, value in properties.items())


@pytest.fixture(scope="session")
def digits_run(shared_folder):
    """The project after a run on the embedded sample, and what that run printed.

    One run serves all processes of the tests: nothing may be written into its storage. Tests that
    go on with it take `digits_copy`. Its Spark events lie in `events` beside the storage.
    """
    project = Project(shared_folder / "digits" / "storage")
    printed = shared_folder / "digits" / "printed.txt"
    with FileLock(shared_folder / "digits.lock"):
        if not printed.exists():
            output = project.run("dataset=digits", SPARK_SUBMIT_OPTS=event_log(project))
            printed.write_text(output, encoding="utf-8")
    return project, printed.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def digits_copy(digits_run, tmp_path_factory):
    """A copy of that project, for runs that go on with it."""
    storage = tmp_path_factory.mktemp("copy") / "storage"
    shutil.copytree(digits_run[0].storage, storage)
    return Project(storage)


@pytest.fixture(scope="session")
def mapped_run(digits_run, shared_folder, run_here):
    """A copy of that project after its map was made, a part of its images fitted, and its findings.

    Without near-duplicates, of which the digits have none: to compare thousands of smooth drawings
    takes as long as all other steps. Nothing may be written into it either.
    """
    project, done = Project(shared_folder / "mapped" / "storage"), shared_folder / "mapped.done"
    with FileLock(shared_folder / "mapped.lock"):
        if not done.exists():
            shutil.copytree(digits_run[0].storage, project.storage)
            params = "dataset=digits,mapping.mosaics.size=600,mapping.projection.limit=400"
            params += ",duplicates.enabled=false"
            run_here(project, params, "--pipelines", "exploration,mapping")
            done.touch()
    return project


@pytest.fixture(scope="session", autouse=True)
def aws_models():
    """Has botocore find and read the models of AWS's services once, and not for every client."""
    with read_once():
        yield


@pytest.fixture(scope="session", autouse=True)
def configuration():
    """Has the project's configuration read once, and not for every test that needs it."""
    with parsed_once(), resolved_once():
        yield


@pytest.fixture(scope="session")
def known_project():
    """Has Kedro know the project, as its command line does."""
    kedro_of_the_project()


@pytest.fixture(scope="session")
def s3_endpoint():
    """URL of moto's S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with quick_moto():
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()


@pytest.fixture
def s3(s3_endpoint, monkeypatch):
    """A client of a server with one empty bucket, 'photos'; the environment leads to it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    moto_api_backend.reset()
    get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"].create_bucket("photos", "us-east-1")
    return aws_client("s3", "us-east-1")


@pytest.fixture(scope="session")
def proxy_process(s3_endpoint):
    """A way to that server, for the tests of all files."""
    with S3Proxy(s3_endpoint) as proxy:
        yield proxy


@pytest.fixture
def s3_proxy(s3, proxy_process):
    """A way to the server of `s3` on which things go wrong once a test says so."""
    proxy_process.renew()
    yield proxy_process
    proxy_process.set()


@cache
def aws_client(service, region):
    """A client of the one server that `s3` names; botocore takes long to make each."""
    return boto3.client(service, region)
