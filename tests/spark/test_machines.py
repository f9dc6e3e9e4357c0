"""Machines that are not a developer's own: odd paths, names and homes, and other Sparks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pixelmill
from pixelmill.spark.gateway import own_environment, variables

START = """
import sys
from pixelmill.parameters import SparkParameters
from pixelmill.spark.session import configure, get_session
from pixelmill.spark.paths import path_to_read, path_to_write

configure(SparkParameters(master="local[1]", driver_memory="1g"))
spark = get_session()
spark.range(3).selectExpr("id", "'ü' name").write.parquet(path_to_write("bilder ü"))
print(spark.read.parquet(path_to_read("bilder ü")).where("name = 'ü'").count(), spark.version)
"""


def other_spark(folder):
    """A Spark of somebody else, whose configuration and classes are not ours."""
    submit = folder / "bin" / "spark-submit"
    submit.parent.mkdir(parents=True)
    submit.write_text("#!/bin/sh\necho 'Error: Could not find or load main class'\nexit 1\n")
    submit.chmod(0o755)
    (folder / "conf").mkdir()
    (folder / "conf" / "spark-defaults.conf").write_text("spark.plugins com.example.Missing\n")
    (folder / "conf" / "core-site.xml").write_text(
        "<configuration><property><name>fs.defaultFS</name><value>hdfs://nowhere</value>"
        "</property></configuration>"
    )
    return folder


@pytest.mark.spark
def test_spark_starts_on_a_rough_machine(tmp_path):
    """All at once: each of them alone kept Spark from starting."""
    project = tmp_path / "my pröject (1)"
    shutil.copytree(
        Path(pixelmill.__file__).parent,
        project / "pixelmill",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (tmp_path / "home").write_text("nobody can make a folder in here")
    spark = other_spark(tmp_path / "other spark")
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(project),
        "HOME": str(tmp_path / "home"),
        "LC_ALL": "C",
        "SPARK_HOME": str(spark),
        "SPARK_CONF_DIR": str(spark / "conf"),
        "HADOOP_CONF_DIR": str(spark / "conf"),
    }
    command = [sys.executable, "-c", START]
    renamed = ["unshare", "--uts", "sh", "-c", 'hostname nowhere.invalid && exec "$@"', "sh"]
    if subprocess.run([*renamed, "true"], capture_output=True, check=False).returncode == 0:
        command = renamed + command
    done = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("3 4.")


def test_a_cluster_keeps_its_environment():
    given = {"SPARK_HOME": "/usr/lib/spark", "SPARK_CONF_DIR": "/etc/spark", "LC_ALL": "C"}
    assert own_environment(None, given) == given


def test_a_master_elsewhere_keeps_what_its_user_set():
    given = {"SPARK_HOME": "/opt/spark", "SPARK_CONF_DIR": "/etc/spark", "LANG": "C.UTF-8"}
    own = own_environment("spark://host:7077", given)
    assert own == {"SPARK_CONF_DIR": "/etc/spark", "LANG": "C.UTF-8"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}),
        ({"LC_ALL": "de_DE.ISO-8859-1"}, {"LC_ALL": "C.UTF-8"}),
        ({"LANG": "C"}, {"LANG": "C", "LC_CTYPE": "C.UTF-8"}),
        ({}, {"LC_CTYPE": "C.UTF-8"}),
        ({"LC_ALL": "", "LANG": "en_US.utf8"}, {"LC_ALL": "", "LANG": "en_US.utf8"}),
    ],
)
def test_java_gets_a_locale_that_has_all_names(given, expected):
    own = own_environment("local[2]", given)
    assert own == expected | {"SPARK_LOCAL_IP": "127.0.0.1"}


def test_other_threads_keep_the_variables_that_they_set_while_java_starts(monkeypatch):
    monkeypatch.setenv("SPARK_HOME", "/opt/spark")
    monkeypatch.setenv("OF_A_LIBRARY", "before")
    with variables(own_environment("local[2]", os.environ)):
        assert "SPARK_HOME" not in os.environ
        os.environ["OF_A_LIBRARY"] = "meanwhile"
    assert (os.environ["SPARK_HOME"], os.environ["OF_A_LIBRARY"]) == ("/opt/spark", "meanwhile")


def test_an_address_that_the_user_chose_stays():
    own = own_environment("local[*]", {"SPARK_LOCAL_IP": "10.0.0.7", "LANG": "C.UTF-8"})
    assert own == {"SPARK_LOCAL_IP": "10.0.0.7", "LANG": "C.UTF-8"}
