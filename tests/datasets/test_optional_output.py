"""What a run leaves out is not shown by what an earlier one left."""

import pytest
from PIL import Image

from pixelmill.datasets.optional_output import OMITTED, OptionalOutput

PNG = "pixelmill.datasets.png_image.PngImage"


def test_it_saves_loads_and_shows_what_its_dataset_does(tmp_path):
    dataset = OptionalOutput(filepath=f"{tmp_path}/some/picture.png", dataset=PNG)
    assert not dataset.exists()
    assert dataset.load() is OMITTED
    dataset.save(Image.new("RGB", (3, 2), "red"))
    assert dataset.exists()
    assert dataset.load().size == (3, 2)
    assert dataset.preview().startswith("iVBOR")


@pytest.mark.parametrize("damage", [lambda png: png[:40], lambda _: b"", lambda _: b"<svg/>"])
def test_a_damaged_picture_is_passed_over_with_a_warning(damage, tmp_path, caplog):
    dataset = OptionalOutput(filepath=f"{tmp_path}/map.png", dataset=PNG)
    dataset.save(Image.effect_noise((30, 20), 60))
    whole = (tmp_path / "map.png").read_bytes()
    (tmp_path / "map.png").write_bytes(damage(whole))
    assert dataset.load() is OMITTED
    assert f"Left out: {tmp_path}/map.png is damaged, as it is no whole PNG image." in caplog.text


def test_what_is_left_out_is_taken_away_with_all_beside_it(tmp_path):
    dataset = OptionalOutput(filepath=f"{tmp_path}/map.png", dataset=PNG, beside="_files")
    dataset.save(Image.new("RGB", (3, 2)))
    (tmp_path / "map_files").mkdir()
    (tmp_path / "map_files" / "sheet.webp").write_bytes(b"sheet")
    (tmp_path / "other.png").write_bytes(b"other")
    dataset.save(OMITTED)
    assert [file.name for file in tmp_path.iterdir()] == ["other.png"]
    assert not dataset.exists()


def test_leaving_out_what_was_never_there_is_nothing(tmp_path):
    OptionalOutput(filepath=f"{tmp_path}/no/map.png", dataset=PNG, beside="_files").save(OMITTED)
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def bucket(s3):
    return lambda: {one["Key"] for one in s3.list_objects(Bucket="photos").get("Contents", [])}


def test_it_is_taken_away_on_s3_too(bucket, s3):
    uri = "s3://photos/mill/map.png"
    dataset = OptionalOutput(filepath=uri, dataset=PNG, beside="_files")
    dataset.save(Image.new("RGB", (3, 2)))
    s3.put_object(Bucket="photos", Key="mill/map_files/sheet.webp", Body=b"sheet")
    s3.put_object(Bucket="photos", Key="mill/map_files.txt", Body=b"another file")
    dataset.save(OMITTED)
    assert bucket() == {"mill/map_files.txt"}
