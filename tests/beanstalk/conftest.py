"""What the tests of the service on Elastic Beanstalk share: AWS on loopback, and a model."""

import logging
import shutil

import pytest
from click.testing import CliRunner

from pixelmill.beanstalk.commands import beanstalk
from pixelmill.datasets.classifier_folder import ClassifierFolder
from tests.beanstalk.eb_server import REGION, BeanstalkServer
from tests.classifier.conftest import make_classifier
from tests.conftest import ROOT, aws_client
from tests.deploy.dockerfile import read_stages
from tests.emr.conftest import applied_quotas, quotas

__all__ = ["applied_quotas", "make_classifier", "quotas"]
STAGES = read_stages((ROOT / "deploy" / "Dockerfile").read_text())
KEY = "0123456789abcdef-0123"


@pytest.fixture(scope="session")
def beanstalk_server():
    """The server, for all tests."""
    with BeanstalkServer() as server:
        yield server


@pytest.fixture
def aws(s3, quotas, beanstalk_server, monkeypatch):
    """An AWS account that is empty but for the bucket 'photos'.

    Returns:
        A function that opens a client of one of its services.
    """
    beanstalk_server.reset()
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL_ELASTIC_BEANSTALK", beanstalk_server.url)
    monkeypatch.setenv("PIXELMILL_STORAGE", "s3://photos/mill")
    monkeypatch.delenv("PIXELMILL_API_KEY", raising=False)
    beanstalk_server.make_bucket = lambda name: s3.create_bucket(Bucket=name)

    def client(service):
        return aws_client(service, REGION)

    return client


@pytest.fixture(scope="session")
def project(tmp_path_factory):
    """A project with all that the image is built from, but small."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("conf", "deploy"):
        shutil.copytree(ROOT / folder, root / folder)
    (root / "src" / "pixelmill").mkdir(parents=True)
    (root / "src" / "pixelmill" / "__init__.py").write_text('__version__ = "1"\n')
    names = ("requirements.lock", "requirements-serve.lock", "requirements.in")
    for name in (
        *names,
        "requirements-serve.in",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "NOTICE",
    ):
        (root / name).write_text(name)
    return root


@pytest.fixture(scope="session")
def model(make_classifier, tmp_path_factory):
    """A classifier in a folder."""
    place = tmp_path_factory.mktemp("model") / "export"
    ClassifierFolder(filepath=str(place)).save(
        make_classifier([{"fingerprint": "0123456789abcdef"}])
    )
    return place


@pytest.fixture
def kedro_beanstalk(aws, project, monkeypatch, caplog):
    """Runs a command of `kedro beanstalk`; gives status and output."""
    caplog.set_level(logging.WARNING, "werkzeug")  # moto's, which would mix with the output
    monkeypatch.chdir(project)

    def run(name, *arguments, answer=""):
        waits = [] if name in ("status", "plan") else ["--every", "0.01"]
        result = CliRunner().invoke(
            beanstalk,
            [name, *waits, *map(str, arguments)],
            input=answer,
            prog_name="kedro beanstalk",
        )
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result.exit_code, result.output

    return run
