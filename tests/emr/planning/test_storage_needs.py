"""What a run asks of S3."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.emr.cluster_request import spark_defaults
from pixelmill.emr.planning.capacity import Pace, tasks_a_chunk
from pixelmill.emr.planning.storage_needs import storage_needs
from pixelmill.emr.serverless_request import worker_properties
from pixelmill.emr.settings import ServerlessSettings
from pixelmill.spark.parallelism import divided_for, partitions_of
from tests.emr.planning.runs import ASSUMED, settings_of, work

PROPERTIES = spark_defaults(settings_of())


def needs(images, slots=80, rate=10_000.0, **of_work):
    run, pace = work(images, **of_work), Pace(slots, rate, 0.01)
    return storage_needs(run, pace, tasks_a_chunk(PROPERTIES, pace, run), ASSUMED)


def test_each_image_is_read_once_and_listed_in_pages_of_a_thousand():
    found = needs(1_000_001)
    assert (found.gets, found.lists) == (1_000_001, 1001)


@pytest.mark.parametrize(("rate", "prefixes"), [(1, 1), (5500, 1), (5501, 2), (20_000, 4)])
def test_keys_are_spread_over_as_many_prefixes_as_the_rate_needs(rate, prefixes):
    assert needs(1_000_000, rate=rate).prefixes == prefixes


def test_full_chunks_have_as_many_files_as_a_run_makes_tasks():
    assert needs(1_000_000).files == 2 * 1024


@settings(deadline=None)
@given(images=st.integers(1, 10**8), chunk=st.integers(1, 10**7), slots=st.integers(1, 2000))
def test_a_chunk_never_has_fewer_tasks_than_a_run_gives_it(images, chunk, slots):
    found = needs(images, slots, chunk_size=chunk)
    # As `pixelmill.pipelines.featurization` divides a run.
    chunks = math.ceil(images / chunk)
    a_chunk = math.ceil(images / chunks)
    tasks = partitions_of(a_chunk, divided_for(PROPERTIES, slots, a_chunk))
    assert found.files == chunks * tasks


def test_the_executors_of_a_serverless_run_divide_its_chunks():
    few = ServerlessSettings(vcpus=4, memory=16, workers=10)
    run = work(1_000_000)
    assert tasks_a_chunk(worker_properties(few), Pace(40, 1000.0, 0.01), run) == 520


def test_features_take_four_bytes_a_float():
    found = needs(1_000_000, floats=2048)
    assert found.feature_bytes == 1_000_000 * (4 * 2048 + 150)
    assert found.compacted_files == 66
    assert found.puts == found.files * 4
