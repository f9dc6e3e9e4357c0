"""The environments name the same datasets; Kedro's own commands start no JVM."""

import json
import os
import shutil
import stat
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import PurePath

import pytest
import yaml
from kedro.config import OmegaConfigLoader
from kedro.io.core import AbstractDataset
from omegaconf.resolvers import oc

from pixelmill.settings import CONFIG_LOADER_ARGS
from tests.conftest import ROOT

PIPELINES = (
    *("collection", "ingestion", "splitting", "featurization", "modelling", "reporting", "export"),
    *("mapping", "neighbours", "duplicates", "exploration"),
)
PLACES = ("filepath", "labels", "image_index")
STORAGES = {"local": "data", "emr": "s3://bucket/pixelmill"}


def catalog(env):
    """The datasets of the data set 'pets', by name."""
    return resolved(env, os.environ.get("PIXELMILL_STORAGE"))


@cache
def resolved(env, _):
    """The same, once for each storage: the interpolations take a while."""
    params = {"dataset": "pets"}
    loader = OmegaConfigLoader("conf", env=env, runtime_params=params, **CONFIG_LOADER_ARGS)
    return {name: entry for name, entry in loader["catalog"].items() if not name.startswith("_")}


@pytest.fixture
def on_s3(monkeypatch):
    monkeypatch.setenv("PIXELMILL_STORAGE", STORAGES["emr"])


def test_both_environments_resolve_to_the_same_datasets(on_s3, monkeypatch):
    emr = catalog("emr")
    monkeypatch.delenv("PIXELMILL_STORAGE")
    local = catalog("local")
    assert emr.keys() == local.keys()
    for name, entry in local.items():
        assert emr[name] == {
            key: value.replace("data/", "s3://bucket/pixelmill/", 1) if key in PLACES else value
            for key, value in entry.items()
        }


def test_every_stored_dataset_is_in_the_storage_under_its_data_set(on_s3):
    for entry in catalog("emr").values():
        if entry["type"] != "MemoryDataset":
            assert entry["filepath"].startswith("s3://bucket/pixelmill/0")
            assert "/pets" in entry["filepath"]


@pytest.mark.parametrize("place", ["s3://bucket/pixelmill/", "s3://bucket//pixelmill"])
def test_a_storage_has_no_empty_names(monkeypatch, place):
    monkeypatch.setenv("PIXELMILL_STORAGE", place)
    for env in STORAGES:
        loader = OmegaConfigLoader("conf", env=env, **CONFIG_LOADER_ARGS)
        assert loader["globals"]["storage"] == "s3://bucket/pixelmill"


def test_no_two_pipelines_write_one_file():
    """The one would show, as its own, what the other has written last."""
    files = {}
    for name, entry in catalog("local").items():
        is_read = name.startswith("previous_")  # what the last run has left of the other one
        if PurePath(entry.get("filepath", "")).suffix and not is_read:
            files.setdefault(entry["filepath"], []).append(name)
    shared = {place: names for place, names in files.items() if len(names) > 1}
    assert shared == {}


def test_every_table_of_images_is_compared_with_the_image_index():
    """Whatever a run leaves of images is refused once those are others; nothing may forget it."""
    features = ("FeatureTable", "FeatureSets", "FeatureFolders")
    kinds = ("ParquetTable", "SplitsTable", "OptionalJson", *features)
    without = {
        name
        for name, entry in catalog("local").items()
        if entry["type"].endswith(kinds) and "image_index" not in entry
    }
    # What earlier runs left is compared with the index by a node.
    compared = {name for name in without if "stored_" in name}
    # It names a classifier, and is compared with that.
    compared.add("measured_classifier")
    assert without - compared == {"labelled_images", "previous_profile", "node_records"}


def test_the_report_on_s3_is_a_page_that_a_browser_opens(s3, monkeypatch):
    monkeypatch.setenv("PIXELMILL_STORAGE", "s3://photos/mill")
    report = AbstractDataset.from_config("report", catalog("emr")["report"])
    report.save("<html>ü</html>")
    saved = s3.get_object(Bucket="photos", Key="mill/08_reporting/pets/report.html")
    assert saved["ContentType"] == "text/html; charset=utf-8"
    assert saved["Body"].read().decode() == report.load() == "<html>ü</html>"


def test_the_cluster_says_its_own_master(on_s3):
    loader = OmegaConfigLoader("conf", env="emr", **CONFIG_LOADER_ARGS)
    assert loader["parameters"]["spark"]["master"] is None


@pytest.mark.parametrize("storage", [None, ""])
def test_a_cluster_without_a_storage_is_one_sentence(commands, storage):
    status, output = commands.command("run", "--env", "emr", PIXELMILL_STORAGE=storage)
    assert status == 1
    assert "PIXELMILL_STORAGE is not set" in " ".join(output.split())


