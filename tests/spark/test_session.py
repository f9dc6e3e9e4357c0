"""The settings that every asker of a Spark session finds."""

import os
import shlex
import socket
import struct
import subprocess
import sys
import threading

import pytest

from pixelmill.parameters import SparkParameters
from pixelmill.spark.session import submit_arguments

START = """
from pixelmill.parameters import SparkParameters
from pixelmill.spark.session import configure, get_session
configure(SparkParameters(master="local[1]", driver_memory="1g"))
print(get_session().range(3).count())
"""


def test_threads_get_the_configured_session_too(spark):
    from pyspark.sql import SparkSession

    found = []
    thread = threading.Thread(target=lambda: found.append(SparkSession.builder.getOrCreate()))
    thread.start()
    thread.join()
    assert found[0].sparkContext is spark.sparkContext
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"


def test_calls_of_tables_do_not_look_for_the_code_behind_them(spark):
    from pyspark.errors import utils

    if not hasattr(utils, "is_debugging_enabled"):
        pytest.skip("Spark 4.0 always does")
    spark.range(1).select("id")
    assert not utils.is_debugging_enabled()


def test_another_user_of_the_machine_is_refused_by_spark(spark):
    port = int(spark.sparkContext.getConf().get("spark.driver.port"))
    body = b"a Java object"
    # A frame of Spark's network layer: its length, then type (3: a request), number, length, body.
    request = struct.pack(">bqi", 3, 7, len(body)) + body
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(struct.pack(">q", 8 + len(request)) + request)
        answer = connection.recv(4096)
    assert b"Expected SaslMessage" in answer
    assert b"NettyRpcHandler" not in answer
    assert spark.range(10).repartition(3).count() == 10


def test_no_secret_is_in_the_list_of_processes():
    arguments = submit_arguments(SparkParameters(master="local[2]"))
    assert "spark.authenticate=true" in shlex.split(arguments)
    assert "secret" not in arguments
    assert "spark.authenticate" not in submit_arguments(SparkParameters(master=None))


def test_workers_run_the_python_of_the_driver(spark):
    workers = spark.sparkContext.range(1).map(lambda _: sys.executable).collect()
    assert os.path.realpath(workers[0]) == os.path.realpath(sys.executable)


@pytest.mark.parametrize(
    ("master", "expected"),
    [
        ("local", "local[1,3]"),
        ("local[*]", "local[*,3]"),
        ("local[2]", "local[2,3]"),
        ("spark://127.0.0.1:7077", "spark://127.0.0.1:7077"),
    ],
)
def test_a_task_on_this_machine_gets_another_try(master, expected):
    arguments = shlex.split(submit_arguments(SparkParameters(master=master)))
    assert arguments[arguments.index("--master") + 1] == expected


def test_a_cluster_keeps_its_own_settings():
    arguments = submit_arguments(SparkParameters(master=None))
    assert "--master" not in arguments
    assert "spark.driver.host" not in arguments


def test_properties_reach_spark_as_it_writes_them():
    parameters = SparkParameters(properties={"spark.speculation": True, "spark.x": "a b"})
    arguments = shlex.split(submit_arguments(parameters))
    assert "spark.speculation=true" in arguments
    assert "spark.x=a b" in arguments


@pytest.mark.spark
def test_start_up_is_quiet():
    done = subprocess.run([sys.executable, "-c", START], capture_output=True, text=True, check=True)
    assert done.stdout == "3\n"
    assert done.stderr == ""


def test_workers_have_no_archive_of_spark_to_read_again_before_each_task(spark):
    def archives(_):
        return [
            place
            for place in [*sys.path, *sys.path_importer_cache]
            if "spark-core" in place or "pyspark.zip" in place
        ]

    assert spark.sparkContext.parallelize([0], 1).map(archives).collect() == [[]]
