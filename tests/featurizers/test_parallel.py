"""A featurizer in several child processes: order, failures, and children that wait for more."""

import threading

import pytest

from pixelmill.errors import UnreadableImageError
from pixelmill.featurizers.parallel import (
    BYTES_A_BATCH,
    ParallelFeaturizer,
    blank_image,
    divide,
    open_parallel,
)
from pixelmill.parameters import FeaturizationParameters
from tests.featurizers.fragile import FragileFeaturizer


@pytest.fixture
def two():
    # Less than a user may ask for, since the images that never end take it several times.
    parameters = FeaturizationParameters.model_construct(batch_size=2, max_seconds=0.25)
    featurizer = ParallelFeaturizer(FragileFeaturizer(), parameters, 2)
    yield featurizer
    featurizer.close()


def test_an_image_that_ends_its_process_costs_no_other(two):
    images = [b"x" * length for length in range(1, 8)]
    images[2], images[5] = b"crash", b"endless"
    seen = []
    batches = two(images, lambda batch: seen.extend(batch.errors))
    errors = [error for batch in batches for error in batch.errors]
    assert errors[2] == "it ended the process that decoded it: SIGSEGV"
    assert errors[5] == "too much time: max_seconds is 0.25"
    assert [row for batch in batches for row in batch.features[:, 0].tolist()] == [1, 2, 4, 5, 7]
    assert len(seen) == 7
    assert [batch.errors for batch in two([b"again"], seen.append)] == [[None]]


def test_an_error_of_the_caller_leaves_the_children_ready(two):
    def images():
        yield b"a"
        raise UnreadableImageError("the bucket is gone")

    with pytest.raises(UnreadableImageError, match="the bucket is gone"):
        two(images(), lambda _: None)
    assert two([b"ab"], lambda _: None)[0].features.tolist() == [[2.0]]


def test_large_files_are_batches_of_their_own():
    large, small = b"x" * (BYTES_A_BATCH - 1), b"x"
    problem = UnreadableImageError("vanished")
    assert list(divide([small, large, problem, small, small, small], 2)) == [
        [small, large],
        [problem, small],
        [small, small],
    ]
    assert list(divide([small, large, large], 4)) == [[small, large], [large]]
    assert list(divide([], 4)) == []


def test_a_featurizer_stays_open_until_another_is_asked_for():
    first = FeaturizationParameters(featurizer="colour_statistics")
    opened = open_parallel(first, 1)
    assert open_parallel(first, 1) is opened
    assert opened.width() == 18
    assert open_parallel(FeaturizationParameters(featurizer="picture_checks"), 1) is not opened
    assert open_parallel(first, 1) is not opened


def test_children_that_have_images_are_not_ended_for_another_featurizer():
    """As threads of joblib do it with a union of two featurizers."""
    taken, done = threading.Event(), []
    opened = open_parallel(FeaturizationParameters(featurizer="colour_statistics"), 1)

    def images():
        yield blank_image()
        taken.set()

    thread = threading.Thread(target=lambda: done.extend(opened(images(), lambda _: None)))
    thread.start()
    assert taken.wait(60)
    open_parallel(FeaturizationParameters(featurizer="picture_checks"), 1)
    thread.join(60)
    assert [batch.errors for batch in done] == [[None]]
