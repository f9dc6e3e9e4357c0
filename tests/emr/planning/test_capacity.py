"""The nodes of a cluster, and how long they need."""

from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pixelmill.emr.cluster_request import cluster_request
from pixelmill.emr.planning.assumptions import load_assumptions
from pixelmill.emr.planning.capacity import (
    cluster_duration,
    cluster_of,
    cluster_pace,
    fits,
    serverless_duration,
    serverless_pace,
    tasks_a_chunk,
)
from pixelmill.emr.settings import ServerlessSettings, load_settings
from pixelmill.errors import InputError
from tests.emr.jobs import job
from tests.emr.planning.runs import ASSUMED, PRICES, PROFILE, ROOT, work


def cluster(*changes):
    return cluster_of(load_settings(ROOT, changes), PRICES)


def pace(*changes, **of_work):
    return cluster_pace(cluster(*changes), work(**of_work), ASSUMED)


ONE = ("core.instances=[c7a.4xlarge]", "task.spot=0")


def test_a_cluster_has_the_nodes_of_the_settings_each_of_the_preferred_type():
    found = cluster("core.on_demand=2", "task.spot=6", "task.on_demand=1")
    assert found.primary.instance.name == "m7i.2xlarge"
    assert [(group.instance.name, group.on_demand, group.spot) for group in found.workers] == [
        ("c7i.4xlarge", 2, 0),
        ("c7i.4xlarge", 1, 6),
    ]
    assert (found.nodes, found.spot, found.vcpus) == (9, 6, 144)


def test_the_pace_is_that_of_the_profile_on_as_many_cores():
    run = work()
    seconds = run.network_seconds + run.plain_seconds  # a c7a is the reference
    assert pace(*ONE).images_per_second == pytest.approx(16 * 0.9 / seconds)


def test_twice_the_nodes_are_twice_as_fast():
    double = pace(*ONE, "core.on_demand=2")
    assert double.images_per_second == pytest.approx(2 * pace(*ONE).images_per_second)


def test_spot_nodes_lose_a_share_of_their_work():
    spot = pace("core.instances=[c7a.4xlarge]", "task.instances=[c7a.4xlarge]", "task.spot=1")
    assert spot.images_per_second == pytest.approx(1.95 * pace(*ONE).images_per_second)


def test_a_task_is_never_faster_than_its_reads():
    found = pace(*ONE, reads_in_flight=1)
    assert found.slowest == pytest.approx(ASSUMED.latency)


def test_large_images_are_bound_by_the_network_of_the_node():
    found = pace(*ONE, image_bytes=50e6)
    assert found.images_per_second == pytest.approx(0.39e9 / 8 / 50e6 * 16 * 0.9)


def test_the_tasks_at_once_are_those_of_the_executors_that_the_request_has():
    request = cluster_request(job("task.instances=[m7i.4xlarge]", "task.spot=2"))
    properties = request["Configurations"][0]["Properties"]
    cores = int(properties["spark.executor.cores"])
    executor = sum(
        int(properties[name].removesuffix("m"))
        for name in ("spark.executor.memory", "spark.executor.memoryOverhead")
    )
    for_all = [min(16 // cores, int(gigabytes * 768) // executor) for gigabytes in (32, 64, 64)]
    assert pace("task.instances=[m7i.4xlarge]", "task.spot=2").slots == cores * sum(for_all) == 48


@pytest.mark.parametrize("gigabytes", [1, 5, 30])
def test_a_worker_larger_than_its_share_of_an_executor_is_reported(gigabytes):
    large = PROFILE.model_copy(update={"peak_worker_memory_bytes": gigabytes * 10**9})
    run = work(profile=large)
    assert not fits(PRICES.instance("c7a.4xlarge"), run)
    with pytest.raises(
        InputError, match=rf"needs {gigabytes}\.0 GB, more than the 1\.0 GB that an "
    ):
        cluster_pace(cluster(*ONE), run, ASSUMED)


def test_a_worker_larger_than_its_share_of_a_serverless_worker_is_reported():
    run = work(profile=PROFILE.model_copy(update={"peak_worker_memory_bytes": 3 * 10**9}))
    with pytest.raises(InputError, match=r"with 16 GB has for each of its vCPUs: raise serverless"):
        serverless_pace(ServerlessSettings(), PRICES, run, ASSUMED)


def test_the_parts_of_the_time_are_as_assumed():
    took = cluster_duration(cluster(*ONE), work(1_000_000), ASSUMED)
    found = pace(*ONE)
    assert took.start == 8 * 60 + 60
    assert took.index == pytest.approx(1_000_000 / 17_000)
    assert took.images == pytest.approx(1_000_000 / found.images_per_second)
    assert took.chunks == pytest.approx(2 * (5 + 500_000 / 1024 * found.slowest / 2))
    assert took.hours == pytest.approx((took.start + took.index + took.images + took.chunks) / 3600)


def test_serverless_starts_sooner_and_is_as_fast_as_its_workers():
    sizes = ServerlessSettings(vcpus=4, memory=16, workers=10)
    found = serverless_pace(sizes, PRICES, work(), ASSUMED)
    assert found.slots == 40
    assert serverless_duration(sizes, found, work(), ASSUMED).start == 3 * 60 + 60


@settings(deadline=None)
@given(
    few=st.integers(1, 10**9),
    more=st.integers(0, 10**9),
    chunk_size=st.integers(1, 10**7),
    nodes=st.integers(1, 50),
)
@example(few=3283, more=17, chunk_size=3300, nodes=1)
def test_more_images_never_take_less_time(few, more, chunk_size, nodes):
    """But for one task more, after which the wait for the slowest of them is shorter."""
    of = replace(CLUSTER, workers=(replace(CLUSTER.workers[0], on_demand=nodes),))
    works = [work(images, chunk_size=chunk_size) for images in (few, few + more)]
    less, longer = (cluster_duration(of, one, ASSUMED) for one in works)
    tasks = tasks_a_chunk(of.properties, cluster_pace(of, works[0], ASSUMED), works[0])
    assert less.seconds <= longer.seconds + less.chunks / tasks


@settings(deadline=None)
@given(value=st.floats(0.1, 1.0))
def test_a_lower_utilisation_never_makes_a_run_faster(value):
    assumed = load_assumptions([f"utilisation={value}"])
    full = load_assumptions(["utilisation=1"])
    slow = cluster_duration(CLUSTER, work(), assumed).seconds
    assert slow >= cluster_duration(CLUSTER, work(), full).seconds


CLUSTER = cluster(*ONE)
