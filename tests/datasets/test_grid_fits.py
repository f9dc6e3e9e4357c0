"""The folder of finished fits: what a killed run leaves counts, half a file does not."""

import json
import math

import pytest

from pixelmill.datasets.grid_fits import FinishedFit, GridFits


def fit(key, **other):
    values = {"estimator": "svm_sgd", "parameters": {"step": 1}, "fold": 0, "seconds": 0.5}
    return FinishedFit(key=key, **values | other)


@pytest.fixture
def fits(tmp_path):
    return GridFits(filepath=str(tmp_path / "grid"))


def keys(dataset):
    return sorted(fit.key for fit in dataset.load())


def test_where_nobody_searched_there_are_no_fits(fits):
    assert fits.load() == []
    assert not fits.exists()


def test_every_save_adds_to_what_is_there(fits):
    first, second = fit("a", score=0.1 + 0.2), fit("b", error="ValueError: no", retry=True)
    fits.save([first])
    fits.save([second, fit("c", score=1.0, warnings=["slow"])])
    assert keys(fits) == ["a", "b", "c"]
    loaded = fits.load()
    assert first in loaded
    assert second in loaded


def test_parameters_come_back_as_they_were(fits):
    given = {"C": math.inf, "layers": [50, 50], "solver": None, "warm": True, "name": "ü\n"}
    fits.save([fit("a", parameters=given)])
    assert fits.load()[0].parameters == given


def test_half_a_file_does_not_count(fits, tmp_path, caplog):
    fits.save([fit("a")])
    whole = next((tmp_path / "grid").glob("*.json")).read_bytes()
    (tmp_path / "grid" / "0123").write_bytes(whole)  # what a run leaves that dies in a save
    (tmp_path / "grid" / "damaged.json").write_bytes(whole[:40])
    (tmp_path / "grid" / "other.json").write_text(json.dumps([{"key": "b"}]))
    assert keys(fits) == ["a"]
    assert "damaged.json is damaged: its fits are done again" in caplog.text


def test_a_changed_bit_costs_the_fits_of_its_file_and_never_changes_one(fits, tmp_path):
    known = fit("a", score=0.625)
    fits.save([known])
    (file,) = (tmp_path / "grid").glob("*.json")
    whole = file.read_bytes()
    for bit in range(0, 8 * len(whole), 3):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        file.write_bytes(changed)
        assert fits.load() in ([], [known])


def test_fits_of_early_versions_are_read(fits, tmp_path):
    fits.save([])
    (tmp_path / "grid" / "early.json").write_text(json.dumps([fit("a").model_dump()]))
    assert keys(fits) == ["a"]


def test_it_exists_from_the_end_of_a_search_to_the_next_fit(fits):
    fits.save([fit("a")])
    assert not fits.exists()
    fits.save([])
    assert fits.exists()
    assert keys(fits) == ["a"]
    fits.save([fit("b")])
    assert not fits.exists()


def test_failures_of_the_machine_leave_a_search_unfinished(fits):
    fits.save([fit("a", error="its task failed", retry=True)])
    fits.save([fit("b", score=1.0)])
    fits.save([])
    assert fits.is_unfinished()
    fits.save([fit("a", score=0.5)])  # the next run tries it again
    fits.save([])
    assert not fits.is_unfinished()


def test_a_folder_with_odd_characters(tmp_path):
    fits = GridFits(filepath=str(tmp_path / "[a]*? ü"))
    fits.save([fit("a")])
    assert keys(fits) == ["a"]


def test_fits_in_a_bucket(s3):
    fits = GridFits(filepath="s3://photos/models/grid")
    assert fits.load() == []
    fits.save([fit("a")])
    fits.save([fit("b")])
    fits.save([])
    assert keys(GridFits(filepath="s3://photos/models/grid/")) == ["a", "b"]
    assert fits.exists()
    listed = s3.list_objects_v2(Bucket="photos")["Contents"]
    names = [entry["Key"].rpartition("/")[2] for entry in listed]
    assert sorted(name.partition(".")[2] for name in names) == ["", "json", "json"]
