"""The project as a user of the cluster runs it: `kedro run --env emr`, with everything on S3."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.cluster.processes import command_of, descendants, kill, wait_until
from tests.cluster.store import Store, environment
from tests.conftest import ROOT

# What a fault is tried on, in five chunks. Without a network, whose libraries each Python worker
# would import for seconds.
PHOTOS = 120
ON_S3 = "s3://cluster/photos"
_IMAGES = f"dataset=pets,images={ON_S3},ingestion.label=none"
_IN_MANY_CHUNKS = "featurization.chunk_size=4"  # much can happen between the first and the last
PARAMS = f"{_IMAGES},featurization.featurizer=colour_statistics,featurization.chunk_size=24"
IN_MANY_CHUNKS = f"{PARAMS},{_IN_MANY_CHUNKS}"
# With a network, whose tasks are long enough to strike in the middle of one.
LONG_TASKS = f"{_IMAGES},featurization.precision=float32,{_IN_MANY_CHUNKS}"
FEATURES_ONLY = ("--pipelines", "ingestion,featurization")
SECONDS = 240  # that no run takes, whatever else the machine does


class Run:
    """A process of runs that goes on.

    Args:
        command: Module to run, and its arguments.
        environment: Of the process.
        log: Takes both of its streams.
    """

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("w") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env=environment,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        """What it printed so far, its lines joined: the terminal's width breaks sentences."""
        return " ".join(self._log.read_text(errors="replace").split())

    def wait_for(self, condition: Callable[[], Any], what: str) -> None:
        """Waits until something is true while the run goes on; ends it where that never is."""

        def met() -> bool:
            assert self._process.poll() is None, f"no {what} before the end: {self.output}"
            return bool(condition())

        try:
            wait_until(met, what, SECONDS, every=0.2)
        except AssertionError:
            self.kill()  # or it would keep the cluster from the next test
            raise

    def end(self, runs: int = 1) -> tuple[int, str]:
        """Waits for the end.

        Args:
            runs: How many of them the process is.

        Returns:
            Exit status and output.
        """
        try:
            return self._process.wait(SECONDS * runs), self.output
        finally:
            self.kill()

    def kill(self) -> None:
        """Kills the driver, Python and JVM, where it still lives."""
        if self._process.poll() is None:
            family = descendants(self._process.pid)
            self._process.kill()
            self._process.wait()
            kill([pid for pid in family if "java" in command_of(pid)])


class ClusterProject:
    """The project with a storage of its own in a bucket.

    Args:
        store: The bucket, by the way on which nothing goes wrong.
        name: Prefix of all its tables in the bucket.
        master: URL of Spark's master.
        jars: Folder of the connector's jars.
        folder: Takes the logs.
    """

    def __init__(self, store: Store, name: str, master: str, jars: Path, folder: Path) -> None:
        self.store = store
        self.name = name
        self._master = master
        self.jars = jars
        self._folder = folder
        self._runs = 0

    @property
    def storage(self) -> str:
        """URI of all its tables."""
        return f"s3://{self.store.bucket}/{self.name}"

    def environment(self, endpoint: str | None = None) -> dict[str, str]:
        """The variables of a process that works on the storage.

        Args:
            endpoint: URL of S3 as that process sees it; None is the server itself.
        """
        return environment() | {
            "PIXELMILL_STORAGE": self.storage,
            "PIXELMILL_S3A_JARS": str(self.jars),
            "AWS_ENDPOINT_URL": endpoint or self.store.endpoint,
            "SPARK_LOCAL_IP": "127.0.0.1",
        }

    def start(self, params: str, *arguments: str, endpoint: str | None = None) -> Run:
        """Starts a run on the cluster.

        Args:
            params: More of `--params`.
            arguments: More of the command line.
            endpoint: URL of S3 as the run sees it; None is the server itself.
        """
        return self._start(["kedro", *self._command(params, *arguments)], endpoint)

    def run_all(self, runs: list[tuple[str, ...]]) -> tuple[int, str]:
        """Runs on the cluster, one after another on one Spark session, to the end of the last.

        Args:
            runs: More of `--params` for each, and more of its command line.

        Returns:
            Exit status and output.
        """
        commands = [self._command(*given) for given in runs]
        return self._start(["tests.cluster.commands", json.dumps(commands)]).end(len(runs))

    def _command(self, params: str, *arguments: str) -> list[str]:
        settled = f"spark.master={self._master},spark.driver_memory=1g"
        return ["run", "--env", "emr", "--params", f"{settled},{params}", *arguments]

    def _start(self, command: list[str], endpoint: str | None = None) -> Run:
        self._runs += 1
        log = self._folder / f"{self.name}-{self._runs}.log"
        return Run(command, self.environment(endpoint), log)

    def json(self, place: str) -> Any:
        """The content of a JSON file of the storage; None where there is none."""
        return self.store.json(f"{self.name}/{place}")

    def table(self, place: str) -> list[dict[str, Any]]:
        """The rows of a table of the storage."""
        keys = self.store.keys(f"{self.name}/{place}/")
        return self.store.table([key for key in keys if key.endswith(".parquet")])

    def chunks(self, dataset: str) -> list[str]:
        """Names of the chunks that count."""
        featurizer = self.json(f"04_feature/{dataset}/featurizer.json")
        if featurizer is None:
            return []
        marks = f"04_feature/{dataset}/{featurizer['fingerprint']}/_committed/"
        return [key.rpartition("/")[2] for key in self.store.keys(f"{self.name}/{marks}")]

    def rows_by_chunk(self, dataset: str) -> dict[str, list[dict[str, Any]]]:
        """The rows of the current features, as far as their chunk counts."""
        chunks = self.chunks(dataset)
        mark = chunks and self.json(f"04_feature/{dataset}/featurizer.json")["fingerprint"]
        folder = f"04_feature/{dataset}/{mark}"
        return {chunk: self.table(f"{folder}/chunk={chunk}") for chunk in chunks}

    def features(self, dataset: str) -> list[dict[str, Any]]:
        """The rows of the current features."""
        return [row for rows in self.rows_by_chunk(dataset).values() for row in rows]


def vectors(rows: list[dict[str, Any]]) -> dict[str, NDArray[np.float32]]:
    """Features by path; fails where an image stands twice or has none."""
    assert [row for row in rows if row["error"] is not None] == []
    assert len({row["path"] for row in rows}) == len(rows)
    return {row["path"]: np.array(row["features"], np.float32) for row in rows}


def assert_same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Every image exactly once, with the features that an undisturbed run gives it."""
    ours, theirs = vectors(found), vectors(expected)
    assert ours.keys() == theirs.keys()
    for path, vector in ours.items():
        np.testing.assert_allclose(vector, theirs[path], rtol=1e-5, atol=1e-5)
