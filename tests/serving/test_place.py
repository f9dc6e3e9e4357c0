"""Models on S3 as on disk: found, served, and taken up when they are replaced."""

import os
import shutil
import time

import pytest

from pixelmill.errors import InputError
from pixelmill.serving.place import Place, find_index_beside


def upload(s3, folder, prefix):
    """Copies a folder; the manifest last, as an export writes it."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    for file in sorted(files, key=lambda file: file.name == "manifest.json"):
        s3.upload_file(str(file), "photos", f"{prefix}/{file.relative_to(folder)}")


def test_the_index_of_a_model_is_in_the_same_storage(pets, tmp_path):
    features = pets.storage / "04_feature" / "pets"
    mark, _ = pets.featurizer()
    for model in (str(pets.model), f"{pets.model}/"):
        assert find_index_beside(model) == str(features / mark / "_neighbours")
    assert find_index_beside(str(tmp_path)) is None
    model = str(pets.export(tmp_path / "06_models" / "other" / "export"))
    assert find_index_beside(model) is None
    assert Place(str(pets.model), "none").find_index() is None


def test_features_of_another_featurizer_leave_a_model_its_index(pets, tmp_path):
    """A later run may have made features and an index by another featurizer."""
    shutil.copytree(pets.storage, tmp_path / "storage")
    model = tmp_path / "storage" / "06_models" / "pets" / "export"
    features = tmp_path / "storage" / "04_feature" / "pets"
    mark, _ = pets.featurizer()
    shutil.copytree(features / mark, features / "another")
    (features / "featurizer.json").write_text('{"fingerprint": "another"}')
    assert Place(str(model)).find_index() == str(features / mark / "_neighbours")


def test_a_stamp_changes_when_an_index_is_made(pets, tmp_path):
    model = pets.export(tmp_path / "06_models" / "pets" / "export")
    place = Place(str(model))
    before = place.stamp()
    shutil.copytree(pets.storage / "04_feature", tmp_path / "04_feature")
    assert place.stamp() != before


def test_a_stamp_changes_with_the_model_and_with_its_index(pets, tmp_path):
    model = pets.export(tmp_path / "export")
    place = Place(str(model), str(pets.storage / "04_feature" / "pets"))
    before = place.stamp()
    assert place.stamp() == before
    pets.export(model)
    assert place.stamp() != before
    (model / "manifest.json").unlink()
    with pytest.raises(InputError, match=r"has no manifest.json"):
        place.stamp()


def test_a_model_in_a_bucket_is_served_and_taken_up_when_it_is_replaced(
    pets, s3, start_service, tmp_path
):
    upload(s3, pets.storage / "06_models", "data/06_models")
    upload(s3, pets.storage / "04_feature", "data/04_feature")
    place = "s3://photos/data/06_models/pets/export"
    environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    (tmp_path / "temporary").mkdir()
    environment["TMPDIR"] = str(tmp_path / "temporary")
    service = start_service(place, "--set=reload_seconds=0.3", **environment)
    about = service.get("/model").json()
    assert about["index"]["images"] == len(pets.paths)
    (result,) = service.post("/similar?k=1", pets.photo(2)).json()["results"]
    assert result["neighbours"][0]["path"] == pets.paths[2]
    labels = ["A", "B", "C", "D"]
    upload(s3, pets.export(tmp_path / "other", labels), "data/06_models/pets/export")
    wait_for(lambda: service.get("/model").json()["labels"] == labels)
    (result,) = service.post("/classify?k=1", pets.photo(0)).json()["results"]
    assert result["predictions"][0]["label"] == "A"
    wait_for(lambda: len(index_copies(tmp_path)) == 1)
    assert service.stop() == 0
    assert list((tmp_path / "temporary").iterdir()) == []


def index_copies(folder):
    """Files of vectors that services have copied to their folder of temporary files."""
    return sorted((folder / "temporary").rglob("vectors-*.bin"))


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)
