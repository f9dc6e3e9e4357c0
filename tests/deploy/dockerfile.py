"""deploy/Dockerfile without Docker: its own steps, in a folder, with packages of this machine.

What needs a container engine is left out: the base image and Debian's packages. Absolute
paths of the image lie below a folder, and locked packages are copied from where they are installed
already, with the versions of the lock; that they install from their hashes shows the environment of
the tests, whose lock has the same.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

PINNED = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?P<marker> *;)?", re.MULTILINE)
INSTALLED = "/opt/pixelmill"
LOCKED = re.compile(
    r"python -m pip --python \S+ install .*? --requirement requirements-serve\.lock"
)
BY_DEBIAN = "apt-get "


@dataclass
class Stage:
    """What a stage of a Dockerfile says, by instruction in their order.

    Attributes:
        steps: Instruction and its arguments.
    """

    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction):
        """The arguments of each of these instructions."""
        return [rest for name, rest in self.steps if name == instruction]

    def last(self, instruction):
        """The argument of an instruction that occurs once."""
        return self.all(instruction)[-1]

    def command(self, instruction):
        """A command in its exec form, as a list."""
        return json.loads(
            self.last(instruction).partition("[")[1] + self.last(instruction).partition("[")[2]
        )

    def environment(self):
        """The variables of all ENV instructions."""
        return dict(pair.split("=", 1) for rest in self.all("ENV") for pair in shlex.split(rest))


def read_stages(text):
    """The stages of a Dockerfile."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    stages = []
    for line in re.sub(r"\\\n", "", "\n".join(lines)).splitlines():
        name, _, rest = line.strip().partition(" ")
        if name == "FROM":
            stages.append(Stage())
        if name:
            stages[-1].steps.append((name, rest.strip()))
    return stages


def context_files(stage, project):
    """The files and folders of the project that a stage copies."""
    copied = [shlex.split(rest)[:-1] for rest in stage.all("COPY") if not rest.startswith("--from")]
    return [project / name for names in copied for name in names]


@dataclass
class Layout:
    """The image's file system, as far as its own steps make it.

    Attributes:
        root: Folder in the place of `/`.
        python: Interpreter in the place of the one of the base image.
    """

    root: Path
    python: Path

    @property
    def installed(self):
        """The environment that the last stage copies."""
        return self.root / INSTALLED[1:]

    def build(self, stage, project):
        """Runs the steps of a stage.

        Args:
            stage: Stage of the Dockerfile.
            project: The folder that its COPY instructions read.
        """
        workdir = self.root
        for name, rest in stage.steps:
            if name == "WORKDIR":
                workdir = self.root / rest[1:]
                workdir.mkdir(parents=True, exist_ok=True)
            elif name == "COPY":
                *sources, target = shlex.split(rest)
                for source in sources:
                    _copy(project / source, workdir / target, into=len(sources) > 1)
            elif name == "RUN" and not rest.startswith(BY_DEBIAN):
                self._run(rest, workdir, stage.environment())

    def _run(self, command, workdir, environment):
        copy = shlex.join(
            [sys.executable, __file__, "requirements-serve.lock", str(self.installed)]
        )
        adapted = LOCKED.sub(lambda _: copy, command.replace(INSTALLED, str(self.installed)))
        path = f"{self.python.parent}{os.pathsep}/usr/bin{os.pathsep}/bin"
        kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
        kept |= environment | {"PATH": path, "HOME": str(self.root)}
        kept.pop("PIP_NO_CACHE_DIR", None)
        done = subprocess.run(
            ["/bin/sh", "-c", adapted],
            cwd=workdir,
            env=kept,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"

    def size(self):
        """Bytes of the environment."""
        return sum(
            path.stat().st_size
            for path in self.installed.rglob("*")
            if path.is_file() and not path.is_symlink()
        )


def _copy(source, target, *, into):
    if source.is_dir():
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(source, target, ignore=ignored, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target / source.name if into or target.is_dir() else target)


def copy_locked(lock, environment):
    """Copies the packages of a lock from where they are installed; none is compiled."""
    (site,) = Path(environment).glob("lib/python3*/site-packages")
    for pin in PINNED.finditer(Path(lock).read_text()):
        try:
            found = metadata.distribution(pin["name"])
        except metadata.PackageNotFoundError:
            if pin["marker"]:  # of another system
                continue
            raise
        assert found.version == pin["version"], pin["name"]
        for file in found.files or ():
            source, target = Path(found.locate_file(file)), site / file
            if file.parts[0] != ".." and file.suffix != ".pyc" and source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)


if __name__ == "__main__":
    copy_locked(sys.argv[1], sys.argv[2])
