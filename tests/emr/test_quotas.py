"""What a launch needs of an account's quotas, against what Service Quotas says."""

import pytest

from pixelmill.aws.quotas import ON_DEMAND, SPOT, QuotaNeed, check_quotas
from pixelmill.emr.launching import launch_cluster
from pixelmill.emr.quotas import SERVERLESS, cluster_needs, serverless_needs
from pixelmill.emr.serverless_launching import launch_serverless
from pixelmill.errors import InputError
from tests.conftest import ROOT
from tests.emr.iam import acting_as, policy
from tests.emr.jobs import job

REGION = "us-east-1"


def needs(*changes):
    """What a cluster with some settings changed needs, by quota: at the start and at most."""
    found = cluster_needs(job(*changes).settings)
    return {need.quota: (need.start, need.most) for need in found}


def check(*found):
    """Compares needs with the account; gives the lines that are printed."""
    lines = []
    check_quotas(found, REGION, lines.append)
    return lines


def test_a_cluster_needs_its_nodes_and_what_scaling_may_add():
    assert needs() == {ON_DEMAND: (8 + 16, 8 + 5 * 16), SPOT: (4 * 16, 19 * 16)}
    assert needs("most_nodes=5") == {ON_DEMAND: (24, 88), SPOT: (64, 64)}


def test_without_spot_nodes_scaling_adds_on_demand_ones():
    assert needs("task.spot=0", "task.on_demand=2") == {ON_DEMAND: (8 + 3 * 16, 8 + 20 * 16)}


def test_families_with_quotas_of_their_own_are_not_counted():
    assert needs("core.instances=[x2idn.4xlarge]", "task.spot=0") == {ON_DEMAND: (8, 8)}


def test_serverless_needs_all_workers_and_the_driver():
    (need,) = serverless_needs(job("serverless.workers=3").settings.serverless)
    assert (need.quota, need.start, need.most) == (SERVERLESS, 16, 16)


def test_sufficient_quotas_print_nothing(aws):
    assert check(*cluster_needs(job().settings)) == []


def test_a_new_account_is_refused_with_the_command_that_asks_for_more(aws, quotas):
    quotas[ON_DEMAND.code] = ON_DEMAND.default
    with pytest.raises(InputError) as problem:
        check(*cluster_needs(job().settings))
    assert str(problem.value) == (
        "this launch needs 24 vCPUs on demand and the account's quota in us-east-1 is 5: take "
        "fewer or smaller on-demand nodes, or ask for more (aws service-quotas "
        "request-service-quota-increase --region us-east-1 --service-code ec2 --quota-code "
        "L-1216C47A --desired-value 24)"
    )


@pytest.mark.parametrize(
    ("quota", "limit", "sentence"),
    [
        (SPOT, 63, "needs 64 vCPUs spot and the account's quota in us-east-1 is 63: lower task"),
        (SERVERLESS, 16, "needs 204 vCPUs of EMR Serverless .* is 16: lower serverless.workers"),
    ],
)
def test_every_quota_is_compared(aws, quotas, quota, limit, sentence):
    quotas[quota.code] = limit
    settings = job().settings
    with pytest.raises(InputError, match=sentence):
        check(*cluster_needs(settings), *serverless_needs(settings.serverless))


def test_a_quota_that_only_scaling_meets_is_reported(aws, quotas):
    quotas[SPOT.code] = 100
    (line,) = check(*cluster_needs(job().settings))
    assert "is 100 vCPUs spot, and this launch may come to 304" in line
    assert line.endswith("--desired-value 304)")


def test_what_the_account_was_given_goes_before_the_default(aws, quotas, applied_quotas):
    quotas[SPOT.code] = 1000
    applied_quotas[SPOT.code] = 10
    with pytest.raises(InputError, match="is 10: "):
        check(QuotaNeed(SPOT, 11, 11, "wait"))


def test_without_the_permission_the_launch_goes_on_and_says_so(aws, s3_endpoint, monkeypatch):
    with acting_as(monkeypatch, s3_endpoint, policy("prices")):
        (line,) = check(*cluster_needs(job().settings))
    assert line.startswith("quotas are not checked: the quota L-1216C47A of ec2 cannot be read: ")


def test_nothing_is_created_where_a_quota_is_too_low(aws, s3, quotas):
    quotas[ON_DEMAND.code] = quotas[SERVERLESS.code] = 1
    for launch in (
        lambda: launch_cluster(job(), ROOT, print),
        lambda: launch_serverless(job(), ROOT, None, print),
    ):
        with pytest.raises(InputError, match="the account's quota in us-east-1 is 1"):
            launch()
    assert s3.list_objects_v2(Bucket="photos")["KeyCount"] == 0
    assert aws("emr").list_clusters()["Clusters"] == []
    assert aws("emr-serverless").list_applications()["applications"] == []