@pytest.mark.parametrize(
    ("storage", "sentence"),
    [
        ("~/pixelmill", "PIXELMILL_STORAGE begins with '~'"),
        ("gs://photos/pixelmill", "gs://photos/pixelmill: no way to read gs://; give a folder"),
    ],
)
def test_a_storage_that_cannot_be_one_is_one_sentence(commands, storage, sentence):
    status, output = commands.command("plan", PIXELMILL_STORAGE=storage)
    assert status == 1
    assert sentence in " ".join(output.split())


COMMANDS = {
    "list": ("registry", "list"),
    "describe": ("registry", "describe", "featurization"),
    "catalog": ("catalog", "describe-datasets"),
    "help": ("run", "--help"),
}
# One process for all of them, in which no other test has started a Java.
RUN_ALL = """
import json, os, sys
from pathlib import Path
from click.testing import CliRunner
from kedro.framework.cli.cli import KedroCLI
ended = {}
for name, command in json.loads(sys.argv[1]).items():
    result = CliRunner().invoke(KedroCLI(Path.cwd()), command)
    ended[name] = result.exit_code, result.output, Path(os.environ["STARTED"]).exists()
print(json.dumps(ended))
"""


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """Exit status and output of the commands, and whether they started the only Java."""
    folder = tmp_path_factory.mktemp("java")
    java = folder / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\ntouch {folder}/started\nexit 1\n")
    java.chmod(java.stat().st_mode | stat.S_IEXEC)
    places = {
        "JAVA_HOME": str(folder),
        "PATH": f"{java.parent}:{os.environ['PATH']}",
        "PIXELMILL_STORAGE": str(folder / "storage"),
        "STARTED": f"{folder}/started",
    }
    result = subprocess.run(
        [sys.executable, "-c", RUN_ALL, json.dumps(COMMANDS)],
        cwd=ROOT,
        env=os.environ | places,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", COMMANDS)
def test_commands_that_need_no_spark_start_no_java(ended, name):
    status, output, started = ended[name]
    assert status == 0, output
    assert not started


def test_the_resolver_of_the_environment_is_the_usual_one():
    assert CONFIG_LOADER_ARGS["custom_resolvers"]["oc.env"] is oc.env


@pytest.fixture
def conf(tmp_path):
    """A copy of the configuration with an environment of somebody's own."""
    shutil.copytree("conf", tmp_path / "conf")
    (tmp_path / "conf" / "mine").mkdir()
    return tmp_path / "conf"


def loader_of(conf):
    return OmegaConfigLoader(str(conf), env="mine", **CONFIG_LOADER_ARGS)


def test_an_environment_may_give_an_entry_another_type(conf):
    entry = {"type": "pandas.CSVDataset", "filepath": "predictions.csv"}
    (conf / "mine" / "catalog.yml").write_text(json.dumps({"predictions": entry}))
    assert loader_of(conf)["catalog"]["predictions"] == entry


def test_an_environment_changes_one_parameter_and_adds_others(conf):
    mine = "featurization: {batch_size: 4}\nprices: {currency: EUR}\n"
    (conf / "mine" / "parameters.yml").write_text(mine)
    parameters = loader_of(conf)["parameters"]
    assert parameters["featurization"]["batch_size"] == 4
    assert parameters["featurization"]["pooling"] == "avg"
    assert parameters["prices"] == {"currency": "EUR"}


def test_what_kedro_packs_of_the_configuration_finds_the_storage(conf, monkeypatch):
    """`kedro package` leaves out `conf/local/*.yml`."""
    for file in (conf / "local").glob("*.yml"):
        file.unlink()
    monkeypatch.setenv("PIXELMILL_STORAGE", "/elsewhere")
    packed = OmegaConfigLoader(str(conf), env="local", **CONFIG_LOADER_ARGS)
    assert packed["globals"]["storage"] == "/elsewhere"


@pytest.mark.parametrize(
    "file",
    ["conf/local/credentials.yml", "conf/base/s3_credentials.yml", "conf/local/parameters/my.yml"],
)
def test_secrets_and_what_is_one_s_own_stay_out_of_git(file):
    ignored = subprocess.run(["git", "check-ignore", "-q", file], cwd=ROOT, check=False)
    assert ignored.returncode == 0


def test_a_table_that_no_run_made_yet_is_no_warning_of_kedro_viz():
    config = yaml.safe_load((ROOT / "conf" / "logging.yml").read_text(encoding="utf-8"))
    module = import_module("kedro_viz.models.flowchart.node_metadata")
    assert config["loggers"][module.logger.name]["level"] == "ERROR"
