"""The featurization as a run carries it out, without Kedro around it."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from pixelmill.datasets.feature_table import FeatureTable
from pixelmill.datasets.parquet_table import ParquetTable
from pixelmill.datasets.small_tables import count_rows
from pixelmill.featurization.missing import compare_with_index
from pixelmill.featurization.parts import describe_featurizer
from pixelmill.featurization.run import featurize_images
from pixelmill.parameters import FeaturizationParameters

IMAGE_ENDINGS = {".jpg", ".png", ".gif"}


@dataclass
class DataSet:
    """One data set: a folder of images, its index, and its features on disk.

    Attributes:
        spark: The session.
        images: Folder of images.
        storage: Folder of the features.
        parameters: Parameters of the featurization; float32 and few reads unless a test says so.
        profile: Profile of the last run.
    """

    spark: object
    images: Path
    storage: Path
    parameters: dict = field(default_factory=lambda: {"precision": "float32", "chunk_size": 8})
    profile: dict | None = None

    def index(self):
        """The image index of the folder as it is now."""
        return self.spark.createDataFrame(self.listed())

    def listed(self):
        """The same in memory."""
        files = sorted(file for file in self.images.rglob("*") if file.suffix in IMAGE_ENDINGS)
        columns = {
            "path": pa.array([str(file.relative_to(self.images)) for file in files], pa.string()),
            "size": pa.array([file.stat().st_size for file in files], pa.int64()),
            "modified": pa.array(map(self._modified, files), pa.timestamp("us", "UTC")),
        }
        return pa.table(columns)

    def run(self, index=None, **parameters):
        """Featurizes what is missing.

        Returns:
            The rows of the table by path, and the profile.
        """
        *_, profile = self.steps(index, **parameters)
        return self.rows(), profile

    def steps(self, index=None, **parameters):
        """Does the same step by step: each is saved when its profile is yielded."""
        typed = FeaturizationParameters(**self.parameters | parameters)
        index = self.listed() if index is None else index
        featurizer = describe_featurizer(typed)
        self.storage.mkdir(exist_ok=True)
        (self.storage / "featurizer.json").write_text(json.dumps(featurizer))
        missing, stale = compare_with_index(featurizer, index, self.table(empty=True).load())
        missing, stale = self._saved(missing, "missing"), self._saved(stale, "stale")
        source = {"root": str(self.images), "count": count_rows(index)}
        steps = featurize_images(missing, stale, source, featurizer, typed, self.profile)
        for update, self.profile in steps:
            self.table().save(update)
            yield self.profile

    def table(self, empty=False):
        """The dataset of the features."""
        return FeatureTable(filepath=str(self.storage), empty_when_missing=empty)

    def rows(self):
        """All rows by path; two of one path are an error of the table."""
        rows = self.table().load().collect()
        assert len({row.path for row in rows}) == len(rows)
        return {row.path: row for row in rows}

    def _saved(self, frame, name):
        table = ParquetTable(filepath=str(self.storage / name))
        table.save(frame)
        return table.load()

    @staticmethod
    def _modified(file):
        microseconds = file.stat().st_mtime_ns // 1000
        return datetime.fromtimestamp(microseconds // 1_000_000, UTC).replace(
            microsecond=microseconds % 1_000_000
        )


@pytest.fixture
def data_set(spark, tmp_path):
    """An empty data set."""
    (tmp_path / "images").mkdir()
    return DataSet(spark, tmp_path / "images", tmp_path / "features")


@pytest.fixture
def photos(data_set, assets):
    """A data set of twelve photos of pets."""
    for number, photo in enumerate(sorted((assets / "pets").rglob("*.jpg"))[:12]):
        (data_set.images / f"{number:02}.jpg").write_bytes(photo.read_bytes())
    return data_set
