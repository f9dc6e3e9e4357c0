"""What the service costs: by hand, and as a person reads it."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.aws.price_table import price_table
from pixelmill.beanstalk.commands import beanstalk
from pixelmill.beanstalk.planning.plan import (
    Assumptions,
    images_of,
    load_assumptions,
    make_plan,
    reasons,
)
from pixelmill.beanstalk.planning.rates import table_rates
from pixelmill.beanstalk.settings import load_settings
from pixelmill.errors import InputError
from tests.conftest import ROOT
from tests.emr.planning.conftest import EC2
from tests.emr.planning.price_server import PriceServer, product

REGION = "us-east-1"


def plan(requests, *changes, region=REGION, assume=()):
    found = load_settings(ROOT, ["storage=null", *changes])
    rates = table_rates(found.instances[0], region)
    return make_plan(found, rates, requests, load_assumptions(assume))


def test_a_month_of_one_small_machine_is_what_the_parts_say():
    alone, balanced = plan(10_000).choices
    assert alone.cost.machines == pytest.approx(730 * 0.0208)
    assert alone.cost.disks == pytest.approx(20 * 0.08)
    assert alone.cost.addresses == pytest.approx(730 * 0.005)
    assert (alone.cost.balancer, alone.cost.capacity, alone.cost.transfer) == (0, 0, 0)
    assert balanced.cost.machines == pytest.approx(2 * alone.cost.machines)
    assert balanced.cost.balancer == pytest.approx(730 * 0.0225)
    # 0.116 requests a second of 65.5 kB are 0.027 GB an hour, more than 0.005 of 25 connections.
    assert balanced.cost.capacity == pytest.approx(730 * 0.008 * 10_000 / 24 * 65.5e3 / 1e9)
    assert balanced.cost.addresses == pytest.approx(730 * 0.005 * (2 + 3))
    logs = 10_000 * 730 / 24 * 0.3e3 / 1e9
    assert alone.cost.logs == pytest.approx(logs * (0.5 + 0.03 * 14 * 24 / 730))


def test_a_machine_is_planned_with_what_it_answers_well():
    found = plan(86_400, "instances=[c7i.xlarge]", assume=["images_a_second=50", "peak_factor=6"])
    machine = found.rates.machine
    assert (machine.vcpus, machine.hour) == (4, pytest.approx(0.1785))
    assert images_of(machine, load_assumptions(["images_a_second=50"])) == pytest.approx(
        4 * 0.7 * 50 * 0.7
    )
    assert (found.mean, found.peak) == (1, 6)


def test_limits_of_one_machine_are_reported():
    found = plan(3_000_000, "instances=[c7i.large]")
    assert [choice.needed for choice in found.choices] == [5, 5]
    assert "one c7i.large does not answer the busiest hour" in found.advice[0]
    assert found.advice[1] == "the busiest hour takes 5 machines, and most is 4"


def test_a_burstable_machine_pays_for_what_it_does_not_earn():
    assert plan(10_000).choices[0].cost.surplus == 0
    found = plan(1_000_000, assume=["images_a_second=30"])
    busy = 1_000_000 / 86_400 / (0.6 * 30)  # vCPUs
    assert found.choices[0].cost.surplus == pytest.approx((busy - 2 * 0.2) * 730 * 0.05)
    assert "earns 20% of its vCPUs" in found.advice[-1]


@pytest.mark.parametrize("region", price_table().regions)
def test_every_region_of_the_table_has_a_price(region):
    for name in ("t3.small", "c7i.large", "m6i.4xlarge"):
        alone, balanced = plan(10_000, f"instances=[{name}]", region=region).choices
        assert 0 < alone.cost.total < balanced.cost.total


@settings(deadline=None, max_examples=40)
@given(st.floats(1, 1e9), st.floats(1, 10))
def test_more_requests_never_cost_less(requests, factor):
    fewer, more = plan(requests).choices, plan(requests * factor).choices
    for one, other in zip(fewer, more, strict=True):
        assert one.cost.total <= other.cost.total * (1 + 1e-9)
        assert one.needed <= other.needed


@pytest.mark.parametrize(
    ("changes", "region", "message"),
    [
        (["instances=[z9.large]"], REGION, "no instance family 'z9': take a type of c7i"),
        (
            ["instances=[c7i.3xlarge]"],
            REGION,
            "no instance type 'c7i.3xlarge': take a size of larg",
        ),
        ([], "mars-1", "no prices of the region 'mars-1'; it has us-east-1"),
    ],
)
def test_what_the_table_lacks_is_reported(changes, region, message):
    with pytest.raises(InputError, match=message):
        plan(1, *changes, region=region)


def test_every_assumption_has_a_value_and_a_reason():
    known = reasons()
    assert set(known) == set(Assumptions.model_fields)
    assert all(len(reason.why) > 20 for reason in known.values())


@pytest.fixture
def kedro_plan(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.delenv("PIXELMILL_STORAGE", raising=False)

    def run(*arguments):
        result = CliRunner().invoke(beanstalk, ["plan", *arguments])
        return result.exit_code, result.output

    return run


def test_the_table_names_every_price_with_its_day(kedro_plan):
    status, output = kedro_plan("--requests", "100000")
    assert status == 0, output
    assert all(len(line.rstrip()) <= 100 for line in output.splitlines())
    assert "100,000 requests a day in us-east-1, on t3.small" in output
    assert output.count("days old") + output.count("months old") == 8
    assert "images_a_second 30" in output
    assert "photos of 64 kB" in " ".join(kedro_plan("--explain")[1].split())


def test_the_page_shows_what_the_plan_says(kedro_plan):
    page = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
    _, output = kedro_plan("--requests", "10000")
    bill = output.partition("Where the prices")[0].strip().splitlines()
    assert "\n".join(line.rstrip() for line in bill) in page


def test_scripts_get_json(kedro_plan):
    found = json.loads(kedro_plan("--json", "--assume", "zones=2")[1])
    assert found["assumptions"]["zones"] == 2
    total = found["choices"][0]["cost"].pop("total")
    assert total == pytest.approx(sum(found["choices"][0]["cost"].values()))


PLACE = {"regionCode": "eu-north-1"}


def priced(service, family, dollars, usage, **attributes):
    """A product of Stockholm."""
    return product(service, family, dollars, usagetype=f"EUN1-{usage}", **(PLACE | attributes))


@pytest.fixture
def price_list(s3, monkeypatch):
    """AWS's Price List, with much that is not asked for."""
    balancer, from_there = "Load Balancer-Application", {"fromRegionCode": "eu-north-1"}
    machine = {"instanceType": "t3.small", **EC2}
    outside = {"toLocation": "External", **from_there}
    products = [
        priced("AmazonEC2", "Compute Instance", 0.0216, "BoxUsage:t3.small", **machine),
        priced("AmazonEC2", "Storage", 0.0836, "EBS:VolumeUsage.gp3", volumeApiName="gp3"),
        priced("AmazonS3", "API Request", 4e-7, "Requests-Tier2", group="S3-API-Tier2"),
        priced("AmazonS3", "Storage", 0.023, "TimedStorage-ByteHrs", volumeType="Standard"),
        priced("AWSELB", balancer, 0.9, "IdleProvisionedLBCapacity"),
        priced("AWSELB", balancer, 0.0239, "LoadBalancerUsage"),
        priced("AWSELB", balancer, 0.008, "LCUUsage"),
        priced("AmazonVPC", "Public IPv4 Address", 0.005, "PublicIPv4:InUseAddress"),
        priced("AWSDataTransfer", "Data Transfer", 0.9, "DataTransfer-In-Bytes", **outside),
        priced("AWSDataTransfer", "Data Transfer", 0.09, "DataTransfer-Out-Bytes", **outside),
        priced("AmazonCloudWatch", "Data Payload", 0.54, "DataProcessing-Bytes"),
        priced("AmazonCloudWatch", "Storage Snapshot", 0.03, "TimedStorage-ByteHrs"),
    ]
    with PriceServer(products) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", server.url)
        yield server


