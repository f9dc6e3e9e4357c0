"""The index follows the features that runs add, take out and replace, as Spark writes them."""

import json
from datetime import UTC, datetime

import pyarrow.dataset
import pytest
from kedro.io.core import DatasetError

from pixelmill.datasets.feature_table import FeatureTable, FeatureUpdate
from pixelmill.datasets.neighbour_index import IndexUpdate, NeighbourIndex
from pixelmill.datasets.parquet_table import ParquetTable
from pixelmill.errors import InputError
from pixelmill.parameters import NeighboursParameters
from pixelmill.tables import FEATURES

MARK, OTHER = "0123456789abcdef", "fedcba9876543210"
WHEN = datetime(2024, 5, 1, tzinfo=UTC)


class Table:
    """A table of features of two numbers, and its index.

    Attributes:
        spark: The session.
        folder: Folder of the data set's features.
        index: Beside them.
    """

    def __init__(self, spark, folder, labels):
        self.spark = spark
        self.folder = folder
        self._features = FeatureTable(filepath=str(folder))
        self._labels = ParquetTable(filepath=str(labels))
        self.index = NeighbourIndex(filepath=str(folder), labels=str(labels))
        self.use(MARK)

    def use(self, mark):
        """Makes a featurizer the current one."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / "featurizer.json").write_text(json.dumps({"fingerprint": mark}))
        self.mark = mark

    def add(self, size=1, **vectors):
        """Adds a chunk of images, whose names are those of the arguments."""
        rows = [
            (
                f"{name}.jpg",
                size,
                WHEN,
                vector,
                None if vector else "empty file",
                self.mark,
                "decoder 1",
            )
            for name, vector in vectors.items()
        ]
        table = self.spark.createDataFrame(rows, FEATURES)
        self._features.save(FeatureUpdate(self.mark, add=table))

    def remove(self, *names):
        """Takes images out, which rewrites their chunks."""
        gone = self.spark.createDataFrame([(f"{name}.jpg",) for name in names], "path string")
        self._features.save(FeatureUpdate(self.mark, remove=gone))

    def label(self, **labels):
        """Writes the image index."""
        rows = [(f"{name}.jpg", label) for name, label in labels.items()]
        self._labels.save(self.spark.createDataFrame(rows, "path string, label string"))

    def update(self, **parameters):
        """Brings the index up to date; returns its manifest."""
        asked = NeighboursParameters(threads=1, **parameters)
        self.index.save(IndexUpdate({"fingerprint": self.mark}, asked, "/photos"))
        return self.index.load().manifest()

    def order(self, *vector):
        """Names of all images, by their distance from a vector."""
        import numpy as np

        found = self.index.load().open().nearest(np.array(vector, np.float32), 100, exact=True)
        return [one.path.removesuffix(".jpg") for one in found]


@pytest.fixture
def table(spark, tmp_path):
    table = Table(spark, tmp_path / "pets", tmp_path / "image_index")
    table.label(a="cat", b="dog", c=None)
    return table


def test_chunks_are_added_as_they_arrive(table):
    table.add(a=[1.0, 0.0], b=[0.0, 1.0], broken=None)
    assert not table.index.exists()
    first = table.update()
    assert table.index.exists()
    assert (first.count, first.update.added, first.root) == (2, 2, "/photos")
    table.add(c=[0.6, 0.8])
    second = table.update()
    assert (second.count, second.update.added, second.update.rebuilt) == (3, 1, None)
    assert table.order(0.1, 1.0) == ["b", "c", "a"]
    found = table.index.load().open().nearest("a.jpg", 2)
    assert [(one.path, one.label) for one in found] == [("c.jpg", None), ("b.jpg", "dog")]


def test_an_index_of_other_features_than_there_are_now_is_refused(table):
    table.add(a=[1.0, 0.0], b=[0.0, 1.0])
    table.update()
    table.add(c=[0.6, 0.8])
    with pytest.raises(InputError, match=r"not of the features there are now: run `kedro run"):
        table.index.load().open()
    with pytest.raises(InputError, match="not of the features"):
        table.index.load().manifest()


def test_rows_that_a_run_takes_out_leave_the_index_alone_with_the_rest(table):
    table.add(a=[1.0, 0.0], b=[0.0, 1.0], c=[0.6, 0.8])
    table.update()
    table.remove("b")
    done = table.update()
    assert (done.count, done.update.added, done.update.removed) == (2, 0, 1)
    assert done.update.rebuilt is None
    assert table.order(0.1, 1.0) == ["c", "a"]


def test_an_image_that_was_computed_again_has_its_new_features(table):
    table.add(a=[1.0, 0.0], b=[0.0, 1.0], c=[0.6, 0.8])
    table.update()
    table.remove("a")
    table.add(a=[0.05, 1.0], size=2)
    done = table.update()
    assert (done.count, done.update.added, done.update.removed) == (3, 1, 1)
    assert table.order(0.1, 1.0) == ["a", "b", "c"]


def test_the_features_of_another_featurizer_have_an_index_of_their_own(table):
    table.add(a=[1.0, 0.0], b=[0.0, 1.0])
    table.update()
    table.use(OTHER)
    assert not table.index.exists()
    with pytest.raises(InputError, match=r"no neighbour index in .*pets: run `kedro run "):
        table.index.load().open()
    table.add(b=[1.0, 0.0], c=[0.0, 1.0])
    table.update()
    assert table.order(1.0, 0.1) == ["b", "c"]
    table.use(MARK)
    assert table.order(1.0, 0.1) == ["a", "b"]


def test_the_index_disturbs_no_reader_of_the_features(spark, table):
    table.add(a=[1.0, 0.0], b=[0.0, 1.0])
    table.update()
    folder = table.folder / MARK
    assert (folder / "_neighbours" / "manifest.json").exists()
    assert spark.read.parquet(str(folder)).count() == 2
    assert pyarrow.dataset.dataset(folder, format="parquet").count_rows() == 2
    table.add(c=[0.6, 0.8])
    assert (folder / "_neighbours" / "manifest.json").exists()


def test_an_index_that_nobody_wants_is_not_built(table):
    table.add(a=[1.0, 0.0], b=[0.0, 1.0])
    update = IndexUpdate({"fingerprint": MARK}, NeighboursParameters(enabled=False))
    table.index.save(update)
    assert not table.index.exists()


def test_a_missing_index_names_the_command_and_the_data_set(tmp_path):
    index = NeighbourIndex(filepath=str(tmp_path / "pets"))
    with pytest.raises(
        InputError, match=r"run `kedro run --pipelines neighbours --params dataset=pets` first"
    ):
        index.load().manifest()


def test_nothing_else_can_be_saved(table):
    with pytest.raises(DatasetError):
        table.index.save(None)
