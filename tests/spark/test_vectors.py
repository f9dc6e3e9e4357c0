"""Vectors between columns of lists and matrices."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pixelmill.spark.vectors import as_lists, as_matrix, collect_by_path

MATRICES = hnp.arrays(
    st.sampled_from([np.float32, np.float64]),
    st.tuples(st.integers(1, 8), st.integers(1, 5)),
    elements=st.integers(-1000, 1000),
)


@given(MATRICES, st.integers(1, 9))
def test_a_matrix_survives_the_way_through_a_column_in_any_chunks(rows, size):
    chunks = [as_lists(rows[start : start + size]) for start in range(0, len(rows), size)]
    back = as_matrix(pa.chunked_array(chunks))
    assert back.dtype == rows.dtype
    np.testing.assert_array_equal(back, rows)


@given(MATRICES, st.data())
def test_a_slice_of_a_column_is_the_slice_of_the_matrix(rows, data):
    start = data.draw(st.integers(0, len(rows)))
    np.testing.assert_array_equal(as_matrix(as_lists(rows)[start:], rows.shape[1]), rows[start:])


def test_no_rows_keep_the_given_width():
    assert as_matrix(pa.chunked_array([], pa.list_(pa.float32())), 7).shape == (0, 7)


@pytest.mark.parametrize("partitions", [1, 3])
def test_features_come_sorted_by_path(spark, partitions):
    rows = [("b", [3.0, 4.0], "x"), ("a", [1.0, 2.0], None), ("c", [5.0, 6.0], "y")]
    table = spark.createDataFrame(rows, "path string, features array<float>, label string")
    features, others = collect_by_path(table.repartition(partitions), "label")
    np.testing.assert_array_equal(features, np.float32([[1, 2], [3, 4], [5, 6]]))
    assert others.to_pydict() == {"path": ["a", "b", "c"], "label": [None, "x", "y"]}
