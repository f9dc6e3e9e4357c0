"""What an image can do to the process that works on it costs that image alone."""

from contextlib import closing

import numpy as np
import pytest

from pixelmill.featurizers.isolated import IsolatedFeaturizer, featurize_within_memory
from pixelmill.images.limits import Limits
from tests.featurizers.fragile import FragileFeaturizer, featurize


@pytest.fixture(scope="module")
def isolated():
    limits = Limits(max_decoded_bytes=100_000_000, max_seconds=0.25)
    with closing(IsolatedFeaturizer(FragileFeaturizer(), 1, limits)) as featurizer:
        yield featurizer


def test_a_batch_of_good_images_is_featurized(isolated):
    done = isolated([b"1", b"22", b"333"])
    np.testing.assert_array_equal(done.features, [[1], [2], [3]])
    assert done.errors == [None] * 3


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (b"crash", "it ended the process that decoded it: SIGSEGV"),
        (b"killed", "unreadable, the system ended the process that decoded it (SIGKILL)"),
        (b"endless", "too much time: max_seconds is 0.25"),
        (b"large", "unreadable, not enough memory to work on it: run again"),
    ],
)
def test_an_image_that_ends_the_process_is_a_row_with_its_reason(isolated, image, reason):
    done = isolated([b"1", image, b"333"])
    np.testing.assert_array_equal(done.features, [[1], [3]])
    assert done.errors == [None, reason, None]


def test_a_fault_of_the_featurizer_is_no_image_error(isolated):
    with pytest.raises(RuntimeError, match="ended with status 1"):
        isolated([None])
    assert isolated([b"1"]).errors == [None]


def test_a_batch_that_is_refused_memory_is_tried_image_by_image():
    done = featurize_within_memory(featurize, [b"1", b"large batch"])
    np.testing.assert_array_equal(done.features, [[1], [11]])
