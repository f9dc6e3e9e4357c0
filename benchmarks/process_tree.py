"""Memory and CPU time of this process and of all below it, from /proc."""

import contextlib
import os
from pathlib import Path


def memory() -> dict[str, float]:
    """Return the resident megabytes of this process (`driver`), of Java, and of all others."""
    sizes = {"driver": 0.0, "java": 0.0, "workers": 0.0}
    for place, name in _processes().items():
        with contextlib.suppress(OSError):
            lines = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
            part = "java" if name == "java" else "workers"
            part = "driver" if place.name == str(os.getpid()) else part
            sizes[part] += int(lines.get("VmRSS", "0").split()[0]) / 1e3
    return sizes


def cpu_seconds() -> float:
    """CPU time of this process, of all below it, and of those that have ended."""
    ticks = 0
    for place in _processes():
        with contextlib.suppress(OSError):
            # From the 14th field of /proc/PID/stat: user, system, and the same of ended children.
            ticks += sum(map(int, (place / "stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _processes() -> dict[Path, str]:
    """Folders in /proc of this process and of all below it, and the names of their programs."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            name, _, rest = (place / "stat").read_text().partition("(")[2].rpartition(")")
            found[int(place.name)] = int(rest.split()[1]), name
    return {Path(f"/proc/{process}"): name for process, (_, name) in found.items()
            if _is_below(process, found)}  # fmt: skip


def _is_below(process: int, found: dict[int, tuple[int, str]]) -> bool:
    while process in found and process != os.getpid():
        process = found[process][0]
    return process == os.getpid()
