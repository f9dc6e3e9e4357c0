"""Prices as AWS says them: the Price List on loopback, spot prices by moto."""

from datetime import UTC, datetime

import pytest

from pixelmill.emr.planning.price_list import ask_aws
from pixelmill.emr.planning.prices import load_prices
from pixelmill.errors import InputError

TABLE = load_prices("us-east-1")


def about(value):
    return pytest.approx(value, rel=1e-9)


def test_a_region_that_the_table_lacks_has_the_prices_of_aws(price_list):
    prices = ask_aws("eu-north-1", ["c7i.4xlarge", "c8i.4xlarge"])
    found = prices.instance("c7i.4xlarge")
    assert (found.vcpus, found.memory, found.speed) == (16, 32, TABLE.instance(found.name).speed)
    assert (found.on_demand, found.emr) == (about(0.7644), about(0.1785))
    assert found.spot == 0.00001  # moto's
    assert prices.ebs == about(0.0836)
    # Of S3 and EMR Serverless the standard ones, at their first tier, among all that there are.
    assert (prices.s3.put, prices.s3.get) == (about(0.005), about(0.0004))
    assert prices.s3.storage == about(0.023)
    serverless = prices.serverless
    assert serverless.vcpu == about(0.05785)
    assert (serverless.memory, serverless.disk) == (about(0.00637), about(0.000116))
    # A family that the table does not know is taken for a slow one.
    assert prices.instance("c8i.4xlarge").speed == TABLE.serverless_speed
    # Of the table's types, those that are sold there are compared.
    assert set(prices.instances) == {"c7i.4xlarge", "c8i.4xlarge", "c7i.2xlarge", "m7i.2xlarge"}
    # Everything says that it is of today, and of AWS.
    assert {source.date for source in prices.sources.values()} == {datetime.now(UTC).date()}
    assert set(prices.sources) == set(TABLE.sources)
    assert all("Price" in source.where for source in prices.sources.values())


def test_prices_of_us_east_1_have_no_region_code(price_list):
    prices = ask_aws("us-east-1", ["c7i.4xlarge"])
    assert prices.instance("c7i.4xlarge").on_demand == about(0.714)
    assert prices.serverless.vcpu == about(0.05785)


def test_a_type_that_is_not_sold_there_is_reported(price_list):
    with pytest.raises(InputError, match=r"no price of 'c9z\.4xlarge' with EMR in eu-north-1"):
        ask_aws("eu-north-1", ["c9z.4xlarge"])


def test_an_arm_processor_is_reported_before_aws_is_asked(price_list):
    with pytest.raises(InputError, match="ARM"):
        ask_aws("eu-north-1", ["c7g.4xlarge"])
    assert price_list.asked == []


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_regions_of_other_partitions_are_reported_before_aws_is_asked(price_list, region):
    with pytest.raises(InputError, match=f"price list has no dollars for {region}"):
        ask_aws(region, ["c7i.4xlarge"])
    assert price_list.asked == []


def test_a_region_of_which_the_list_says_nothing_is_reported(price_list):
    with pytest.raises(InputError, match=r"nothing of gp3 \(AmazonEC2\) in us-west-1"):
        ask_aws("us-west-1", [])


def test_without_credentials_the_error_says_how_to_log_in(price_list, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    message = r"cannot be asked for its prices.*: no AWS credentials .*: log in to AWS"
    with pytest.raises(InputError, match=message):
        ask_aws("eu-north-1", ["c7i.4xlarge"])
