"""The project as a user of the cluster runs it: `kedro run --env emr`, with everything on S3."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.cluster import s3a_jars
from tests.cluster.commands import ENDED
from tests.cluster.processes import command_of, descendants, kill, wait_until
from tests.cluster.store import Store, environment
from tests.conftest import ROOT
from tests.spark_session import INTERPRETED

# What a fault is tried on, in five chunks: all photos of twelve breeds. Without a network, whose
# libraries each Python worker would import for seconds.
PHOTOS = 84
FEATURIZER = "colour_statistics"
ON_S3 = "s3://cluster/photos"
PARAMS = (
    f"dataset=pets,images={ON_S3},ingestion.label=none,"
    f"featurization.featurizer={FEATURIZER},featurization.chunk_size=17"
)
# Much can happen between the first and the last, which is the 21st: four deaths took six of them.
IN_MANY_CHUNKS = f"{PARAMS},featurization.chunk_size=4"
# Where nothing goes wrong: each chunk is a second of work for Spark and for the store.
IN_ONE_CHUNK = f"{PARAMS},featurization.chunk_size={PHOTOS}"
# Of Spark's 200 partitions after a shuffle nearly all would be empty.
FOR_TWO_CORES = INTERPRETED | {"spark.sql.shuffle.partitions": 4}
FEATURES_ONLY = ("--pipelines", "ingestion,featurization")
SECONDS = 400  # that no run takes, whatever else the machine does


def driver_environment(endpoint: str) -> dict[str, str]:
    """The variables of a driver.

    Args:
        endpoint: URL of S3 as the driver and its executors see it.
    """
    return environment() | {
        "PIXELMILL_S3A_JARS": str(s3a_jars.fetch()),
        "AWS_ENDPOINT_URL": endpoint,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYTHONUNBUFFERED": "1",
    }


class Application:
    """A process whose runs share one driver and one set of executors.

    Args:
        endpoint: URL of S3 as its runs see it.
        log: Takes both of its streams.
    """

    def __init__(self, endpoint: str, log: Path) -> None:
        self._log = log
        with log.open("w") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.cluster.commands"],
                cwd=ROOT,
                env=driver_environment(endpoint),
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
            )

    def run(self, storage: str, arguments: list[str]) -> Run:
        """Starts a run, which waits for the end of the one before it.

        Args:
            storage: URI of its tables.
            arguments: Of Kedro's command line.
        """
        run = Run(self, len(self.output))
        self._process.stdin.write(json.dumps([storage, arguments]) + "\n")
        self._process.stdin.flush()
        return run

    @property
    def output(self) -> str:
        """What all its runs printed so far."""
        return self._log.read_text(errors="replace")

    def is_alive(self) -> bool:
        """Whether it takes runs."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Kills the driver, Python and JVM, where it still lives."""
        if self.is_alive():
            family = descendants(self._process.pid)
            self._process.kill()
            self._process.wait()
            kill([pid for pid in family if "java" in command_of(pid)])


class Run:
    """A run that goes on.

    Args:
        application: That it is one of.
        start: Length of the application's output before it.
    """

    def __init__(self, application: Application, start: int) -> None:
        self._application = application
        self._start = start

    @property
    def output(self) -> str:
        """What it printed so far, its lines joined: the terminal's width breaks sentences."""
        return " ".join(self._printed().partition(ENDED)[0].split())

    def _printed(self) -> str:
        return self._application.output[self._start :]

    def _has_ended(self) -> bool:
        """Whether it has; a line that is still being written does not count."""
        _, found, status = self._printed().partition(ENDED)
        return bool(found and "\n" in status) or not self._application.is_alive()

    def wait_for(self, condition: Callable[[], Any], what: str) -> None:
        """Waits until something is true while the run goes on; ends it where that never is."""

        def met() -> bool:
            assert not self._has_ended(), f"no {what} before the end: {self.output}"
            return bool(condition())

        try:
            wait_until(met, what, SECONDS, every=0.5)
        except AssertionError:
            self._application.kill()  # or it would keep the cluster from the next test
            raise

    def end(self) -> tuple[int, str]:
        """Waits for the end.

        Returns:
            Exit status and output.
        """
        try:
            wait_until(self._has_ended, "the end of a run", SECONDS, every=0.5)
        except AssertionError:
            self._application.kill()
            raise
        _, found, status = self._printed().partition(ENDED)
        assert found, f"the driver died: {self.output}"
        return int(status.split()[0]), self.output


class ClusterProject:
    """The project with a storage of its own in a bucket.

    Args:
        store: The bucket, by the way on which nothing goes wrong.
        name: Prefix of all its tables in the bucket.
        master: URL of Spark's master.
    """

    def __init__(self, store: Store, name: str, master: str) -> None:
        self.store = store
        self.name = name
        self._master = master

    @property
    def storage(self) -> str:
        """URI of all its tables."""
        return f"s3://{self.store.bucket}/{self.name}"

    def start(self, application: Application, params: str, *arguments: str) -> Run:
        """Starts a run on the cluster.

        Args:
            application: Whose driver it has.
            params: More of `--params`.
            arguments: More of the command line.
        """
        return application.run(self.storage, self._command(params, *arguments))

    def _command(self, params: str, *arguments: str) -> list[str]:
        properties = f"spark.properties={json.dumps(FOR_TWO_CORES)}"
        settled = f"spark.master={self._master},spark.driver_memory=1g,{properties}"
        return ["run", "--env", "emr", "--params", f"{settled},{params}", *arguments]

    def json(self, place: str) -> Any:
        """The content of a JSON file of the storage; None if there is none."""
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
    """Features by path; fails where an image occurs twice or has none."""
    assert [row for row in rows if row["error"] is not None] == []
    assert len({row["path"] for row in rows}) == len(rows)
    return {row["path"]: np.array(row["features"], np.float32) for row in rows}


def assert_same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Every image exactly once, with the features that an undisturbed run gives it."""
    ours, theirs = vectors(found), vectors(expected)
    assert ours.keys() == theirs.keys()
    for path, vector in ours.items():
        np.testing.assert_allclose(vector, theirs[path], rtol=1e-5, atol=1e-5)
