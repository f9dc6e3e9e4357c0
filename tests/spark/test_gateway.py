"""What keeps the JVM from starting is one sentence; what it says later reaches the terminal."""

import re
import subprocess
import sys

import pytest

from pixelmill.spark.gateway import reason_of
from pixelmill.spark.s3a import UNFETCHED, package

ENDED = "Java ended before Spark started: "
START = """
from pixelmill.errors import InputError
from pixelmill.parameters import SparkParameters
from pixelmill.spark.session import configure, get_session, start_session
configure(SparkParameters(master="local[1]", driver_memory={memory!r}))
start_session()  # beside, as a run does
try:
    session = get_session()
except InputError as problem:
    raise SystemExit(str(problem))
session._jvm.java.lang.System.err.println("a late warning")
"""


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], f"{ENDED}it gave no reason"),
        (["bin/java: not found\n"], f"{ENDED}bin/java: not found"),
        (
            [
                'Exception in thread "main" java.lang.RuntimeException: outer\n',
                "\tat org.apache.spark.Deploy(Deploy.scala:1)\n",
                "Caused by: java.net.UnknownHostException: laptop: Name or service not known\n",
                "\t... 5 more\n",
            ],
            f"{ENDED}java.net.UnknownHostException: laptop: Name or service not known",
        ),
        (
            [
                "\t\t::          UNRESOLVED DEPENDENCIES         ::\n",
                "Exception: [unresolved dependency: org.apache.hadoop#hadoop-aws;3.4.2: not found]",
            ],
            UNFETCHED,
        ),
    ],
)
def test_reason(lines, sentence):
    assert reason_of(lines) == sentence


def test_reason_of_an_error_that_came_through_py4j():
    text = """An error occurred while calling None.org.apache.spark.api.java.JavaSparkContext.
: org.apache.spark.SparkException: Could not parse Master URL: 'lokal'
\tat org.apache.spark.SparkContext$.createTaskScheduler(SparkContext.scala:3000)
"""
    assert reason_of(text.splitlines(), "Spark does not start") == (
        "Spark does not start: org.apache.spark.SparkException: Could not parse Master URL: 'lokal'"
    )


def start(memory):
    """Starts Spark in a process of its own, whose JVM may not start."""
    command = [sys.executable, "-c", START.format(memory=memory)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.spark
def test_impossible_memory_is_one_sentence():
    done = start("999999g")
    assert done.returncode == 1
    assert re.fullmatch(f"{ENDED}.*heap.*\n", done.stderr)


@pytest.mark.spark
def test_a_spark_that_does_not_start_in_its_java_is_one_sentence():
    command = [sys.executable, "-c", START.format(memory="1g").replace("local[1]", "local[x]")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.fullmatch(
        r"Spark does not start: .*Could not parse Master URL: 'local\[x\]'\n", done.stderr
    )


@pytest.mark.spark
def test_late_errors_reach_the_terminal():
    done = start("1g")
    assert (done.returncode, done.stderr) == (0, "a late warning\n")


def test_package_fits_hadoop(spark):
    found = spark.sparkContext._jvm.org.apache.hadoop.util.VersionInfo.getVersion()
    assert package() == f"org.apache.hadoop:hadoop-aws:{found}"
