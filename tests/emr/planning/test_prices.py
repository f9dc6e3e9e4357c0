"""The dated table of prices."""

from datetime import UTC, date, datetime, timedelta

import pytest

from pixelmill.aws.price_table import Source, price_table
from pixelmill.emr.planning.prices import load_prices
from pixelmill.errors import InputError


def test_every_region_has_a_price_of_every_family():
    table = price_table()
    assert {"us-east-1", "us-west-2", "eu-west-1", "eu-central-1"} <= set(table.regions)
    for region in table.regions.values():
        assert set(region.on_demand) == set(region.spot) == set(table.families)


def test_spot_is_below_on_demand_and_a_price_grows_with_the_size():
    for region in price_table().regions:
        for instance in load_prices(region).instances.values():
            assert 0 < instance.spot < instance.on_demand
            xlarge = load_prices(region).instance(f"{instance.family}.xlarge")
            assert instance.on_demand == pytest.approx(xlarge.on_demand * instance.vcpus / 4)


def test_the_prices_are_those_that_aws_lists():
    prices = load_prices("us-east-1")
    assert prices.instance("c7i.4xlarge").on_demand == pytest.approx(0.714)
    assert prices.instance("m7i.2xlarge").on_demand == pytest.approx(0.4032)
    assert load_prices("eu-central-1").instance("m6i.4xlarge").on_demand == pytest.approx(0.92)


def test_the_fee_of_emr_is_the_same_in_every_region():
    fees = [load_prices(region).instance("c7i.4xlarge").emr for region in price_table().regions]
    assert fees == [pytest.approx(0.1785)] * len(fees)


def test_every_part_has_a_source_and_a_day_that_has_been():
    sources = price_table().sources
    assert set(sources) == {"on_demand", "spot", "emr", "ebs", "s3", "serverless"}
    assert all(source.where and source.date <= date.today() for source in sources.values())  # noqa: DTZ011


def test_a_line_that_was_found_later_has_its_own_day():
    virginia, ireland = load_prices("us-east-1").sources, load_prices("eu-west-1").sources
    assert virginia["s3"].date > ireland["s3"].date == price_table().sources["s3"].date
    assert virginia["s3"].where == ireland["s3"].where


def test_the_age_is_in_days_until_today():
    today = datetime.now(UTC).date()
    assert Source(date=today - timedelta(days=500), where="x").age == 500


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("c7i.9xlarge", "c7i.8xlarge"),
        ("c7i.metal-48xl", "c7i.xlarge"),
        ("m7.4xlarge", "m7i.4xlarge"),
    ],
)
def test_an_unknown_type_suggests_the_nearest(name, nearest):
    with pytest.raises(
        InputError, match=f"'{name}'; the nearest that it has is {nearest}, and --aws-"
    ):
        load_prices("us-east-1").instance(name)


@pytest.mark.parametrize("name", ["c7g.4xlarge", "m6gd.2xlarge", "t4g.medium"])
def test_a_machine_with_an_arm_processor_is_refused(name):
    with pytest.raises(InputError, match="has an ARM processor"):
        load_prices("us-east-1").instance(name)


def test_a_region_without_prices_is_reported_with_those_that_have_some():
    with pytest.raises(
        InputError, match="no prices of the region 'mars-1'; it has us-east-1, us-west-2"
    ):
        load_prices("mars-1")
