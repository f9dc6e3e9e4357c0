"""Prices of AWS, served on loopback."""

import pytest

from tests.emr.planning.price_server import PriceServer, product

EC2 = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
}


def instance(name, dollars, fee, vcpus, region="eu-north-1", code="EUN1-"):
    """What EC2 and EMR ask for a type."""
    place = {"instanceType": name, "regionCode": region, "usagetype": f"{code}BoxUsage:{name}"}
    machine = {"vcpu": str(vcpus), "memory": f"{2 * vcpus} GiB"}
    emr = "Elastic Map Reduce Instance"
    return [
        product("AmazonEC2", "Compute Instance", dollars, **EC2, **machine, **place),
        product("ElasticMapReduce", emr, fee, **place, softwareType="EMR"),
    ]


def others(region="eu-north-1", code="EUN1-"):
    """Disks, S3 and EMR Serverless, among much that is not asked for."""
    place = {"regionCode": region}
    tier = {"group": "S3-API-Tier1"}, {"group": "S3-API-Tier2"}
    serverless = "EMR Serverless"
    storage = {"volumeType": "Standard"}

    def one(service, family, dollars, usage, **attributes):
        return product(service, family, dollars, usagetype=f"{code}{usage}", **place, **attributes)

    return [
        one("AmazonEC2", "Storage", 0.0836, "EBS:VolumeUsage.gp3", volumeApiName="gp3"),
        one("AmazonS3", "API Request", 0.9, "Requests-SIA-Tier1", **tier[0]),
        one("AmazonS3", "API Request", 0.9, "Requests-INT-Tier1", **tier[0]),
        one("AmazonS3", "API Request", 0.000005, "Requests-Tier1", **tier[0]),
        one("AmazonS3", "API Request", 0.0000004, "Requests-Tier2", **tier[1]),
        one("AmazonS3", "Storage", 0.9, "TimedStorage-SIA-ByteHrs", **storage),
        one("AmazonS3", "Storage", 0.023, "TimedStorage-ByteHrs", **storage),
        one("ElasticMapReduce", serverless, 0.9, "EMR-SERVERLESS-ARM-vCPUHours"),
        one("ElasticMapReduce", serverless, 0.05785, "EMR-SERVERLESS-vCPUHours"),
        one("ElasticMapReduce", serverless, 0.00637, "EMR-SERVERLESS-MemoryGBHours"),
        one("ElasticMapReduce", serverless, 0.000116, "EMR-SERVERLESS-StorageGBHours"),
    ]


@pytest.fixture
def price_list(s3, monkeypatch):
    """AWS's Price List of one region; moto serves EC2 beside it."""
    products = [
        *instance("c7i.4xlarge", 0.7644, 0.1785, 16),
        *instance("c7i.2xlarge", 0.3822, 0.0893, 8),
        *instance("m7i.2xlarge", 0.4284, 0.1008, 8),
        *instance("c8i.4xlarge", 0.8, 0.2, 16),
        *others(),
        *others("us-east-1", ""),
        *instance("c7i.4xlarge", 0.714, 0.1785, 16, "us-east-1", ""),
    ]
    with PriceServer(products) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_PRICING", server.url)
        yield server
