"""What a run has cost so far, against the table of prices."""

import pytest

from pixelmill.emr.planning.prices import load_prices
from pixelmill.emr.spent import cost_so_far
from pixelmill.errors import InputError
from tests.emr.launched import REGION, launch_cluster, launch_serverless, set_job


def test_six_nodes_for_two_hours(aws):
    spent = cost_so_far(launch_cluster(aws))
    prices = load_prices(REGION)
    primary, worker = prices.instance("m7i.2xlarge"), prices.instance("c7i.4xlarge")
    hour = primary.on_demand + primary.emr + worker.on_demand + 4 * worker.spot + 5 * worker.emr
    disks = 6 * (64 + 30) * prices.ebs / 730
    assert spent.dollars == pytest.approx(2 * (hour + disks), rel=1e-2)
    assert spent.of == "6 nodes, 12.0 node hours"
    oldest = min(prices.sources[name].date for name in ("on_demand", "spot", "emr", "ebs"))
    assert spent.prices == f"list prices of {oldest}"


def test_what_serverless_bills(aws):
    launch = launch_serverless(aws)
    assert cost_so_far(launch).dollars == 0.0
    set_job(launch.owner, "SUCCESS", "STOPPED", vCPUHour=10.0, memoryGBHour=40.0)
    spent = cost_so_far(launch)
    rates = load_prices(REGION).serverless
    assert spent.dollars == pytest.approx(10 * rates.vcpu + 40 * rates.memory)
    assert spent.of == "10.0 vCPU hours, 40.0 GB hours"


def test_a_region_without_prices_is_one_sentence(aws):
    launch = launch_cluster(aws, region="mars-north-1")
    with pytest.raises(InputError, match="no prices of the region 'mars-north-1'"):
        cost_so_far(launch)
