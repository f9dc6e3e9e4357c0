"""The Spark session, configured once in the environment before its first use.

Datasets, nodes, threads and notebooks may all be the first to need a session. The settings
therefore go where every one of them finds them, into the environment of the JVM that the first
`getOrCreate` launches. No Java is started, not even to ask its version, before a node needs it.
"""

import contextlib
import logging
import os
import re
import shlex
import sys
import threading
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from pixelmill.errors import InputError
from pixelmill.parameters import SparkParameters
from pixelmill.spark import s3a
from pixelmill.spark.gateway import LOOPBACK, open_session
from pixelmill.spark.java import find_quiet_java_home

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark.sql import SparkSession

logger = logging.getLogger(__name__)
LOCAL = re.compile(r"local(\[(?P<cores>\*|\d+)\])?")
LOGGING = "-Dlog4j2.configurationFile"
QUIET = "-Xlog:disable -Xlog:all=error:stderr"  # an archive that does not fit is passed over
# A run here is minutes, and Python does the heavy work: the JVM's second compiler would take the
# cores longer than its code could give back, and a collector beside the program takes them too.
OF_SHORT_RUNS = "-XX:TieredStopAtLevel=1 -XX:+UseParallelGC"
TRIES = 3  # of a task on this machine, so that a Python worker that dies costs its task alone

ALWAYS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.showConsoleProgress": "false",
    # Columns of vectors: a dictionary of floats that never repeat costs time and saves nothing.
    "spark.hadoop.parquet.enable.dictionary": "false",
    # A page of a table in which a disk changed a bit is an error, not other numbers.
    "spark.hadoop.parquet.page.verify-checksum.enabled": "true",
    # A table of many small files is read by few tasks, not by one task a file.
    "spark.sql.files.openCostInBytes": "65536",
    # PySpark would note the line of code behind every call, and import IPython for that.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
}
ON_THIS_MACHINE = {
    "spark.driver.bindAddress": LOOPBACK,
    "spark.driver.host": LOOPBACK,
    # Other users of this machine reach its loopback too, and Spark runs what it is sent. It draws
    # the secret itself, where no list of processes shows it.
    "spark.authenticate": "true",
    "spark.ui.enabled": "false",
    "spark.python.daemon.module": "pixelmill.spark.worker_daemon",
    # The only executor is this very JVM: after a machine slept it is late, and not lost.
    "spark.storage.blockManagerHeartbeatTimeoutMs": "86400000",
    "spark.sql.shuffle.partitions": "4",
}

ON_ITS_CLUSTER = {
    # The first chunk is divided among the cores that are there: wait for them.
    "spark.scheduler.minRegisteredResourcesRatio": "1.0",
    # A node that is taken away moves its work first.
    "spark.decommission.enabled": "true",
    # A machine whose disk is full fails at once, and is the first to be offered the task again.
    "spark.task.maxFailures": "8",
}


def configure(
    parameters: SparkParameters, java_options: str | None = None, *, on_s3: bool = False
) -> None:
    """Set the environment from which the next Spark session starts, without starting it.

    Args:
        parameters: Master, driver memory and properties of the session.
        java_options: More options of the driver's JVM where it runs on this machine; None has it
            use the AppCDS archive.
        on_s3: Whether Spark itself reads or writes tables on S3.

    Raises:
        InputError: If S3 is to be used without credentials, or without its connector.
    """
    if parameters.master is not None:
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        if on_s3:
            s3a.export_credentials()
    os.environ["PYSPARK_SUBMIT_ARGS"] = submit_arguments(parameters, java_options, on_s3=on_s3)


def get_session() -> "SparkSession":
    """Return the Spark session of this process, started if there is none.

    Raises:
        InputError: If no Java is found that Spark can run on, or Spark does not start in it.
    """
    _choose_java()
    return open_session()


def start_session(then: "Callable[[SparkSession], object] | None" = None) -> None:
    """Start Spark in the background, which takes seconds.

    Args:
        then: Callback with the session, in the thread that started it.

    Raises:
        InputError: If no Java is found that Spark can run on.
    """
    _choose_java()
    starting = threading.Thread(target=_start, args=(then,), name="start-spark", daemon=True)
    starting.start()


def _start(then: "Callable[[SparkSession], object] | None") -> None:
    try:
        session = get_session()
    except InputError:
        return  # whoever needs the session meets the same reason, where the user sees it
    if then is None:
        return
    try:
        then(session)
    except Exception:  # it only saves time, and the session may be stopping
        logger.debug("Nothing was done ahead of the run.", exc_info=True)


def cancel_jobs() -> None:
    """Cancel all jobs of this process's session, if there is one."""
    from py4j.protocol import Py4JError
    from pyspark import SparkContext

    context = SparkContext._active_spark_context
    if context is not None:
        with contextlib.suppress(Py4JError, OSError, AttributeError):  # it may be stopping
            context.cancelAllJobs()


@cache
def _choose_java() -> None:
    """Find a Java for a session with its own master; a cluster's stays as it is."""
    if "--master" in os.environ.get("PYSPARK_SUBMIT_ARGS", ""):
        os.environ["JAVA_HOME"] = str(find_quiet_java_home())


def submit_arguments(
    parameters: SparkParameters, java_options: str | None = None, *, on_s3: bool = False
) -> str:
    """Return the arguments of `spark-submit` for the driver's JVM, quoted for a shell."""
    properties = dict(ALWAYS)
    if parameters.master is not None:
        archived = archive_options() if java_options is None else java_options
        properties |= _own_properties(parameters.master, archived)
        properties |= s3a.properties(parameters) if on_s3 else {}
    properties |= {name: _written(value) for name, value in parameters.properties.items()}
    arguments = ["--driver-memory", parameters.driver_memory]
    if parameters.master is not None:
        arguments += ["--master", _with_tries(parameters.master)]
    for name, value in properties.items():
        arguments += ["--conf", f"{name}={value}"]
    return shlex.join([*arguments, "pyspark-shell"])


def archive_options() -> str:
    """Return the JVM options that use the AppCDS archive; empty where there is no archive."""
    archive = archive_path()
    return f"{QUIET} -XX:SharedArchiveFile={shlex.quote(str(archive))}" if archive.exists() else ""


def archive_path() -> Path:
    """Return the path of this environment's AppCDS archive, which `spark.class_archive` writes."""
    return Path(sys.prefix, "share", "pixelmill", "spark.jsa")


def _is_local(master: str) -> bool:
    return LOCAL.fullmatch(master) is not None


def _with_tries(master: str) -> str:
    found = LOCAL.fullmatch(master)
    return f"local[{found['cores'] or 1},{TRIES}]" if found else master


def _own_properties(master: str, java_options: str) -> dict[str, str]:
    """Return properties of a session with our own Spark, not that of a cluster's configuration."""
    # As a URI it has neither blanks nor quotes, which would end an option of Java.
    quiet = Path(str(resources.files("pixelmill.spark") / "log4j2.properties")).as_uri()
    return (ON_THIS_MACHINE if _is_local(master) else ON_ITS_CLUSTER) | {
        "spark.driver.extraJavaOptions": f"{OF_SHORT_RUNS} {LOGGING}={quiet} {java_options}"
    }


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
