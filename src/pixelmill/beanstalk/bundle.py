"""The source bundle, from which Elastic Beanstalk builds the image on each machine."""

import io
import re
import shlex
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pixelmill.errors import InputError

DOCKERFILE = "deploy/Dockerfile"
COMPOSE = "deploy/docker-compose.yml"
METADATA = "deploy/instance-metadata.config"
# Where these are in the bundle: Elastic Beanstalk looks for them there.
PLACES = {COMPOSE: "docker-compose.yml", METADATA: ".ebextensions/instance-metadata.config"}
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same files make the same archive
_COPY = re.compile(r"^COPY (?!--from)(.+)$", re.MULTILINE)


def make_bundle(project: Path) -> bytes:
    """Pack what the image is built from; the same files give the same bytes.

    Args:
        project: Root of the project.

    Returns:
        A zip file.

    Raises:
        InputError: A file is missing.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(_files(project)):
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, _content(path))
    return buffer.getvalue()


def _files(project: Path) -> Iterator[tuple[str, Path]]:
    """Return names in the bundle, and the files."""
    for name in (DOCKERFILE, *PLACES):
        yield PLACES.get(name, name), project / name
    for copied in _COPY.findall(_content(project / DOCKERFILE).decode()):
        for name in shlex.split(copied)[:-1]:
            place = project / name
            for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
                if not path.is_dir() and _belongs(path):
                    yield path.relative_to(project).as_posix(), path


def _belongs(path: Path) -> bool:
    return not any(part == "__pycache__" or part.endswith(".egg-info") for part in path.parts)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise InputError(
            f"{path} cannot be read ({problem.strerror}): the image of the service is built from "
            "it; run the command in the project's folder"
        ) from problem