def test_a_region_that_the_table_lacks_has_the_prices_of_aws(kedro_plan, price_list):
    planned = kedro_plan("--aws-prices", "--json", "--set", "region=eu-north-1")
    assert planned[0] == 0, planned[1]
    rates = json.loads(planned[1])["rates"]
    assert (rates["machine"]["hour"], rates["disk"]) == (0.0216, 0.0836)
    assert rates["get"] == pytest.approx(0.0004)
    found = (rates["service"][name] for name in ("load_balancer", "transfer", "logs"))
    assert list(found) == [0.0239, 0.09, 0.54]
    days = {source["date"] for source in rates["sources"].values()}
    assert days == {datetime.now(UTC).date().isoformat()}


def test_what_aws_does_not_sell_there_is_reported(kedro_plan, price_list):
    where = ("--aws-prices", "--set", "region=eu-north-1", "--set")
    status, output = kedro_plan(*where, "instances=[c9z.large]")
    assert status == 1
    assert output.startswith("Error: AWS has no price of 'c9z.large' in eu-north-1")


def test_an_impossible_assumption_is_one_sentence(kedro_plan):
    status, output = kedro_plan("--assume", "zones=nan")
    assert status == 1
    assert output.startswith("Error: --assume zones=nan")


@pytest.mark.parametrize(
    "assumed", ["images_a_request=1e308", "images_a_second=5e-324", "image_kb=1e308"]
)
def test_assumptions_of_no_finite_cost_are_one_sentence(kedro_plan, assumed):
    status, output = kedro_plan("--requests", "1e10", "--assume", assumed)
    assert status == 1
    assert output.startswith("Error: the load or its cost is not finite: check the numbers that --")
