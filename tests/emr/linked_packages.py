"""The locked packages of a node without their download: links to what is installed here.

Bootstrap, wheel and run are tested on the packages of the lock and no others. That these install
from their hashes shows the environment of the tests itself, which comes of a lock with the same
versions and hashes (`tests/test_house.py`).
"""

import hashlib
import re
import zipfile
from importlib import metadata
from pathlib import Path

PINNED = re.compile(r"^(?P<name>[\w.-]+)==\S+(?P<marker> *;)?", re.MULTILINE)
DOWNLOADED = re.compile(r"^six==(?:.+\\\n)+.+\n", re.MULTILINE)
WHEEL = "linked_packages-1.0-py3-none-any.whl"


def put_links(lock: str, folder: Path) -> list[str]:
    """Links the packages of a lock, as far as they are installed for this Python.

    Args:
        lock: Text of the lock.
        folder: Takes the links, one for each module, package and folder of metadata.

    Returns:
        The commands of the packages, as lines of `entry_points.txt`.

    Raises:
        PackageNotFoundError: Where a package of every Python is missing here.
    """
    commands = []
    for pin in PINNED.finditer(lock):
        try:
            installed = metadata.distribution(pin["name"])
        except metadata.PackageNotFoundError:
            if pin["marker"]:  # of another Python or system
                continue
            raise
        tops = {file.parts[0] for file in installed.files or ()} - {"..", "__pycache__"}
        for name in tops:
            if not (folder / name).exists():
                (folder / name).symlink_to(installed.locate_file(name))
        found = installed.entry_points.select(group="console_scripts")
        commands += [f"{command.name} = {command.value}" for command in found]
    return commands


def make_lock(lock: str, folder: Path) -> str:
    """Makes a small lock in the place of a large one.

    Args:
        lock: Text of the lock whose packages a node gets as links.
        folder: Takes the links, and a wheel with the file by which Python finds them.

    Returns:
        A lock of one package of the index, and of that wheel.
    """
    links = folder / "links"
    links.mkdir()
    commands = ["[console_scripts]", *put_links(lock, links)]
    described = "linked_packages-1.0.dist-info"
    with zipfile.ZipFile(folder / WHEEL, "w") as wheel:
        wheel.writestr("linked_packages.pth", f"{links}\n")
        wheel.writestr(
            f"{described}/METADATA", "Metadata-Version: 2.1\nName: linked-packages\nVersion: 1.0\n"
        )
        tag = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        wheel.writestr(f"{described}/WHEEL", tag)
        wheel.writestr(f"{described}/entry_points.txt", "\n".join(commands))
        wheel.writestr(f"{described}/RECORD", "")
    found = hashlib.sha256((folder / WHEEL).read_bytes()).hexdigest()
    return f"{DOWNLOADED.search(lock)[0]}linked-packages==1.0 --hash=sha256:{found}\n"
