"""What the index keeps of a vector, and which vectors it can keep."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from pixelmill.errors import InputError
from pixelmill.neighbours.vectors import checksums, encode, usable
from pixelmill.parameters import NeighboursParameters

COSINE = NeighboursParameters()
FLOATS = st.floats(-(2.0**100), 2.0**100, width=32)


@given(npst.arrays(np.float32, (3, 5), elements=FLOATS))
def test_usable_vectors_have_length_one_however_large_or_small(rows):
    kept = rows[usable(rows, COSINE)]
    encoded = encode(kept, COSINE)
    assert encoded.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(encoded.astype(float), axis=1), 1, rtol=1e-5)


def test_zero_and_what_is_not_finite_has_no_angle():
    rows = np.array([[0, 0], [np.nan, 1], [np.inf, 1], [1e-38, 0], [3e38, 3e38]], np.float32)
    assert usable(rows, COSINE).tolist() == [False, False, False, True, True]


def test_what_overflows_the_precision_has_no_euclidean_distance():
    rows = np.array([[0, 0], [np.nan, 1], [np.inf, 1], [70_000, 0]], np.float32)
    by_precision = {
        precision: usable(rows, NeighboursParameters(metric="euclidean", precision=precision))
        for precision in ("float16", "float32")
    }
    assert by_precision["float16"].tolist() == [True, False, False, False]
    assert by_precision["float32"].tolist() == [True, False, False, True]


@given(npst.arrays(np.float32, (1, 6), elements=FLOATS), st.integers(0, 5), st.integers(0, 31))
def test_a_checksum_sees_every_bit(rows, column, bit):
    other = rows.copy()
    other.view(np.uint32)[0, column] ^= np.uint32(1 << bit)
    assert checksums(rows) != checksums(other)
    assert checksums(rows) == checksums(rows.copy())
    both = checksums(np.concatenate([other, rows]))
    assert both.tolist() == [*checksums(other), *checksums(rows)]


def test_a_vector_beyond_float16_is_told_as_such(made, draw):
    made.parameters = NeighboursParameters(metric="euclidean")
    made.add("a", draw(30))
    made.update()
    with pytest.raises(InputError, match="cannot be compared: its vector is too large for float16"):
        made.index().nearest(np.full(48, 1e5))
