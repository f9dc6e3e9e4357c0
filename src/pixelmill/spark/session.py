"""How Spark is started: set once in the environment, so that whoever asks first gets it right.

Kedro's datasets, nodes, threads and notebooks all call `SparkSession.builder.getOrCreate()`. The
settings therefore go where every one of them finds them, into the environment of the JVM that the
first call launches, and no JVM is started before a node needs it.
"""

import os
import re
import shlex
import sys
from importlib import resources

from pixelmill.parameters import SparkParameters
from pixelmill.spark.java import find_java_home

LOCAL = re.compile(r"local(\[(?P<cores>\*|\d+)\])?")
TRIES = 3  # of a task on this machine, so that a Python worker that dies costs its task alone

ALWAYS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.ui.showConsoleProgress": "false",
    # Columns of vectors: a dictionary of floats that never repeat costs time and saves nothing.
    "spark.hadoop.parquet.enable.dictionary": "false",
    # A table of many small files is read by few tasks, not by one task a file.
    "spark.sql.files.openCostInBytes": "65536",
}
ON_THIS_MACHINE = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "8",
}


def configure(parameters: SparkParameters) -> None:
    """Sets the environment from which the next Spark session starts; starts nothing.

    Args:
        parameters: Master, driver memory and properties of the session.

    Raises:
        InputError: Where no Java is found that Spark can run on.
    """
    if parameters.master is not None:
        os.environ["JAVA_HOME"] = str(find_java_home())
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ["PYSPARK_SUBMIT_ARGS"] = submit_arguments(parameters)


def submit_arguments(parameters: SparkParameters) -> str:
    """The arguments of `spark-submit` for the driver's JVM, quoted for a shell."""
    properties = ALWAYS | (_local_properties() if _is_local(parameters.master) else {})
    properties |= {name: _written(value) for name, value in parameters.properties.items()}
    arguments = ["--driver-memory", parameters.driver_memory]
    if parameters.master is not None:
        arguments += ["--master", _with_tries(parameters.master)]
    for name, value in properties.items():
        arguments += ["--conf", f"{name}={value}"]
    return shlex.join([*arguments, "pyspark-shell"])


def _is_local(master: str | None) -> bool:
    return master is not None and LOCAL.fullmatch(master) is not None


def _with_tries(master: str) -> str:
    found = LOCAL.fullmatch(master)
    return f"local[{found['cores'] or 1},{TRIES}]" if found else master


def _local_properties() -> dict[str, str]:
    quiet = resources.files("pixelmill.spark") / "log4j2.properties"
    return ON_THIS_MACHINE | {
        "spark.driver.extraJavaOptions": f"-Dlog4j2.configurationFile=file:{quiet}"
    }


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
