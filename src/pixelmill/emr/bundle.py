"""Uploads of a launch: wheel, configuration, locked requirements, and node scripts."""

import gzip
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path, PurePath

from pixelmill.aws.digests import SUMS, checksums
from pixelmill.errors import InputError
from pixelmill.storage import open_storage

REQUIREMENTS = "requirements-cluster.lock"
SOURCES = ("src", "pyproject.toml", "requirements.in", "README.md", "LICENSE", "NOTICE")
CONFIGURATION = ("conf", "recipes", "pyproject.toml", ".telemetry")
SCRIPTS = ("bootstrap.sh", "environment.sh", "run.sh")
SECRET = re.compile(r"credentials.*|\.env.*|.*\.pem|.*\.key")
TAR_EPOCH = 315_532_800  # 1980: the same files make the same archive


def make_bundle(project: Path, environment: Mapping[str, str]) -> dict[str, bytes]:
    """Build all files of a launch.

    Args:
        project: Root of the project.
        environment: Variables of every node.

    Returns:
        Name and content of each file; the last has the digests of all others.

    Raises:
        InputError: If the wheel cannot be built, or the locked requirements are missing.
    """
    wheel, content = build_wheel(project)
    files = {
        wheel: content,
        "configuration.tar.gz": configuration_archive(project),
        "requirements.lock": read_requirements(project),
        "launch.env": environment_file(environment),
        **{name: _script(name) for name in SCRIPTS},
    }
    return {**files, SUMS: checksums(files)}


def upload(files: Mapping[str, bytes], folder: str) -> None:
    """Write files to a folder of a bucket.

    Raises:
        InputError: If one cannot be written.
    """
    storage = open_storage(folder)
    for name, content in files.items():
        storage.write_bytes(name, content)


def read_requirements(project: Path) -> bytes:
    """Return the locked packages of a node: those of a run, without Spark and Java.

    Raises:
        InputError: If the file is missing.
    """
    try:
        return (project / REQUIREMENTS).read_bytes()
    except OSError as problem:
        raise InputError(
            f"{project / REQUIREMENTS} cannot be read ({problem.strerror}): make lock writes it"
        ) from problem


def environment_file(environment: Mapping[str, str]) -> bytes:
    """Return variables as a file that a shell can source."""
    lines = (f"{name}={shlex.quote(value)}\n" for name, value in environment.items())
    return "".join(lines).encode()


def build_wheel(project: Path) -> tuple[str, bytes]:
    """Build the project's wheel from a copy, so that no old build is in it.

    Returns:
        File name and content.

    Raises:
        InputError: If it cannot be built.
    """
    with tempfile.TemporaryDirectory(prefix="pixelmill-wheel-") as place:
        copy = Path(place)
        for name in SOURCES:
            _copy(project / name, copy / name)
        _build(copy)
        (wheel,) = (copy / "dist").glob("*.whl")
        return wheel.name, wheel.read_bytes()


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(source, target, ignore=ignored)
    elif source.exists():
        shutil.copyfile(source, target)


def _build(folder: Path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist"]
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(TAR_EPOCH)}
    built = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if built.returncode != 0:
        output = (built.stderr or built.stdout).strip().splitlines()
        raise InputError(
            f"the project's wheel cannot be built ({output[-1] if output else 'no reason given'}): "
            "run make setup, which installs what builds it, and try again"
        )


def configuration_archive(project: Path) -> bytes:
    """Pack what Kedro reads in the project's folder; never a secret, nor conf/local.

    Args:
        project: Root of the project.

    Returns:
        A tar file, compressed by gzip, with an empty folder `src` for Kedro.
    """
    return _packed(project, {})


def project_archive(project: Path) -> bytes:
    """Pack the same with the content of the wheel in `src`, for workers without a bootstrap.

    Raises:
        InputError: If the wheel cannot be built.
    """
    _, content = build_wheel(project)
    with zipfile.ZipFile(io.BytesIO(content)) as wheel:
        files = {name: wheel.read(name) for name in wheel.namelist() if not name.endswith("/")}
    return _packed(project, files)


def _packed(project: Path, sources: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    # A link's target need not travel; its content does.
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as archive:
        for path in configuration_files(project):
            archive.add(path, path.relative_to(project).as_posix(), filter=_plain)
        folder = tarfile.TarInfo("src")
        folder.type, folder.mode, folder.mtime = tarfile.DIRTYPE, 0o755, TAR_EPOCH
        archive.addfile(folder)
        for name, content in sources.items():
            entry = _plain(tarfile.TarInfo(f"src/{name}"))
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(buffer.getvalue(), mtime=TAR_EPOCH)


def configuration_files(project: Path) -> Iterator[Path]:
    for name in CONFIGURATION:
        place = project / name
        found = sorted(place.rglob("*")) if place.is_dir() else [place]
        for path in found:
            if path.is_file() and _may_travel(path.relative_to(project)):
                yield path


def _may_travel(path: PurePath) -> bool:
    is_local = path.parts[:2] == ("conf", "local")
    return not is_local and not any(SECRET.fullmatch(part) for part in path.parts)


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode, entry.mtime = 0o644, TAR_EPOCH
    return entry


def _script(name: str) -> bytes:
    return (resources.files("pixelmill.emr") / "node" / name).read_bytes()
