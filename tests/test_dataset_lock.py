"""The lock of a data set in a folder on disk."""

import pytest

from pixelmill.dataset_lock import take_lock
from pixelmill.errors import InputError
from pixelmill.storage import open_storage


def test_one_run_at_a_time_has_a_data_set(tmp_path):
    lock = take_lock(str(tmp_path), "pets")
    with pytest.raises(InputError, match=r"another run works on the data set 'pets'"):
        take_lock(str(tmp_path), "pets")
    take_lock(str(tmp_path), "digits").release()
    lock.release()
    take_lock(str(tmp_path), "pets").release()


def test_what_a_killed_run_was_writing_goes_with_the_next(tmp_path, monkeypatch):
    places = ("08_reporting/pets/map.html", "06_models/pets/export/model.onnx")
    with monkeypatch.context() as killed:
        killed.setattr("pathlib.Path.replace", lambda *_: None)
        for place in (*places, "08_reporting/digits/map.html"):
            open_storage(str(tmp_path)).write_bytes(place, b"half")
    (tmp_path / "08_reporting/pets/.notes.1").touch()
    take_lock(str(tmp_path), "pets").release()
    left = {path.parent.name: path.name for path in tmp_path.rglob("0[68]*/**/.*")}
    assert left.keys() == {"pets", "digits"}
    assert left["pets"] == ".notes.1"


def test_a_storage_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"pets cannot be written \(Not a directory\): give this"):
        take_lock(f"{tmp_path}/file", "pets")
