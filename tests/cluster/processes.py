"""Processes of this machine as /proc shows them: whose they are, and how they end."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path


def descendants(pid: int, name: str = "") -> list[int]:
    """Processes below another one, by what their command line holds.

    Args:
        pid: Process id of the ancestor, which is not among them.
        name: Part of the command line.
    """
    parents = dict(_parents())
    family = {pid}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return sorted(each for each in family - {pid} if name in command_of(each))


def children(pid: int, name: str) -> list[int]:
    """Processes that another one started itself, by what their command line holds."""
    return [child for child, parent in _parents() if parent == pid and name in command_of(child)]


def command_of(pid: int) -> str:
    """The command line of a process; '' where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def is_alive(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return _fields_of(pid)[0] != "Z"
    except OSError:
        return False


def kill(pids: list[int]) -> None:
    """Kills processes at once, as a machine that loses its power, and waits for their end."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, pids)), "killed processes to end")


def wait_until(condition, what: str, seconds: float = 60, every: float = 0.05) -> None:
    """Waits until something is true, and fails where it does not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds:g} s for {what}"
        time.sleep(every)


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            yield int(folder.name), int(_fields_of(int(folder.name))[1])
        except OSError:  # it ended meanwhile
            continue


def _fields_of(pid: int) -> list[str]:
    """State, parent and so on; the name before them may hold spaces and brackets."""
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
