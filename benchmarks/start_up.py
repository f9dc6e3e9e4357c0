"""Time, CPU and Spark jobs of short runs, by node: the sample from nothing, again, and changed.

python -m benchmarks.start_up [--runs nothing,again,changed] [--repeat 3]

Each run is a `kedro run` in a process of its own on two cores, in one storage: `nothing` is the
sample from nothing, `again` the same command once more, `changed` another value of one modelling
parameter. A node's share is all that the process, its JVM and the Python workers did from its first
input to that of the next node; what starts in the background counts for the node that ran then.
Takes about a minute and a half.
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from kedro.framework.cli.cli import KedroCLI
from kedro.framework.hooks import hook_impl
from kedro.framework.project import settings
from kedro.pipeline import Node

from benchmarks.featurization import PROJECT
from benchmarks.growth import ROLES, process_tree, role_of
from benchmarks.kedro_steps import TICKS, ticks_of

COMMANDS = {
    "nothing": ("the sample from nothing", ""),
    "again": ("the same with nothing new", ""),
    "changed": ("one changed modelling parameter", ",modelling.parameters.regParam=0.01"),
}
LEAST_CPU_SECONDS = 0.1  # of a node that is shown
REPEATS = 1


class NodeCosts:
    """A hook that notes CPU seconds by process and Spark jobs of each node."""

    def __init__(self) -> None:
        self.nodes: dict[str, Counter[str]] = {}
        self._running = "start-up"
        self._before = spent()

    @hook_impl
    def before_dataset_loaded(self, node: Node) -> None:
        """Notes what the node before took, when the first input of another one is loaded."""
        if node.name != self._running:
            self.close(node.name)

    @hook_impl
    def before_node_run(self, node: Node) -> None:
        """The same for a node without stored inputs."""
        self.before_dataset_loaded(node)

    @hook_impl
    def after_pipeline_run(self) -> None:
        """Notes what the last node took."""
        self.close("end")

    def close(self, following: str) -> None:
        """Notes what was spent since the last call."""
        now = spent()
        costs = self.nodes.setdefault(self._running, Counter())
        costs.update({name: max(0, now[name] - self._before[name]) for name in now})
        self._before, self._running = now, following


def spent() -> Counter[str]:
    """Seconds, CPU seconds by role, and jobs of this process and its descendants so far."""
    found: Counter[str] = Counter({"seconds": time.perf_counter(), "jobs": spark_jobs()})
    root = os.getpid()
    for process in process_tree(root):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            found[role_of(process, root)] += ticks_of(process) / TICKS
    return found


def spark_jobs() -> int:
    """Spark jobs of this process so far."""
    from pyspark import SparkContext

    context = SparkContext._active_spark_context
    if context is None or getattr(context, "_jsc", None) is None:  # it may be starting
        return 0
    return len(context.statusTracker().getJobIdsForGroup(None))


def run_here(arguments: list[str]) -> dict[str, Counter[str]]:
    """Runs Kedro in this process.

    Args:
        arguments: Arguments of `kedro`.

    Returns:
        Costs by node.
    """
    costs = NodeCosts()
    commands = KedroCLI(PROJECT)
    settings.set("HOOKS", (*settings.HOOKS, costs))
    commands.main(args=arguments, standalone_mode=False)
    costs.close("")
    return costs.nodes


def measure(name: str, storage: Path) -> dict[str, Any]:
    """Runs one of the commands in a process of its own.

    Args:
        name: Name of the command.
        storage: Folder of all tables.

    Returns:
        `seconds` of the process from its start to its end, and `nodes`.
    """
    result = storage / f"{name}.json"
    params = f"spark.master=local[2]{COMMANDS[name][1]}"
    options = ["--into", str(result), "--params", params]
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.start_up", *options],
        cwd=PROJECT,
        env=os.environ | {"PIXELMILL_STORAGE": str(storage)},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - begun
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stdout}{done.stderr}")
    return {"seconds": seconds, "nodes": json.loads(result.read_text(encoding="utf-8"))}


def total(run: dict[str, Any]) -> Counter[str]:
    """Costs of all nodes of a run, start-up and end among them."""
    return sum((Counter(costs) for costs in run["nodes"].values()), Counter())


def show_nodes(run: dict[str, Any]) -> None:
    """Prints the costs of each node that took any."""
    print(f"    {'':28} jobs  {'   '.join(f'{role:>7}' for role in ROLES)}   CPU s     s")
    for node, costs in run["nodes"].items():
        cpu = [costs.get(role, 0.0) for role in ROLES]
        jobs = round(costs.get("jobs", 0))
        if jobs or sum(cpu) >= LEAST_CPU_SECONDS:
            by_role = "   ".join(f"{seconds:7.2f}" for seconds in cpu)
            print(f"    {node:28} {jobs:4}  {by_role} {sum(cpu):7.2f} {costs['seconds']:5.1f}")


def main() -> None:
    """Runs all commands and prints what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", default=",".join(COMMANDS))
    parser.add_argument("--repeat", type=int, default=REPEATS)
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--params", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.into is not None:
        nodes = run_here(["run", "--params", options.params])
        options.into.write_text(json.dumps(nodes), encoding="utf-8")
        return
    names = options.runs.split(",")
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for _ in range(options.repeat):
        with tempfile.TemporaryDirectory() as folder:
            for name in names:
                runs[name].append(measure(name, Path(folder)))
    for name, done in runs.items():
        show(name, done)


def show(name: str, done: list[dict[str, Any]]) -> None:
    """Prints the medians of a command, and the nodes of its last run."""
    costs = [total(run) for run in done]
    seconds = statistics.median(run["seconds"] for run in done)
    cpu = statistics.median(sum(cost[role] for role in ROLES) for cost in costs)
    print(
        f"{COMMANDS[name][0]}: {seconds:.1f} s, {cpu:.1f} CPU s, {costs[-1]['jobs']:.0f} Spark jobs"
    )
    show_nodes(done[-1])


if __name__ == "__main__":
    main()
