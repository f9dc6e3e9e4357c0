"""How many images there are, how large they are, and how long a feature is."""

import json
import shutil
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixelmill.emr.chosen_run import run_parameters
from pixelmill.emr.planning.quantities import count_images, measure_sample
from pixelmill.errors import InputError
from tests.emr.planning.runs import ROOT


@pytest.fixture
def count(known_project, monkeypatch):
    """Counts images as `kedro emr plan` with these parameters does."""
    monkeypatch.setenv("PIXELMILL_STORAGE", "")

    def of_a_run(given=None, storage="/nowhere", **params):
        parameters = run_parameters(ROOT, storage, {"dataset": "pets"} | params)
        return count_images(given, parameters, storage)

    return of_a_run


@pytest.fixture
def folder(tmp_path):
    """Three files of 1, 2 and 6 kB, two of them images."""
    for name, size in {"a/1.jpg": 1000, "a/2.png": 2000, "notes.txt": 6000}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * size)
    return tmp_path


def test_what_the_user_says_counts(count):
    quantity, size = count(7, images="/nowhere")
    assert (quantity.value, quantity.source, size) == (7, "--images", None)


def test_the_images_of_a_folder_are_counted_and_measured(count, folder):
    quantity, size = count(images=str(folder))
    assert (quantity.value, size) == (2, 1500)
    assert quantity.source == f"counted in {folder}"


def test_the_images_of_a_bucket_are_counted(count, s3):
    for name in ("x/1.jpg", "x/2.jpg", "y/3.jpg"):
        s3.put_object(Bucket="photos", Key=name, Body=b"1234")
    quantity, size = count(images="s3://photos/x")
    assert (quantity.value, size) == (2, 4)


def test_a_list_of_urls_has_to_be_collected_first(count, tmp_path):
    place = tmp_path / "urls.csv"
    place.write_text("url\nhttp://example.org/1.jpg\n")
    with pytest.raises(InputError) as caught:
        count(images=str(place), dataset="shop")
    command = f"kedro run --pipelines collection,ingestion --params dataset=shop,images={place}"
    assert command in str(caught.value)
    assert "--images 1000000 --image-kb 100" in str(caught.value)
    assert count(5, images=str(place), dataset="shop")[0].value == 5


def test_an_earlier_count_is_taken_from_the_bucket_of_the_tables(count, s3):
    content = json.dumps({"count": 1234})
    s3.put_object(Bucket="photos", Key="out/02_intermediate/pets/source.json", Body=content)
    quantity, _ = count(storage="s3://photos/out")
    assert quantity.value == 1234
    assert quantity.source == "s3://photos/out/02_intermediate/pets/source.json"


def test_a_damaged_count_is_reported(count, tmp_path):
    place = tmp_path / "02_intermediate/pets/source.json"
    place.parent.mkdir(parents=True)
    place.write_text("{")
    with pytest.raises(InputError, match=r"source\.json is damaged: give --images"):
        count(storage=str(tmp_path))


def test_without_any_count_the_error_says_how_to_give_one(count, tmp_path):
    with pytest.raises(InputError, match="nothing says how many images there are: give --images"):
        count(storage=str(tmp_path))


def test_the_features_of_a_local_run_have_sizes_and_lengths(tmp_path):
    features = tmp_path / "04_feature/pets"
    for mark, floats in (("old", 3), ("new", 5)):
        (features / mark / "chunk=1").mkdir(parents=True)
        table = pa.table({"size": [100, 300, 200], "features": [None, [0.5] * floats, None]})
        pq.write_table(table, features / mark / "chunk=1/part-0.parquet")
    (features / "featurizer.json").write_text('{"fingerprint": "new"}')
    sample = measure_sample(str(tmp_path), "pets")
    assert (sample.image_bytes, sample.floats) == (200, 5)


def test_the_features_of_a_run_on_s3_have_the_same(s3):
    table, body = pa.table({"size": [100], "features": [[0.5] * 7]}), pa.BufferOutputStream()
    pq.write_table(table, body)
    put = partial(s3.put_object, Bucket="photos")
    put(Key="out/04_feature/pets/mark/chunk=1/part-0.parquet", Body=body.getvalue().to_pybytes())
    put(Key="out/04_feature/pets/featurizer.json", Body='{"fingerprint": "mark"}')
    sample = measure_sample("s3://photos/out", "pets")
    assert (sample.image_bytes, sample.floats) == (100, 7)


def test_without_features_nothing_is_known_of_the_images(tmp_path):
    sample = measure_sample(str(tmp_path), "pets")
    assert (sample.image_bytes, sample.floats) == (None, None)


def test_parameters_are_those_of_a_run_on_the_cluster(known_project, monkeypatch):
    monkeypatch.setenv("PIXELMILL_STORAGE", "")

    def featurization(**given):
        return run_parameters(ROOT, "s3://photos/x", {"featurization": given}).featurization

    assert featurization().chunk_size == 500_000
    assert featurization(chunk_size=7).chunk_size == 7
    with pytest.raises(InputError, match=r"'featurization\.chunk_size' is 0: .* greater"):
        featurization(chunk_size=0)


def test_images_are_counted_as_the_projects_configuration_lists_them(
    known_project, folder, tmp_path, monkeypatch
):
    monkeypatch.setenv("PIXELMILL_STORAGE", "")
    project = tmp_path / "project"
    shutil.copytree(ROOT / "conf", project / "conf")
    (project / "conf/emr/parameters/ingestion.yml").write_text("ingestion: {exclude: ['b/*']}")
    (folder / "b").mkdir()
    (folder / "b/3.jpg").write_bytes(b"x")
    parameters = run_parameters(project, str(tmp_path), {"images": str(folder)})
    assert count_images(None, parameters, str(tmp_path))[0].value == 2
