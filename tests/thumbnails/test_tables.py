"""Every image that is shown has a thumbnail, or the reason why it has none."""

import io

import pyarrow as pa
import pytest
from PIL import Image

from pixelmill.tables import THUMBNAILS
from pixelmill.thumbnails.tables import ReadThumbnails, thumbnails_of


@pytest.fixture
def photos(tmp_path):
    """Pictures of several kinds, a text file that calls itself one, and none that is gone."""
    root = tmp_path / "photos"
    root.mkdir()
    Image.new("RGB", (400, 200), "red").save(root / "wide.jpg")
    Image.new("RGB", (1000, 100), "green").save(root / "panorama.png")
    Image.new("RGBA", (20, 30)).save(root / "it's <b>.webp")
    (root / "text.jpg").write_text("no picture")
    return root


def paths_of(spark, paths):
    return spark.createDataFrame(pa.table({"path": pa.array(paths, pa.string())}))


def test_thumbnails_have_the_shape_of_their_images(spark, photos):
    names = ["wide.jpg", "panorama.png", "it's <b>.webp"]
    made = thumbnails_of(paths_of(spark, names), 3, str(photos), 100)
    assert made.schema.simpleString() == spark.createDataFrame([], THUMBNAILS).schema.simpleString()
    rows = {row["path"]: row for row in made.collect()}
    sizes = {name: (row["width"], row["height"]) for name, row in rows.items()}
    assert sizes == {
        "wide.jpg": (400, 200),
        "panorama.png": (1000, 100),
        "it's <b>.webp": (20, 30),
    }
    small = [Image.open(io.BytesIO(rows[name]["thumbnail"])) for name in names]
    assert [picture.size for picture in small] == [(100, 50), (100, 10), (20, 30)]
    assert {(picture.format, picture.mode) for picture in small} == {("JPEG", "RGB")}
    assert {row["error"] for row in rows.values()} == {None}


def test_what_is_gone_or_no_picture_keeps_its_row_with_the_reason(spark, photos):
    names = ["wide.jpg", "gone.jpg", "text.jpg"]
    found = thumbnails_of(paths_of(spark, names), 3, str(photos), 50).collect()
    rows = {row["path"]: row for row in found}
    assert rows.keys() == set(names)
    assert rows["wide.jpg"]["error"] is None
    assert "vanished" in rows["gone.jpg"]["error"]
    assert "no thumbnail" in rows["text.jpg"]["error"]
    for name in ("gone.jpg", "text.jpg"):
        assert (rows[name]["width"], rows[name]["thumbnail"]) == (None, None)


def test_rows_stay_with_their_pictures_across_batches(photos):
    for number in range(300):
        shade = (number % 256, 0, 0)
        Image.new("RGB", (number + 1, 7), shade).save(photos / f"{number:03d}.png")
    names = [f"{number:03d}.png" for number in range(300)]
    arriving = [pa.RecordBatch.from_pydict({"path": part}) for part in (names[:1], [], names[1:])]
    batches = list(ReadThumbnails(str(photos), 400)(arriving))
    assert [len(batch) for batch in batches] == [128, 128, 44]
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert [row["path"] for row in rows] == names
    assert [row["width"] for row in rows] == list(range(1, 301))


def test_thumbnails_come_from_s3_too(spark, s3, photos):
    for file in photos.iterdir():
        s3.upload_file(str(file), "photos", f"of/me/{file.name}")
    task = ReadThumbnails("s3://photos/of/me", 64)
    asked = pa.RecordBatch.from_pydict({"path": ["wide.jpg", "gone.jpg", "panorama.png"]})
    rows = pa.Table.from_batches(task([asked])).to_pylist()
    assert [row["error"] and row["error"].split(":")[0] for row in rows] == [
        None,
        "unreadable, vanished",
        None,
    ]
