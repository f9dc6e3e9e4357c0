"""The pipeline on real photos and bad files, without Kedro around it."""

import io
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from pixelmill.datasets.feature_folders import FeatureFolders
from pixelmill.datasets.index_state import index_state, table_state
from pixelmill.datasets.page_of_images import PageOfImages
from pixelmill.datasets.parquet_table import ParquetTable
from pixelmill.parameters import DuplicatesParameters, FeaturizationParameters
from pixelmill.pipelines.duplicates import nodes

FEATURIZATION = FeaturizationParameters(chunk_size=8)
INDEX = "path string, label string, size long, modified timestamp"


@dataclass
class Gallery:
    """A folder of images, and where their signatures lie."""

    spark: object
    images: Path
    storage: Path

    def index(self):
        rows = [
            (str(file.relative_to(self.images)), file.parent.name, stat.st_size, _time(stat))
            for file in sorted(self.images.rglob("*.*"))
            if (stat := file.stat())
        ]
        return self.spark.createDataFrame(rows, INDEX)

    def run(self, **parameters):
        """The table, the summary, page and list, and the images that were signed now."""
        duplicates = DuplicatesParameters(**parameters)
        index, folders = self.index(), FeatureFolders(filepath=str(self.storage / "signatures"))
        tables = nodes.compare_signatures(index, folders.load(), duplicates, FEATURIZATION)
        unsigned, stale = (
            self._saved(table, name) for table, name in zip(tables, "us", strict=True)
        )
        source, done = {"root": str(self.images), "count": index.count()}, 0
        for update, profile in nodes.sign_images(
            unsigned, stale, source, duplicates, FEATURIZATION
        ):
            folders.save(update)
            done = profile["images"]
        table, summary = nodes.find_near_duplicates(
            index, folders.load(), duplicates, FEATURIZATION
        )
        page, copies = nodes.write_duplicates_page(table, summary, source, duplicates, "pets")
        return table, json.loads(json.dumps(summary)), page, copies, done

    def _saved(self, frame, name):
        table = ParquetTable(filepath=str(self.storage / name))
        table.save(frame)
        return table.load()


def _time(stat):
    return datetime.fromtimestamp(stat.st_mtime_ns // 1000 / 1e6, UTC)


@pytest.fixture
def gallery(spark, tmp_path, assets):
    """Six photos; of the first a crop under another label, and of the second the same bytes."""
    images = tmp_path / "images"
    photos = sorted((assets / "pets").rglob("*.jpg"))[::40][:6]
    for number, photo in enumerate(photos):
        (images / "cat").mkdir(parents=True, exist_ok=True)
        (images / "cat" / f"{number}.jpg").write_bytes(photo.read_bytes())
    (images / "dog's").mkdir()
    with Image.open(photos[0]) as image:
        width, height = image.size
        image.crop((0, 0, int(width * 0.95), height)).save(images / "dog's" / "<b>crop.png")
    (images / "cat" / "1 copy.jpg").write_bytes(photos[1].read_bytes())
    (images / "cat" / "text.jpg").write_bytes(b"no picture")
    (images / "cat" / "cut.jpg").write_bytes(photos[2].read_bytes()[:4000])
    return Gallery(spark, images, tmp_path)


def found(table):
    return {
        row["path"]: (row["group"], row["kind"], row["keep"], row["labels_differ"])
        for row in table.to_pylist()
    }


EXPECTED = {
    "cat/0.jpg": (0, None, True, True),
    "dog's/<b>crop.png": (0, "same picture", False, True),
    "cat/1.jpg": (1, None, True, False),
    "cat/1 copy.jpg": (1, "exact bytes", False, False),
}


def test_copies_are_found_and_bad_files_are_counted(gallery):
    table, summary, page, copies, done = gallery.run()
    assert done == 10
    assert found(table) == EXPECTED
    assert table_state(table) == index_state(gallery.index())
    counts = {"images": 8, "unreadable": 2, "groups": 2, "copies": 2, "labels_differ": 1}
    assert counts.items() <= summary.items()
    assert page.count("data:image/webp") == 4
    assert copies.splitlines()[1].startswith("dog's/<b>crop.png,cat/0.jpg,same picture,0.9")
    size = {row["path"]: (row["width"], row["height"]) for row in table.to_pylist()}
    with Image.open(gallery.images / "cat" / "0.jpg") as image:
        assert size["cat/0.jpg"] == image.size


def test_the_next_run_signs_only_what_is_new_or_changed(gallery):
    gallery.run()
    (gallery.images / "cat" / "1 copy.jpg").unlink()
    out = io.BytesIO()
    Image.effect_noise((300, 200), 60).save(out, "PNG")
    (gallery.images / "cat" / "new.png").write_bytes(out.getvalue())
    table, summary, *_, done = gallery.run()
    assert done == 1
    assert summary["images"] == 8
    assert found(table).keys() == {"cat/0.jpg", "dog's/<b>crop.png"}


def test_a_file_that_went_since_is_a_tile_with_its_reason(gallery):
    table, summary, *_ = gallery.run()
    (gallery.images / "cat" / "1.jpg").unlink()
    page, _ = nodes.write_duplicates_page(
        table, summary, {"root": str(gallery.images)}, DuplicatesParameters(), "pets"
    )
    assert "unreadable, vanished" in page
    file = PageOfImages(filepath=str(gallery.storage / "duplicates.html"))
    file.save(page)
    assert file.is_unfinished(), "the next run reads the photo again"
    assert page.count("data:image/webp") == 3


def test_switched_off_there_is_no_work_and_nothing_stale(gallery):
    gallery.run()
    table, summary, page, copies, done = gallery.run(enabled=False)
    assert (done, table.num_rows, summary) == (0, 0, {"enabled": False})
    assert "duplicates.enabled" in page
    assert "crop.png" not in page
    assert copies == "path,keep,kind,similarity,label,size\n"


def test_the_oldest_is_kept_where_that_is_asked_for(gallery):
    os.utime(gallery.images / "dog's" / "<b>crop.png", (1_000_000_000, 1_000_000_000))
    table, *_ = gallery.run(keep="oldest")
    assert found(table)["dog's/<b>crop.png"][2]
