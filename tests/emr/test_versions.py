"""The laptop's versions against those of the cluster."""

import platform
import subprocess
import sys
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

from pixelmill.emr.releases import SPARKS
from pixelmill.emr.versions import check_versions, laptop_versions, minor
from pixelmill.errors import InputError
from tests.conftest import ROOT

HERE = minor(platform.python_version())


@pytest.mark.parametrize(
    ("version", "expected"), [("3.11.7", "3.11"), ("4.1.1-amzn-0", "4.1"), ("4.1", "4.1")]
)
def test_patches_and_builds_do_not_count(version, expected):
    assert minor(version) == expected


def test_the_laptop_knows_its_versions():
    found = laptop_versions()
    assert found["python"] == platform.python_version()
    assert minor(found["spark"]) in SPARKS


def test_supported_sparks_are_those_that_can_be_installed():
    lines = (ROOT / "requirements.in").read_text().splitlines()
    allowed = next(Requirement(line).specifier for line in lines if line.startswith("pyspark"))
    minors = [f"{major}.{number}" for major in (3, 4, 5) for number in range(10)]
    assert {each for each in minors if f"{each}.99" in allowed} == SPARKS


@pytest.mark.parametrize("laptop", sorted(SPARKS))
def test_supported_spark_passes(spark, laptop):
    assert check_versions(spark, HERE, laptop) is None


@pytest.mark.parametrize(
    ("python", "version", "sentence"),
    [
        ("3.9", "4.1.1", f"the cluster has Python {HERE} and the laptop has 3.9: launch a release"),
        (HERE, "3.5.6", "the cluster has Spark 3.5, and pixelmill runs on 4.0 and 4.1: launch a"),
    ],
)
def test_other_versions_are_refused_in_one_sentence(python, version, sentence):
    with pytest.raises(InputError, match=sentence):
        check_versions(SimpleNamespace(version=version), python, "4.1")


def test_executors_with_another_python_are_refused(spark, tmp_path):
    other = tmp_path / "python"
    other.write_text("#!/bin/sh\nexit 3\n")
    other.chmod(0o755)
    spark.sparkContext.pythonExec, before = str(other), spark.sparkContext.pythonExec
    try:
        with pytest.raises(InputError, match="no Python runs in the cluster's executors: "):
            check_versions(spark, HERE, "4.1")
    finally:
        spark.sparkContext.pythonExec = before


def test_a_wrong_python_ends_the_step_before_spark_starts():
    command = [sys.executable, "-m", "pixelmill.emr.versions", "--python", "3.9", "--spark", "4.1"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr.startswith(f"Error: the cluster has Python {HERE} and the laptop has 3.9")
    assert len(result.stderr.splitlines()) == 1
