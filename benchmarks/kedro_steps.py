"""A command that is watched: seconds of each node, memory and CPU time of all processes."""

import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from benchmarks.featurization import PROJECT
from benchmarks.growth import EVERY_SECONDS, Run, process_tree, watch

NODE = re.compile(r"Running node: ([\w.]+)")
WIDE = {"COLUMNS": "400"}  # a line of the log for each message
TICKS = os.sysconf("SC_CLK_TCK")
TAIL = 60  # lines of a log that are shown where a command fails


@dataclass
class Watched:
    """What a command took.

    Attributes:
        seconds: Wall time.
        ticks: CPU time by process, in clock ticks.
        steps: Wall time of each node, what it loads and saves included.
        spent: CPU time of each node, of all processes, in clock ticks.
        peaks: Largest sum of resident bytes by role, and of all roles together ('all').
        places: In which steps the memory of all roles was how large at most.
        log: What it printed.
    """

    seconds: float = 0.0
    ticks: Counter[str] = field(default_factory=Counter)
    steps: dict[str, float] = field(default_factory=dict)
    spent: Counter[str] = field(default_factory=Counter)
    peaks: Counter[str] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    log: list[str] = field(default_factory=list)
    _running: str = ""

    @property
    def between(self) -> float:
        """Seconds before the first node: start-up."""
        return self.seconds - sum(self.steps.values())

    @property
    def cpu_seconds(self) -> float:
        """Of all processes; on a machine that others use too it says more than the wall time."""
        return self.ticks.total() / TICKS

    def look(self, root: int) -> None:
        """Adds one look at a process and all its descendants."""
        seen = Run()
        watch(root, seen)
        self.peaks |= seen.peaks
        self.places[self._running] = max(self.places[self._running], seen.peaks["all"])
        before = self.ticks.total()
        self.ticks |= Counter({process.name: ticks_of(process) for process in process_tree(root)})
        self.spent[self._running] += self.ticks.total() - before

    def read(self, log: IO[str]) -> None:
        """Follows the log to its end and times the nodes that it mentions.

        A run says when a node begins: it ends where the next one does, and the last with the run.
        """
        begun = time.perf_counter()
        for line in log:
            self.log.append(line)
            if found := NODE.search(line):
                self._ended(begun)
                self._running, begun = found[1], time.perf_counter()
        self._ended(begun)

    def _ended(self, begun: float) -> None:
        if self._running:
            self.steps[self._running] = time.perf_counter() - begun


def watched(command: list[str], **environment: str) -> Watched:
    """Runs a command, which must succeed."""
    found = Watched()
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    reader = threading.Thread(target=found.read, args=(process.stdout,))
    reader.start()
    while process.poll() is None:
        found.look(process.pid)
        time.sleep(EVERY_SECONDS)
    reader.join()
    found.seconds = time.perf_counter() - start
    if process.returncode:
        sys.exit(f"{' '.join(command)} failed:\n" + "".join(found.log[-TAIL:]))
    return found


def watched_run(pipelines: str, params: str, storage: Path) -> Watched:
    """Runs pipelines on two cores, which must succeed.

    Args:
        pipelines: Names with commas.
        params: As `--params` takes them.
        storage: Folder of all tables.
    """
    kedro = str(Path(sys.executable).with_name("kedro"))
    command = [kedro, "run", "--verbose", "--pipelines", pipelines]  # with a line for each node
    command += ["--params", f"{params},spark.master=local[2]"]
    return watched(command, PIXELMILL_STORAGE=str(storage), **WIDE)


def show_steps(found: Watched) -> None:
    """Prints seconds of every step, of the clock and of the CPU, and the memory there."""
    for step, seconds in found.steps.items():
        cpu, memory = found.spent[step] / TICKS, found.places[step] / 1e9
        print(f"    {step:24} {seconds:7.1f} s (CPU {cpu:7.1f})  {memory:5.2f} GB")
    print(f"    {'start-up':24} {found.between:7.1f} s  {found.places[''] / 1e9:5.2f} GB")
    print(f"    {'all':24} {found.seconds:7.1f} s  {found.peaks['all'] / 1e9:5.2f} GB")
    print(f"    {'CPU time':24} {found.cpu_seconds:7.1f} s", flush=True)


def ticks_of(process: Path) -> int:
    """User and system time of a process; 0 where it has ended meanwhile.

    Args:
        process: Folder of the process below /proc.
    """
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(fields[11]) + int(fields[12])
