"""The laptop's versions against those of the cluster."""

import platform
import subprocess
import sys

import pytest

from pixelmill.emr.versions import check_versions, laptop_versions, minor
from pixelmill.errors import InputError

HERE = minor(platform.python_version())


@pytest.mark.parametrize(
    ("version", "expected"), [("3.11.7", "3.11"), ("4.0.2-amzn-0", "4.0"), ("4.0", "4.0")]
)
def test_patches_and_builds_do_not_count(version, expected):
    assert minor(version) == expected


def test_the_laptop_knows_its_versions():
    found = laptop_versions()
    assert found["python"] == platform.python_version()
    assert minor(found["spark"]) == "4.0"


def test_the_same_versions_pass(spark):
    assert check_versions(spark, HERE, minor(spark.version)) is None


@pytest.mark.parametrize(
    ("python", "version", "sentence"),
    [
        ("3.9", "4.0", f"the cluster has Python {HERE} and the laptop has 3.9: launch a release"),
        (HERE, "3.5", "the cluster has Spark 4.0 and the laptop has 3.5: launch a release that"),
    ],
)
def test_other_versions_are_refused_in_one_sentence(spark, python, version, sentence):
    with pytest.raises(InputError, match=sentence):
        check_versions(spark, python, version)


def test_executors_with_another_python_are_refused(spark, tmp_path):
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\nexit 3\n")
    other.chmod(0o755)
    spark.sparkContext.pythonExec, before = str(other), spark.sparkContext.pythonExec
    try:
        with pytest.raises(InputError, match="no Python runs in the cluster's executors: "):
            check_versions(spark, HERE, "4.0")
    finally:
        spark.sparkContext.pythonExec = before


def test_a_wrong_python_ends_the_step_before_spark_starts():
    command = [sys.executable, "-m", "pixelmill.emr.versions", "--python", "3.9", "--spark", "4.0"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert told.stderr.startswith(f"Error: the cluster has Python {HERE} and the laptop has 3.9")
    assert len(told.stderr.splitlines()) == 1
