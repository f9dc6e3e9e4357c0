"""The Python environment of EMR Serverless, which has no bootstrap: an archive on S3.

AWS describes a virtual environment that `venv-pack` makes inside Amazon Linux. What that comes to
is written here without it: the packages, for Amazon Linux's C library whatever the laptop's, below
a link to the Python of EMR's image. The project itself is not in it, so that one archive serves
until the locked requirements change.
"""

import hashlib
import platform
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from pixelmill.aws.clients import explained, open_client
from pixelmill.aws.digests import is_unchanged_on_s3, upload_with_digest
from pixelmill.emr.bundle import read_requirements
from pixelmill.emr.job import Job
from pixelmill.errors import InputError
from pixelmill.storage import is_s3, open_storage, split_location

IMAGE_PYTHON = PurePosixPath("/usr/bin")
GLIBC = 34  # Amazon Linux 2023 has 2.34
OLDEST_GLIBC = 5
OLD_NAMES = ("manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64")


def environment_place(job: Job, project: Path) -> str:
    """S3 URI of the archive for the locked requirements and the laptop's Python.

    Raises:
        InputError: If the locked requirements are missing.
    """
    content = hashlib.sha256(read_requirements(project)).hexdigest()[:16]
    return f"{job.storage}/_emr/environments/python{job.python}-{content}.tar.gz"


def ensure_environment(
    job: Job, project: Path, given: str | None, echo: Callable[[str], None]
) -> str:
    """Find the archive, or make it.

    Args:
        job: Job to run.
        project: Root of the project.
        given: S3 URI of an archive that the user made.
        echo: Callback that prints a line for the user.

    Returns:
        Its S3 URI.

    Raises:
        InputError: If the one that is given is missing, the one of an earlier launch was
            changed since, or none can be made here.
    """
    if given is not None:
        return _given_environment(given)
    place, s3 = environment_place(job, project), open_client("s3", job.region)
    if is_unchanged_on_s3(s3, place):
        return place
    refuse_foreign_platform()
    echo(f"making the Python environment {place}; this takes minutes, once")
    with tempfile.TemporaryDirectory(prefix="pixelmill-environment-") as scratch:
        archive = make_environment(read_requirements(project), job.python, Path(scratch))
        with explained("the Python environment cannot be uploaded"), archive.open("rb") as file:
            upload_with_digest(s3, file, place)
    return place


def _given_environment(place: str) -> str:
    """Return an archive that the user made and is responsible for."""
    if not is_s3(place):
        raise InputError(f"--environment {place} is not on S3: copy it there (aws s3 cp)")
    folder, name = split_location(place)
    if open_storage(folder).find_files([name]) == [None]:
        raise InputError(f"there is no environment {place}: leave --environment out to make one")
    return place


def refuse_foreign_platform() -> None:
    """Refuse to make an environment where pip would choose packages of another system.

    Raises:
        InputError: The platform differs; the message says what to do instead.
    """
    here = f"{platform.system()} {platform.machine()}"
    if here != "Linux x86_64":
        raise InputError(
            f"the Python environment of EMR Serverless cannot be made on {here}: launch once from "
            "Linux on x86_64, or give --environment s3://…/environment.tar.gz with one made there"
        )


def make_environment(
    requirements: bytes, python: str, scratch: Path, base: PurePosixPath = IMAGE_PYTHON
) -> Path:
    """Install packages into a folder as a virtual environment has them, and pack it.

    Args:
        requirements: Locked, with hashes.
        python: Major and minor version.
        scratch: Empty folder to work in.
        base: Folder of the Python that the environment is to run on.

    Returns:
        The archive.

    Raises:
        InputError: A package is unavailable.
    """
    root = scratch / "environment"
    lock = scratch / "requirements.lock"
    lock.write_bytes(requirements)
    _install(lock, python, root / "lib" / f"python{python}" / "site-packages")
    (root / "bin").mkdir()
    (root / "bin" / "python").symlink_to(base / f"python{python}")
    (root / "bin" / "python3").symlink_to("python")
    settings = f"home = {base}\ninclude-system-site-packages = false\nversion = {python}\n"
    (root / "pyvenv.cfg").write_text(settings, encoding="utf-8")
    archive = scratch / "environment.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=3) as packed:
        packed.add(root, ".")
    return archive


def _install(lock: Path, python: str, target: Path) -> None:
    platforms = [f"manylinux_2_{minor}_x86_64" for minor in range(GLIBC, OLDEST_GLIBC - 1, -1)]
    command = [sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", "install"]
    command += ["--no-deps", "--require-hashes", "--no-compile", "--requirement", str(lock)]
    command += ["--target", str(target), "--python-version", python, "--implementation", "cp"]
    for name in [*platforms, *OLD_NAMES]:
        command += ["--platform", name]
    installed = subprocess.run(command, capture_output=True, text=True, check=False)
    if installed.returncode != 0:
        output = installed.stderr.strip().splitlines()
        raise InputError(
            "the packages of EMR Serverless cannot be installed "
            f"({output[-1] if output else 'no reason'}): check the network "
            "and pip's settings, and launch again"
        )
