"""What is drawn, placed and grouped depends on the images alone, never on partitions or order."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.spark.projecting import group, place, sampled

IMAGES = 200
ROWS = np.random.default_rng(0).normal(size=(IMAGES, 5)).astype(np.float32)
PATHS = [f"{number:03d} 'quoted', ü.jpg" for number in range(IMAGES)]


@dataclass(frozen=True)
class Linear:
    """A projection and a grouping of which every result is known."""

    matrix: np.ndarray

    def transform(self, rows):
        return rows @ self.matrix

    def predict(self, rows):
        return (rows[:, 0] > 0).astype(np.int32) - 1


FITTED = Linear(np.eye(5, 2))


def table_of(spark, order, partitions):
    labels = [None if number % 7 == 0 else f"label {number % 3}" for number in order]
    columns = {
        "path": pa.array([PATHS[number] for number in order]),
        "label": pa.array(labels, pa.string()),
        "features": pa.array([ROWS[number] for number in order], pa.list_(pa.float32())),
    }
    return spark.createDataFrame(pa.table(columns)).repartition(partitions)


def chosen(table, count, seed):
    return {row["path"] for row in table.where(sampled(table, count, seed)).collect()}


def test_as_many_are_drawn_as_are_asked_for_and_others_by_another_seed(spark):
    table = table_of(spark, range(IMAGES), 2)
    first = chosen(table, 50, 0)
    assert len(first) == 50
    assert len(first & chosen(table, 50, 1)) < 30
    assert first < chosen(table, 80, 0)  # a larger draw holds a smaller one


@settings(max_examples=4, deadline=None)
@given(order=st.permutations(range(IMAGES)), partitions=st.integers(1, 6))
def test_neither_partitions_nor_their_order_change_anything(spark, order, partitions):
    plain, other = table_of(spark, range(IMAGES), 1), table_of(spark, order, partitions)
    assert chosen(plain, 40, 3) == chosen(other, 40, 3)
    placed = place(other, IMAGES, FITTED).toArrow().sort_by("path")
    assert placed["path"].to_pylist() == PATHS
    assert np.array_equal(placed["x"].to_numpy(), ROWS[:, 0].astype(np.float64))
    assert np.array_equal(placed["y"].to_numpy(), ROWS[:, 1].astype(np.float64))
    assert placed["label"][0].as_py() is None
    assert placed["label"][1].as_py() == "label 1"


def test_groups_are_predicted_for_every_image(spark):
    table = table_of(spark, range(IMAGES), 5)
    found = group(table, IMAGES, FITTED).toArrow().sort_by("path")
    assert found["cluster"].type == pa.int32()
    assert np.array_equal(found["cluster"].to_numpy(), (ROWS[:, 0] > 0).astype(int) - 1)


@pytest.mark.parametrize("work", [place, group])
def test_no_images_are_no_rows(spark, work):
    nothing = table_of(spark, range(3), 1).where("path = ''")
    assert work(nothing, 1, FITTED).count() == 0
