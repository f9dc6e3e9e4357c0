"""What a run costs, by part."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.emr.planning.capacity import Duration, Pace, cluster_of
from pixelmill.emr.planning.cost import cluster_cost, serverless_cost
from pixelmill.emr.planning.storage_needs import storage_needs
from pixelmill.emr.settings import ServerlessSettings, load_settings
from tests.emr.planning.runs import ASSUMED, PRICES, ROOT, planner, work

CLUSTER = cluster_of(load_settings(ROOT), PRICES)
NEEDS = storage_needs(work(1_000_000), Pace(80, 5000.0, 0.01), 1024, ASSUMED)


def cost(hours, cluster=CLUSTER):
    return cluster_cost(cluster, Duration(0, 0, hours * 3600, 0), NEEDS, PRICES)


def test_each_part_is_hours_times_nodes_times_price():
    found = cost(2)
    c7i, m7i = PRICES.instance("c7i.4xlarge"), PRICES.instance("m7i.2xlarge")
    assert found.on_demand == pytest.approx(2 * (m7i.on_demand + c7i.on_demand))
    assert found.spot == pytest.approx(2 * 4 * c7i.spot)
    assert found.emr_fee == pytest.approx(2 * (m7i.emr + 5 * c7i.emr))
    assert found.ebs == pytest.approx(2 / 730 * 6 * (64 + 30) * 0.08)
    assert found.serverless == 0


def test_s3_is_paid_by_request_and_by_gigabyte():
    found = cost(1)
    requests = 1_000_000 * 0.0004 + (1000 + NEEDS.files * 4) * 0.005
    assert found.s3_requests == pytest.approx(requests / 1000)
    assert found.s3_storage == pytest.approx(NEEDS.stored_bytes / 1e9 * 0.023)


def test_serverless_pays_vcpus_and_memory_of_the_workers_and_the_driver():
    sizes = ServerlessSettings(vcpus=4, memory=16, workers=10)
    found = serverless_cost(sizes, Duration(0, 0, 7200, 0), NEEDS, PRICES)
    assert found.serverless == pytest.approx(2 * 11 * (4 * 0.052624 + 16 * 0.0057785))
    assert found.on_demand == found.emr_fee == found.ebs == 0


@settings(deadline=None)
@given(hours=st.floats(0, 1000))
def test_the_parts_sum_to_the_total(hours):
    found = cost(hours)
    assert found.total == pytest.approx(sum(found.parts.values()))
    assert all(part >= 0 for part in found.parts.values())


@settings(deadline=None)
@given(few=st.integers(1, 10**8), more=st.integers(0, 10**8), chunk=st.integers(1000, 10**6))
def test_more_images_never_cost_less(few, more, chunk):
    totals = [
        planner(images=images, chunk_size=chunk).as_set(CLUSTER).cost.total
        for images in (few, few + more)
    ]
    assert totals[0] <= totals[1]


def test_spot_nodes_are_cheaper_than_the_same_on_demand():
    group = CLUSTER.workers[1]
    lasting = replace(group, on_demand=group.spot, spot=0)
    assert cost(1).total < cost(1, replace(CLUSTER, workers=(CLUSTER.workers[0], lasting))).total
