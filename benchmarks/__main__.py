"""Runs the benchmarks, one after another, each in a process of its own.

python -m benchmarks                        # all that need nothing but pixelmill
python -m benchmarks listing growth         # these; `--list` prints all names
python -m benchmarks growth --sizes 200,400,800   # what follows the names goes to each of them
"""

import ast
import itertools
import subprocess
import sys
from pathlib import Path

SCRIPTS = (
    *("bottlenecks", "chunk_listing", "cluster_growth", "collection", "collection_memory"),
    *("colour_statistics", "crowded_copies", "decoding", "decoding_memory", "excel_rows"),
    *("exploration", "exploration_cost", "exploration_growth", "featurization", "grid", "growth"),
    *("label_errors", "latency", "listing", "map_frames", "map_scale", "mapping"),
    *("near_duplicates", "neighbours", "network_rewrites", "pairs", "precision"),
    *("principal_components", "real_sets", "recipes", "spark_floor", "start_up"),
    *("storage_reads", "tiny_objects", "worker_memory"),
)
# They need other programs, earlier runs, or arguments.
WHEN_NAMED = ("groupings", "network_alone", "peers", "serving")


def title(name: str) -> str:
    """The first line of a script's docstring."""
    source = Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or name).splitlines()[0]


def run(name: str, arguments: list[str]) -> int:
    """Runs one script under its heading; returns its exit status."""
    print(f"\n== {name}: {title(name)}\n", flush=True)
    return subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *arguments], check=False
    ).returncode


def main(arguments: list[str]) -> int | str:
    """Runs what is named, or all; returns the exit status or what is wrong with the names."""
    known = SCRIPTS + WHEN_NAMED
    names = list(itertools.takewhile(lambda word: not word.startswith("-"), arguments))
    options = arguments[len(names) :]
    if not names and options in (["--list"], ["--help"], ["-h"]):
        print(__doc__)
        for name in known:
            print(f"{name:20} {title(name)}" + "  (only when named)" * (name in WHEN_NAMED))
        return 0
    if options and not names:
        return f"{options[0]}: name the benchmark that it is for, of {', '.join(known)}"
    if unknown := sorted(set(names) - set(known)):
        return f"there is no benchmark {unknown[0]!r}; there are {', '.join(known)}"
    failed = [name for name in names or SCRIPTS if run(name, options)]
    return f"\nfailed: {', '.join(failed)}" if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
