"""Tables made from one decoding are those that each featurizer makes alone, chunk by chunk."""

import json
import os
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from pyspark import TaskContext

from pixelmill.datasets.feature_folders import FeatureFolders
from pixelmill.datasets.feature_table import FeatureTable
from pixelmill.featurization.joint_tasks import FeaturizeTogether, Member
from pixelmill.featurization.parts import checks_part, describe_featurizer, signature_part
from pixelmill.featurization.run import featurize_images
from pixelmill.featurization.tasks import Origin
from pixelmill.featurizers import find_featurizer
from pixelmill.parameters import DuplicatesParameters, FeaturizationParameters
from pixelmill.pipelines.exploration.together import compare_together, featurize_together
from pixelmill.profiling.metering import new_meter

COLOURS = FeaturizationParameters(featurizer="colour_statistics", chunk_size=4)


class DataSet:
    """Images, their index, and three tables of features."""

    def __init__(self, spark, images, storage):
        self.images, self.storage = images, storage
        for file in images.iterdir():
            os.utime(file, (1e9, 1e9))
        rows = [
            (file.name, file.stat().st_size, datetime.fromtimestamp(int(file.stat().st_mtime), UTC))
            for file in sorted(images.iterdir())
        ]
        self.index = spark.createDataFrame(rows, "path string, size long, modified timestamp")
        self.parts = {
            "signatures": signature_part(COLOURS),
            "checks": checks_part(COLOURS),
        }
        self.featurizer = describe_featurizer(COLOURS)
        storage.mkdir()
        (storage / "featurizer.json").write_text(json.dumps(self.featurizer))

    def datasets(self):
        """The datasets of the features, the signatures and the checks."""
        folders = [FeatureFolders(filepath=str(self.storage / name)) for name in self.parts]
        return [FeatureTable(filepath=str(self.storage), empty_when_missing=True), *folders]

    def run(self):
        """Makes what is missing; the profiles of the last step."""
        wanted = DuplicatesParameters()
        stored = [dataset.load() for dataset in self.datasets()]
        missing, stale = compare_together(self.featurizer, self.index, *stored, COLOURS, wanted)
        self.missing = missing.cache()
        source = {"root": str(self.images), "count": self.index.count()}
        for step in featurize_together(
            self.missing, stale.cache(), source, self.featurizer, COLOURS, wanted
        ):
            for dataset, update in zip(self.datasets(), step[::2], strict=True):
                dataset.save(update)
        return step[1::2]

    def rows(self):
        """The rows of the three tables, sorted."""
        features, *folders = [dataset.load() for dataset in self.datasets()]
        marks = [part.fingerprint for part in self.parts.values()]
        tables = [one.of(mark) for one, mark in zip(folders, marks, strict=True)]
        return [sorted(table.collect()) for table in (features, *tables)]


@pytest.fixture
def data_set(spark, assets, tmp_path):
    """Seven photos and a file that is none."""
    (tmp_path / "images").mkdir()
    for number, photo in enumerate(sorted((assets / "pets").rglob("*.jpg"))[::40]):
        (tmp_path / "images" / f"{number}.jpg").write_bytes(photo.read_bytes())
    (tmp_path / "images" / "broken.jpg").write_bytes(b"no image")
    return DataSet(spark, tmp_path / "images", tmp_path / "features")


def alone(data_set, description, parameters):
    """The rows that one featurizer makes by itself."""
    none = data_set.index.where("false")
    source = {"root": str(data_set.images), "count": data_set.index.count()}
    steps = list(featurize_images(data_set.index, none, source, description, parameters))
    return sorted(row for update, _ in steps if update.add for row in update.add.collect())


def test_tables_are_those_of_each_featurizer_alone_and_reused(data_set):
    profiles = data_set.run()
    made = data_set.rows()
    parts = [(data_set.featurizer, COLOURS), *data_set.parts.values()]
    assert made == [alone(data_set, *part) for part in parts]
    assert [row.error for row in made[0] if row.error] == [
        "not an image: it begins with 'no image'"
    ]
    assert [profile["images"] for profile in profiles] == [8, 8, 8]
    assert [profile["failed"] for profile in profiles] == [1, 1, 1]

    for name in ("3.jpg", "5.jpg"):  # one is gone, another has changed
        (data_set.images / name).unlink()
    (data_set.images / "5.jpg").write_bytes((data_set.images / "6.jpg").read_bytes())
    spark = data_set.index.sparkSession
    changed = DataSet(spark, data_set.images, data_set.storage / "next")
    changed.storage = data_set.storage
    checks = data_set.storage / "checks" / data_set.parts["checks"].fingerprint
    next(iter((checks / "_committed").iterdir())).unlink()  # as if a run had been killed here
    profiles = changed.run()
    assert [profile["images"] for profile in profiles[:2]] == [1, 1]
    assert 1 < profiles[2]["images"] < 7
    for table in changed.rows():
        values = {row.path: row.features for row in table}
        assert values.keys() == {"0.jpg", "1.jpg", "2.jpg", "4.jpg", "5.jpg", "6.jpg", "broken.jpg"}
        assert values["5.jpg"] == values["6.jpg"]
    assert changed.run()[0]["images"] == 0
    assert changed.missing.count() == 0


def test_disabled_duplicates_want_no_signatures(data_set):
    stored = [dataset.load() for dataset in data_set.datasets()]
    disabled = DuplicatesParameters(enabled=False)
    compared = compare_together(data_set.featurizer, data_set.index, *stored, COLOURS, disabled)
    assert {row["wanted"] for row in compared[0].collect()} == {0b101}


def prepared_of(part):
    return find_featurizer(part.parameters).prepare()


def test_a_repeated_task_leaves_each_featurizer_to_a_child(data_set, spark, monkeypatch):
    """A task that failed before has the same rows; its process is not asked to decode."""
    parts = list(data_set.parts.values())
    members = [
        Member(
            spark.sparkContext.broadcast(prepared_of(part)),
            Origin(part.fingerprint, "d"),
            new_meter(spark.sparkContext),
        )
        for part in parts
    ]
    task = FeaturizeTogether(members, str(data_set.images), parameters=COLOURS, threads=1)
    rows = [row.asDict() for row in data_set.index.collect()]
    arriving = pa.RecordBatch.from_pydict(
        {
            "path": [row["path"] for row in rows],
            "size": [row["size"] for row in rows],
            "modified": [row["modified"].replace(tzinfo=UTC) for row in rows],
            "wanted": pa.array([1 + number % 3 for number in range(len(rows))], pa.int32()),
        }
    )
    usual = list(task(iter([arriving])))
    monkeypatch.setattr(TaskContext, "get", Repeated)
    assert list(task(iter([arriving]))) == usual
    first = usual[0].to_pylist()[0]
    assert first["features_0"] is not None
    assert first["features_1"] is None


class Repeated:
    """What Spark says of a second try."""

    def attemptNumber(self):  # noqa: N802 (Spark's name)
        return 1

    def taskAttemptId(self):  # noqa: N802 (Spark's name)
        return 0
