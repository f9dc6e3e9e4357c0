"""The image of the service: what deploy/Dockerfile makes, and that it runs as the image would."""

import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from importlib import metadata
from pathlib import Path

import httpx
import pytest
import yaml

from pixelmill.beanstalk.bundle import make_bundle
from pixelmill.classifier.featurizing import convert_networks
from pixelmill.classifier.folder import NETWORKS, above
from pixelmill.datasets.classifier_export import ClassifierExport, ExportedClassifier
from tests.conftest import ROOT
from tests.deploy.dockerfile import INSTALLED, Layout, context_files, read_stages

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
BASE, BUILD, FINAL = read_stages(DOCKERFILE.read_text())
ENTRY_POINT = FINAL.command("ENTRYPOINT")
BASE_SIZE = 125e6  # bytes of python:3.13-slim, unpacked
LARGEST = 800e6  # bytes; 746 MB were measured, most of it OpenCV, OpenVINO, SciPy and Arrow
USER = 10001


def other_users_may_run(python):
    """Whether a user without rights reaches a file."""
    return all(
        place.stat().st_mode & 1 for place in (Path(python), *Path(python).resolve().parents)
    )


@pytest.fixture(scope="module")
def folder():
    """A folder that other users may read, unlike those of pytest."""
    with tempfile.TemporaryDirectory(prefix="pixelmill-image-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def link_pip(environment):
    """Gives an environment the pip of this one, which takes no time to install."""
    (site,) = environment.glob("lib/python3*/site-packages")
    pip = metadata.distribution("pip")
    for name in {file.parts[0] for file in pip.files} - {".."}:
        (site / name).symlink_to(pip.locate_file(name))


@pytest.fixture(scope="module")
def image(folder):
    """The layout of the image, built by the steps of the Dockerfile."""
    if shutil.which("strip") is None:
        pytest.skip("no strip: install binutils")
    version = f"python3.{sys.version_info.minor}"
    candidates = (sys._base_executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}")
    found = next(
        (each for each in candidates if Path(each).exists() and other_users_may_run(each)), None
    )
    base = folder / "base"
    command = [found or sys._base_executable, "-m", "venv", "--without-pip", base]
    subprocess.run(command, check=True)
    link_pip(base)
    layout = Layout(folder / "root", base / "bin" / "python")
    layout.root.mkdir()
    context = folder / "bundle"  # what Elastic Beanstalk builds from
    with zipfile.ZipFile(io.BytesIO(make_bundle(ROOT))) as bundle:
        bundle.extractall(context)
    layout.build(BUILD, context)
    return layout


@pytest.fixture(scope="module")
def export(folder, make_classifier, parts):
    """An exported classifier with its converted network."""
    classifier = make_classifier(parts[:1])
    networks = above(NETWORKS, convert_networks(classifier.manifest.featurizer))
    place = folder / "export"
    ClassifierExport(filepath=str(place)).save(
        ExportedClassifier(classifier, lambda *_: "# A model", networks)
    )
    return place


@pytest.fixture
def start(image, folder):
    """Starts the service as the image's entry point does; gives its URL, process and own folder."""
    own = folder / "tmp"
    own.mkdir(mode=0o777)
    own.chmod(0o777)
    started = []

    def run(model, **variables):
        port = free_port()
        environment = FINAL.environment() | {
            "PATH": "/usr/bin:/bin",
            "HOME": str(own),
            "TMPDIR": str(own),
            "PIXELMILL_HOST": "127.0.0.1",
            "PIXELMILL_PORT": str(port),
            "PIXELMILL_MODEL": str(model),
        }
        entry = [part.replace(INSTALLED, str(image.installed)) for part in ENTRY_POINT]
        with (own / "output.txt").open("wb") as output:
            streams = {"stdout": output, "stderr": output}
            known = environment | variables
            process = subprocess.Popen(entry, cwd=own, env=known, **streams, **other_user(image))
        started.append(process)
        return f"http://127.0.0.1:{port}", process, own

    yield run
    for process in started:
        process.kill()
        process.wait()
    shutil.rmtree(own)


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def other_user(image):
    """Arguments of a process of another user, where there can be one."""
    python = (image.installed / "bin" / "python").resolve()
    if os.geteuid() == 0 and other_users_may_run(python):
        return {"user": USER, "group": USER, "extra_groups": []}
    return {}


def wait_until_ready(url, process, own):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, (own / "output.txt").read_text()
        try:
            if httpx.get(f"{url}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.2)
    raise AssertionError((own / "output.txt").read_text())


def state_of(folder):
    """Every file below a folder, with its size and time of change."""
    return {path: (path.lstat().st_size, path.lstat().st_mtime_ns) for path in folder.rglob("*")}


def classified(url, photo):
    """What the service says of a photo."""
    answer = httpx.post(f"{url}/classify?k=2", files={"files": photo.read_bytes()}, timeout=30)
    (result,) = answer.json()["results"]
    assert result["error"] is None
    return [each["label"] for each in result["predictions"]]


@pytest.fixture
def photo(assets):
    return next((assets / "pets").rglob("*.jpg"))


def test_the_image_classifies_as_another_user_on_a_read_only_tree(image, start, photo, export):
    subprocess.run(["chmod", "-R", "a-w", image.root, export], check=True)
    url, process, own = start(export)
    before = state_of(image.root)
    wait_until_ready(url, process, own)
    assert len(classified(url, photo)) == 2
    check = FINAL.command("HEALTHCHECK")[1:]
    health = [sys.executable, *check]
    asked = {"PIXELMILL_PORT": url.rpartition(":")[2]}
    assert subprocess.run(health, env=asked, check=False).returncode == 0
    stop = getattr(signal, FINAL.last("STOPSIGNAL"))
    process.send_signal(stop)
    assert process.wait(timeout=30) == 0
    assert state_of(image.root) == before
    assert subprocess.run(health, env=asked, capture_output=True, check=False).returncode != 0


def test_the_image_reads_its_model_from_a_bucket(s3, start, photo, export):
    for path in export.rglob("*"):
        if path.is_file():
            key = f"models/{path.relative_to(export).as_posix()}"
            s3.put_object(Bucket="photos", Key=key, Body=path.read_bytes())
    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    url, process, own = start("s3://photos/models", **aws, AWS_REGION="us-east-1")
    wait_until_ready(url, process, own)
    assert len(classified(url, photo)) == 2


def test_the_image_holds_no_more_than_the_service_needs(image):
    names = {
        path.name.partition("-")[0].lower()
        for path in image.installed.glob("lib/*/site-packages/*")
    }
    assert not names & {
        "tensorflow",
        "keras",
        "pyspark",
        "kedro",
        "pandas",
        "jupyter",
        "setuptools",
    }
    assert not list(image.installed.rglob("*gcc*/cc1"))
    unpacked = image.size() + BASE_SIZE
    assert unpacked < LARGEST, f"{unpacked / 1e6:.0f} MB"


def test_the_base_is_pinned_and_nothing_runs_as_root():
    assert re.fullmatch(
        r"python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64} AS python", BASE.last("FROM")
    )
    assert (BUILD.last("FROM"), FINAL.last("FROM")) == ("python AS build", "python")
    assert FINAL.last("USER") == f"{USER}:{USER}"
    assert FINAL.last("STOPSIGNAL") == "SIGTERM"
    assert FINAL.command("ENTRYPOINT") == [f"{INSTALLED}/bin/pixelmill-serve"]
    assert FINAL.all("COPY") == [f"--from=build {INSTALLED} {INSTALLED}"]
    assert FINAL.all("RUN") == []


def test_locked_packages_come_by_their_hashes_alone():
    (install,) = [rest for rest in BUILD.all("RUN") if "requirements-serve.lock" in rest]
    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(install.split())


def test_the_build_sees_what_it_copies_and_nothing_else():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    copied = {path.name for path in context_files(BUILD, ROOT)}
    assert {line[1:] for line in ignored if line.startswith("!")} == copied
    assert all(path.exists() for path in context_files(BUILD, ROOT))


def test_compose_runs_the_image_read_only():
    (service,) = yaml.safe_load((ROOT / "deploy" / "docker-compose.yml").read_text())[
        "services"
    ].values()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert [mount.partition(":")[0] for mount in service["tmpfs"]] == [FINAL.last("WORKDIR")]
    assert service["ports"] == [f"80:{FINAL.environment()['PIXELMILL_PORT']}"]
    assert service["build"]["dockerfile"] == "deploy/Dockerfile"
