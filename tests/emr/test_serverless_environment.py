"""The archive of the Python environment for EMR Serverless."""

import io
import platform
import re
import subprocess
import sys
import tarfile
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath

import pytest

from pixelmill.aws.digests import upload_with_digest
from pixelmill.emr.serverless_environment import (
    ensure_environment,
    environment_place,
    make_environment,
    refuse_foreign_platform,
)
from pixelmill.errors import InputError
from tests.conftest import ROOT
from tests.emr.jobs import job

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def locked(*names):
    """The lines of the project's own lock for some packages."""
    lock = (ROOT / "requirements.lock").read_text()
    found = [re.search(rf"^{name}==(?:.+\\\n)+.+\n", lock, re.MULTILINE) for name in names]
    return "".join(each[0] for each in found).encode()


def test_an_archive_is_an_environment_that_runs_where_it_is_unpacked(tmp_path):
    base = PurePosixPath(sys.base_prefix, "bin")
    (tmp_path / "scratch").mkdir()
    archive = make_environment(locked("six", "threadpoolctl"), PYTHON, tmp_path / "scratch", base)
    (tmp_path / "elsewhere").mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", tmp_path / "elsewhere"], check=True)
    code = "import six, sys, threadpoolctl; print(six.__file__); print(sys.prefix)"
    result = subprocess.run(
        [tmp_path / "elsewhere" / "bin" / "python", "-I", "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    module, prefix = result.stdout.split()
    assert Path(prefix) == tmp_path / "elsewhere"
    assert Path(module).is_relative_to(tmp_path / "elsewhere" / "lib")


def test_the_page_downloads_every_locked_package_for_the_nodes():
    """Of each package that is installed here, the wheel is one that the command would find."""
    page = (ROOT / "docs" / "emr.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"\$\((printf -- '--platform .+?)\)", page)
    made = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    found = {*made.stdout.split()[1::2], "manylinux2014_x86_64", "any"}
    # pip takes wheels of these two wherever it is to take those of manylinux2014.
    found |= {"manylinux2010_x86_64", "manylinux1_x86_64"}
    lock = (ROOT / "requirements-cluster.lock").read_text()
    missing = []
    for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE):
        with suppress(PackageNotFoundError):  # of another system
            tags = re.findall(r"^Tag: \S+-(\S+)$", read_text(name), re.MULTILINE)
            missing += [] if found & set(tags) else [f"{name}: {tags}"]
    assert missing == []


def read_text(name):
    """What a package's wheel says of itself."""
    return distribution(name).read_text("WHEEL")


def test_it_runs_on_the_python_of_emrs_image(tmp_path):
    with tarfile.open(make_environment(b"", "3.12", tmp_path)) as packed:
        assert packed.getmember("./bin/python").linkname == "/usr/bin/python3.12"


def test_unavailable_packages_are_one_sentence(tmp_path):
    lock = b"no-such-package-for-pixelmill==1.0 --hash=sha256:" + b"0" * 64 + b"\n"
    with pytest.raises(
        InputError, match=r"^the packages of EMR Serverless cannot be installed \(.*\)"
    ):
        make_environment(lock, PYTHON, tmp_path)


def test_another_system_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    with pytest.raises(InputError, match=r"on Darwin arm64: .*--environment s3://"):
        refuse_foreign_platform()


def test_an_archive_that_is_there_is_taken(s3, tmp_path):
    (tmp_path / "requirements-cluster.lock").write_bytes(b"six==1.17.0\n")
    place = environment_place(job(), tmp_path)
    assert re.fullmatch(r"s3://photos/mill/_emr/environments/python3\.11-\w{16}\.tar\.gz", place)
    upload_with_digest(s3, io.BytesIO(b"archive"), place)
    assert ensure_environment(job(), tmp_path, None, print) == place


def test_an_archive_that_another_program_put_there_is_refused(s3, tmp_path):
    (tmp_path / "requirements-cluster.lock").write_bytes(b"six==1.17.0\n")
    place = environment_place(job(), tmp_path)
    s3.put_object(Bucket="photos", Key=place.removeprefix("s3://photos/"), Body=b"archive")
    with pytest.raises(
        InputError, match=r"is not what a launch put there: .*\(aws s3 rm s3://photo"
    ):
        ensure_environment(job(), tmp_path, None, print)


def test_an_archive_of_ones_own_must_be_there(s3, tmp_path):
    with pytest.raises(InputError, match=r"there is no environment s3://photos/mine\.tar"):
        ensure_environment(job(), tmp_path, "s3://photos/mine.tar.gz", print)
    with pytest.raises(InputError, match=r"--environment mine\.tar\.gz is not on S3"):
        ensure_environment(job(), tmp_path, "mine.tar.gz", print)
