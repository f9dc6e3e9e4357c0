"""Codes keep the distances of vectors, whatever their number and width."""

import numpy as np
import pytest

from pixelmill.neighbours.components import LEVELS, Components
from pixelmill.neighbours.graph_file import UnreadableIndexError
from pixelmill.neighbours.vector_file import VectorFile


def correlated(count, width, rank=8):
    """float32 [count, width] with most of the variance in some directions, far from zero."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(count, rank)) @ random.normal(size=(rank, width))
    return (rows + random.normal(0, 0.05, (count, width)) + 3).astype(np.float32)


def distances(rows):
    rows = rows.astype(float)
    return np.linalg.norm(rows[:, None] - rows[None], axis=2)


@pytest.mark.parametrize("shape", [(300, 40), (60, 500)])
def test_distances_of_codes_are_those_of_vectors_but_for_a_factor(shape):
    rows = correlated(*shape)
    codes = Components.fit(VectorFile(rows, "euclidean"), 16).codes(rows)
    assert (codes.dtype, codes.shape) == (np.int8, (shape[0], 16))
    assert np.abs(codes.astype(int)).max() == LEVELS
    far, found = distances(rows), distances(codes)
    others = ~np.eye(len(rows), dtype=bool)
    factor = (found[others] / far[others]).mean()
    np.testing.assert_allclose(found[others] / factor, far[others], rtol=0.08)


def test_there_are_no_more_components_than_images_or_numbers():
    assert Components.fit(VectorFile(correlated(5, 9), "cosine"), 256).axes.shape == (5, 9)
    assert Components.fit(VectorFile(correlated(50, 9), "cosine"), 256).axes.shape == (9, 9)


@pytest.mark.parametrize("count", [1, 30])
def test_equal_vectors_have_equal_codes(count):
    rows = np.tile(correlated(1, 12), (count, 1))
    codes = Components.fit(VectorFile(rows, "euclidean"), 4).codes(rows)
    assert not codes.any()


def test_a_vector_far_from_all_others_has_the_last_levels():
    rows = correlated(100, 12)
    components = Components.fit(VectorFile(rows, "euclidean"), 4)
    codes = components.codes(rows[:1] + 1e6 * components.axes[:1])
    assert codes[0, 0] == LEVELS


def test_what_was_saved_is_opened_and_nothing_else(tmp_path):
    components = Components.fit(VectorFile(correlated(30, 12), "cosine"), 4)
    file = tmp_path / "components.bin"
    components.save(file)
    found = Components.opened(str(file), 12)
    np.testing.assert_array_equal(found.mean, components.mean)
    np.testing.assert_array_equal(found.axes, components.axes)
    whole = file.read_bytes()
    nan = np.full(24, np.nan, np.float32).tobytes()
    for content in (b"", whole[:-1], whole[: 12 * 4], whole[:-4], nan):
        file.write_bytes(content)
        with pytest.raises(UnreadableIndexError, match="components are those of other vectors"):
            Components.opened(str(file), 12)
