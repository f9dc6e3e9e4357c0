"""What a run asks of S3."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.emr.planning.capacity import Pace
from pixelmill.emr.planning.storage_needs import storage_needs
from pixelmill.spark.featurizing import partitions_of
from tests.emr.planning.runs import ASSUMED, work


def needs(images, slots=80, rate=10_000.0, **of_work):
    return storage_needs(work(images, **of_work), Pace(slots, rate, 0.01), ASSUMED)


def test_each_image_is_read_once_and_listed_in_pages_of_a_thousand():
    found = needs(1_000_001)
    assert (found.gets, found.lists) == (1_000_001, 1001)


@pytest.mark.parametrize(("rate", "prefixes"), [(1, 1), (5500, 1), (5501, 2), (20_000, 4)])
def test_keys_are_spread_over_as_many_prefixes_as_the_rate_needs(rate, prefixes):
    assert needs(1_000_000, rate=rate).prefixes == prefixes


def test_full_chunks_have_as_many_files_as_a_run_makes_tasks():
    assert needs(1_000_000).files == 2 * partitions_of(500_000, 80)


@settings(deadline=None)
@given(images=st.integers(1, 10**8), chunk=st.integers(1, 10**7), slots=st.integers(1, 2000))
def test_a_chunk_never_has_fewer_tasks_than_a_run_gives_it(images, chunk, slots):
    found = needs(images, slots, chunk_size=chunk)
    a_chunk = min(images, chunk)
    assert found.files == work(images, chunk_size=chunk).chunks * partitions_of(a_chunk, slots)


def test_features_take_four_bytes_a_float():
    found = needs(1_000_000, floats=2048)
    assert found.feature_bytes == 1_000_000 * (4 * 2048 + 150)
    assert found.compacted_files == 66
    assert found.puts == found.files * 4
