"""A JSON file is replaced whole: a save that dies leaves the file that was there."""

import json
from pathlib import Path

import pytest
import yaml
from kedro.io import DatasetError

from pixelmill.datasets.folders import write_file
from pixelmill.datasets.json_file import JsonFile
from pixelmill.errors import InputError


@pytest.mark.parametrize("root", ["{folder}/it's new", "memory://json_file_test/new"])
def test_what_is_saved_comes_back_with_its_options(root, tmp_path):
    place = root.format(folder=tmp_path) + "/metrics.json"
    file = JsonFile(filepath=place, save_args={"allow_nan": False, "indent": 2})
    assert not file.exists()
    file.save({"accuracy": 0.5, "name": "ü"})
    assert file.exists()
    assert file.load() == {"accuracy": 0.5, "name": "ü"}
    assert json.loads(file.preview()) == {"accuracy": 0.5, "name": "ü"}


def test_a_save_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    file = JsonFile(filepath=str(tmp_path / "metrics.json"), save_args={"allow_nan": False})
    file.save({"accuracy": 0.5})
    for bad in ({"accuracy": float("nan")}, {"accuracy": object()}):
        with pytest.raises(DatasetError):
            file.save(bad)
    assert file.load() == {"accuracy": 0.5}
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]


def test_a_disk_that_is_full_leaves_the_old_file(tmp_path, monkeypatch):
    place = str(tmp_path / "metrics.json")
    write_file(place, b"old")

    def full(path, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(InputError, match="No space left on device"):
            write_file(place, b"new")
    assert Path(place).read_bytes() == b"old"


def test_a_bucket_has_it_too(s3):
    file = JsonFile(filepath="s3://photos/08_reporting/pets/metrics.json")
    assert not file.exists()
    file.save({"accuracy": 0.5})
    assert file.exists()
    assert file.load() == {"accuracy": 0.5}


def test_the_catalog_has_no_json_that_is_written_in_place():
    for path in Path("conf/base/catalog").glob("*.yml"):
        for name, entry in yaml.safe_load(path.read_text()).items():
            if isinstance(entry, dict):
                assert entry.get("type") != "json.JSONDataset", name
