"""A standalone Spark cluster of real processes on this machine, one core a worker."""

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pyspark

from pixelmill.spark.java import find_quiet_java_home
from pixelmill.spark.session import OF_SHORT_RUNS, archive_options
from tests.cluster.processes import children, wait_until
from tests.cluster.store import environment

SPARK_CLASS = Path(pyspark.__file__).parent / "bin" / "spark-class"
EXECUTOR = "CoarseGrainedExecutorBackend"
DAEMON = "pyspark.daemon"
JAVA_OPTIONS = f"{OF_SHORT_RUNS} {archive_options()}"  # of every JVM of the cluster


class Daemon:
    """A master or a worker, with what it starts, in a process group of its own.

    It knows the credentials of the S3 server, as the nodes of a cluster do.

    Args:
        name: Class of Spark's that is run.
        arguments: Arguments of the class.
        folder: Takes the log.
        scratch: Takes all else that it and its executors write; None is `folder`.
    """

    def __init__(
        self, name: str, arguments: list[str], folder: Path, scratch: Path | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "daemon.log"
        self._scratch = scratch or folder
        settled = {
            "JAVA_HOME": str(find_quiet_java_home()),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(self._scratch),
            "SPARK_WORKER_DIR": str(self._scratch),
            "SPARK_DAEMON_MEMORY": "512m",
            "SPARK_DAEMON_JAVA_OPTS": "-Dspark.decommission.enabled=true",
            "JAVA_TOOL_OPTIONS": JAVA_OPTIONS,
        }
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [SPARK_CLASS, name, "--webui-port", "0", *arguments],
                env=environment() | settled,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Of the daemon's JVM."""
        return self._process.pid

    @property
    def log(self) -> str:
        """What it said so far."""
        return self._log.read_text(errors="replace")

    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.poll() is None

    def executors(self) -> list[int]:
        """The executors that this worker runs now."""
        return children(self.pid, EXECUTOR)

    def sweep(self) -> None:
        """Removes what executors left: 190 MB of jars each."""
        if not self.executors():
            for folder in self._scratch.glob("app-*"):
                shutil.rmtree(folder, ignore_errors=True)

    def kill(self) -> None:
        """Ends it and its executors without a word, as a machine that is switched off."""
        if self.is_alive():
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()


class Cluster:
    """A master and its workers.

    Args:
        folder: Takes logs and scratch files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started = 0
        self.workers: list[Daemon] = []
        arguments = ["--host", "127.0.0.1", "--port", "0"]
        self._master = Daemon("org.apache.spark.deploy.master.Master", arguments, folder / "master")
        wait_until(lambda: "New state: ALIVE" in self._master.log, "Spark's master")
        self.url = re.search(r"spark://127\.0\.0\.1:\d+", self._master.log)[0]

    def start_worker(self, scratch: Path | None = None) -> Daemon:
        """A worker of one core, which has not registered yet.

        Args:
            scratch: Folder for what it and its executors write; None is one of its own.
        """
        self._started += 1
        arguments = ["--host", "127.0.0.1", "--cores", "1", "--memory", "2g", self.url]
        folder = self._folder / f"worker-{self._started}"
        worker = Daemon("org.apache.spark.deploy.worker.Worker", arguments, folder, scratch)
        self.workers.append(worker)
        return worker

    def restore(self, count: int = 2) -> None:
        """Brings the cluster to a number of live workers, whatever befell it before."""
        self.workers = [worker for worker in self.workers if worker.is_alive()]
        while len(self.workers) > count:
            self.remove(self.workers[-1])
        while len(self.workers) < count:
            self.start_worker()
        for worker in self.workers:
            worker.sweep()
            wait_until(lambda each=worker: "Successfully registered" in each.log, "a worker")

    def remove(self, worker: Daemon) -> None:
        """Ends a worker for good."""
        worker.kill()
        self.workers = [each for each in self.workers if each is not worker]

    def executors(self) -> list[int]:
        """All executors of the cluster."""
        return [pid for worker in self.workers for pid in worker.executors()]

    def python_workers(self) -> list[int]:
        """The Python processes that the executors' tasks run in."""
        daemons = [pid for executor in self.executors() for pid in children(executor, DAEMON)]
        return [pid for daemon in daemons for pid in children(daemon, DAEMON)]

    def stop(self) -> None:
        """Ends every process of the cluster."""
        for daemon in [*self.workers, self._master]:
            daemon.kill()
