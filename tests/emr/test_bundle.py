"""What a launch uploads."""

import io
import shlex
import shutil
import subprocess
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelmill.emr import bundle
from pixelmill.emr.bundle import (
    configuration_archive,
    environment_file,
    make_bundle,
    project_archive,
    read_requirements,
    upload,
)
from pixelmill.errors import InputError
from tests.conftest import ROOT
from tests.emr.jobs import job

LOCK = b"six==1.17.0 --hash=sha256:0\n"


@pytest.fixture(scope="module")
def small_project(tmp_path_factory):
    """A copy of the project with secrets in it, and a lock of its own."""
    project = tmp_path_factory.mktemp("project")
    for name in ("src", "conf", "recipes"):
        shutil.copytree(ROOT / name, project / name)
    for name in ("pyproject.toml", "requirements.in", "README.md", "LICENSE", ".telemetry"):
        shutil.copyfile(ROOT / name, project / name)
    (project / "requirements-cluster.lock").write_bytes(LOCK)
    (project / "conf" / "local").mkdir(exist_ok=True)
    for secret in ("conf/base/credentials.yml", "conf/emr/credentials_s3.yml", "conf/local/my.yml"):
        (project / secret).write_text("key: secret")
    return project


def names_in(archive):
    with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
        return {entry.name: entry for entry in packed}


def test_the_wheel_is_the_projects_and_has_its_scripts(small_project):
    (small_project / "src" / "pixelmill" / "__pycache__").mkdir(exist_ok=True)
    name, content = bundle.build_wheel(small_project)
    assert name.startswith("pixelmill-")
    assert name.endswith("-py3-none-any.whl")
    with zipfile.ZipFile(io.BytesIO(content)) as wheel:
        held = set(wheel.namelist())
    assert {"pixelmill/emr/node/bootstrap.sh", "pixelmill/emr/versions.py"} <= held
    assert not (small_project / "build").exists()
    assert not (small_project / "dist").exists()


def test_the_configuration_travels_without_secrets_and_without_conf_local(small_project):
    names = set(names_in(configuration_archive(small_project)))
    assert {"conf/base/globals.yml", "conf/emr/globals.yml", "recipes/pets.yml"} <= names
    assert {"pyproject.toml", ".telemetry", "src"} <= names
    assert [name for name in names if "credentials" in name or "local" in name] == []


def test_a_linked_recipe_travels_with_its_content(small_project, tmp_path):
    (tmp_path / "mine.yml").write_text("run: {}")
    link = small_project / "recipes" / "linked.yml"
    link.symlink_to(tmp_path / "mine.yml")
    try:
        entry = names_in(configuration_archive(small_project))["recipes/linked.yml"]
    finally:
        link.unlink()
    assert entry.isfile()
    assert entry.size == len("run: {}")


def test_the_same_files_make_the_same_archive(small_project, monkeypatch):
    first = configuration_archive(small_project)
    monkeypatch.setattr("time.time", lambda: 2e9)
    assert configuration_archive(small_project) == first


def test_workers_without_a_bootstrap_get_the_code_too(small_project):
    entries = names_in(project_archive(small_project))
    assert "src/pixelmill/pipeline_registry.py" in entries
    assert "conf/emr/globals.yml" in entries
    assert {entry.uid for entry in entries.values()} == {0}


def test_a_bundle_is_all_that_a_node_fetches(small_project, s3):
    files = make_bundle(small_project, job().environment())
    upload(files, job().folder)
    (wheel,) = (name for name in files if name.endswith(".whl"))
    assert set(files) - {wheel} == {
        "configuration.tar.gz",
        "requirements.lock",
        "launch.env",
        "bootstrap.sh",
        "environment.sh",
        "run.sh",
        "SHA256SUMS",
    }
    prefix = job().folder.removeprefix("s3://photos/")
    for name, content in files.items():
        stored = s3.get_object(Bucket="photos", Key=f"{prefix}/{name}")["Body"].read()
        assert stored == content
    assert files["requirements.lock"] == LOCK


def test_without_locked_requirements_the_sentence_names_what_writes_them(tmp_path):
    with pytest.raises(InputError, match=r"requirements-cluster\.lock cannot .*: make lock writes"):
        read_requirements(tmp_path)


def test_a_project_that_cannot_be_built_is_reported_in_one_sentence(tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 1\n")
    with pytest.raises(InputError, match=r"^the project's wheel cannot be built \(.+\): run make"):
        bundle.build_wheel(tmp_path)


VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"))


@given(st.lists(VALUES, min_size=1, max_size=3))
def test_variables_read_back_as_they_were(values):
    text = environment_file({f"V{number}": value for number, value in enumerate(values)}).decode()
    read = [word.partition("=")[2] for word in shlex.split(text)]
    assert read == values


def test_a_shell_reads_the_variables(tmp_path):
    (tmp_path / "launch.env").write_bytes(
        environment_file({"PIXELMILL_STORAGE": "s3://b/my $HOME"})
    )
    script = f'. {tmp_path}/launch.env; printf %s "$PIXELMILL_STORAGE"'
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout == "s3://b/my $HOME"
