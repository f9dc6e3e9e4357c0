"""Whatever fails on the way, nothing is left that `stop` does not remove; errors are a sentence."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from pixelmill.aws.clients import prepared_clients
from pixelmill.beanstalk import deploying
from pixelmill.beanstalk.chosen import choose_deployment
from pixelmill.beanstalk.deploying import Order, deploy
from pixelmill.beanstalk.environment import WaitPolicy
from pixelmill.beanstalk.settings import load_settings
from pixelmill.beanstalk.stopping import stop
from pixelmill.errors import InputError
from tests.beanstalk.conftest import KEY
from tests.beanstalk.eb_server import ACCOUNT, REGION
from tests.beanstalk.test_cycle import assert_nothing_is_left, record
from tests.emr.iam import allows

# What makes or changes something; what only asks leaves nothing behind.
CHANGES = [
    "s3:PutObject",
    "iam:CreateRole",
    "iam:PutRolePolicy",
    "iam:CreateInstanceProfile",
    "iam:AddRoleToInstanceProfile",
    "elasticbeanstalk:CreateApplication",
    "elasticbeanstalk:CreateApplicationVersion",
    "elasticbeanstalk:CreateEnvironment",
]
REMOVALS = [
    "elasticbeanstalk:TerminateEnvironment",
    "elasticbeanstalk:DeleteApplicationVersion",
    "elasticbeanstalk:DeleteApplication",
    "iam:DeleteInstanceProfile",
    "iam:DeleteRole",
    "s3:DeleteObject",
]
AT_ONCE = WaitPolicy(every=0, answer=5)


def silent(_):
    """Takes a line for the user."""


@pytest.fixture
def order(aws, project, model, monkeypatch):
    """A deployment, with some settings changed."""
    monkeypatch.chdir(project)

    def make(*changes, **given):
        settings = load_settings(project, [f"model={model}", *changes])
        known = {"key": None, "without_key": False, "wait_policy": AT_ONCE, "project": project}
        return Order(settings=settings, **(known | given))

    return make


@contextmanager
def failing(name, number, *, lost):
    """Lets one request fail: refused by AWS, or done and its answer lost on the way.

    Args:
        name: As `iam:CreateRole`.
        number: Which of these requests, from 0.
        lost: Whether it is done.
    """
    seen = []

    def refuse(model, **_):
        if f"{model.service_model.signing_name}:{model.name}" == name:
            seen.append(model.name)
            if len(seen) == number + 1 and not lost:
                said = {"Code": "AccessDenied", "Message": "not allowed"}
                raise ClientError({"Error": said}, model.name)

    def lose(model, **_):
        if lost and len(seen) == number + 1 and model.name == seen[-1]:
            raise EndpointConnectionError(endpoint_url="https://aws")

    def prepare(client):
        client.meta.events.register_first("before-call.*.*", refuse)
        client.meta.events.register_last("after-call.*.*", lose)

    with prepared_clients(prepare):
        yield seen


@pytest.mark.parametrize(
    ("name", "lost"), [("iam:CreateRole", False), *((name, True) for name in CHANGES)]
)
def test_a_deployment_that_fails_half_way_is_removed_whole(
    order, aws, s3, beanstalk_server, name, lost
):
    """To lose the answer of one request is also to be refused the next one."""
    # The first object is the record itself; without it nothing is made.
    number = 1 if name in ("s3:PutObject", "iam:CreateRole") else 0
    with failing(name, number, lost=lost) as seen, pytest.raises(InputError) as caught:
        deploy(order(), silent)
    assert len(seen) == number + 1
    assert "another deploy goes on from there, kedro beanstalk stop removes" in str(caught.value)
    assert not record(s3)["is_complete"]
    stop(choose_deployment([]), silent, AT_ONCE, logs=True)
    assert_nothing_is_left(aws, s3, beanstalk_server)


def test_without_its_record_nothing_is_made(order, aws, s3, beanstalk_server):
    with (
        failing("s3:PutObject", 0, lost=False),
        pytest.raises(InputError, match=r"deployment\.json"),
    ):
        deploy(order(), silent)
    assert_nothing_is_left(aws, s3, beanstalk_server)


def test_another_deploy_goes_on_where_the_last_one_failed(order, beanstalk_server):
    for name in ("iam:PutRolePolicy", "elasticbeanstalk:CreateEnvironment"):
        with failing(name, 0, lost=False), pytest.raises(InputError):
            deploy(order(), silent)
    assert deploy(order(), silent).is_complete
    assert beanstalk_server.alive() == ["pixelmill"]
    assert beanstalk_server.operations().count("CreateApplication") == 1


def test_a_stop_that_fails_half_way_goes_on(order, aws, s3, beanstalk_server):
    deploy(order(), silent)
    for name in REMOVALS:
        for lost in (False, True):
            with failing(name, 0, lost=lost), pytest.raises(InputError):
                stop(choose_deployment([]), silent, AT_ONCE, logs=False)
    stop(choose_deployment([]), silent, AT_ONCE, logs=False)
    assert_nothing_is_left(aws, s3, beanstalk_server)


def test_the_event_that_failed_ends_the_command(order, beanstalk_server):
    beanstalk_server.failing = "Instance deployment failed. \u202eSee logs."
    with pytest.raises(InputError) as caught:
        deploy(order(), silent)
    sentence = "did not take version"
    assert sentence in str(caught.value)
    assert "Instance deployment failed. \\u202eSee logs; another deploy" in str(caught.value)


def test_a_laptop_whose_clock_is_ahead_sees_the_failure_too(order, beanstalk_server, monkeypatch):
    monkeypatch.setattr(deploying, "now", lambda: datetime.now(UTC) + timedelta(minutes=10))
    beanstalk_server.failing = "Instance deployment failed."
    with pytest.raises(InputError, match="Instance deployment failed"):
        deploy(order(), silent)


def test_an_update_that_fails_says_so_though_the_old_version_serves_on(
    order, beanstalk_server, monkeypatch
):
    deploy(order(), silent)
    beanstalk_server.failing = "Failed to deploy application."
    with pytest.raises(InputError, match="Failed to deploy application"):
        deploy(order(), silent)
    assert not choose_deployment([]).is_complete
    assert deploy(order(), silent).is_complete


def test_machines_of_the_last_model_still_read_it_while_the_next_one_comes(
    order, aws, s3, beanstalk_server
):
    for name in ("one", "two"):
        s3.put_object(Bucket="photos", Key=f"models/{name}/manifest.json", Body=b"{}")
    deploy(order("model=s3://photos/models/one"), silent)
    beanstalk_server.failing = "Failed to deploy application."
    with pytest.raises(InputError, match="Failed to deploy"):
        deploy(order("model=s3://photos/models/two"), silent)
    role = {"RoleName": "pixelmill-us-east-1-instance", "PolicyName": "service"}
    policy = aws("iam").get_role_policy(**role)["PolicyDocument"]
    for name in ("one", "two"):
        assert allows(policy, "s3:GetObject", f"arn:aws:s3:::photos/models/{name}/manifest.json")


def test_a_service_that_does_not_answer_from_here_is_not_a_success(order, beanstalk_server):
    beanstalk_server.health = 503
    message = r"is ready, and http://\S+/health/ready does not answer .*503"
    with pytest.raises(InputError, match=message):
        deploy(order(wait_policy=WaitPolicy(every=0.01, answer=0.1)), silent)


def test_what_was_not_made_here_is_left_alone(order, beanstalk_server, aws):
    aws("elasticbeanstalk").create_application(ApplicationName="pixelmill")
    aws("iam").create_role(RoleName="pixelmill-us-east-1-service", AssumeRolePolicyDocument="{}")
    message = "application pixelmill and role pixelmill-us-east-1-service, which no record"
    with pytest.raises(InputError, match=message):
        deploy(order(), silent)
    assert beanstalk_server.operations().count("CreateEnvironment") == 0


def test_a_key_is_not_dropped_without_a_word(order, beanstalk_server):
    deploy(order(key=KEY), silent)
    with pytest.raises(InputError, match="asks for an API key, and none is given now"):
        deploy(order(), silent)
    deploy(order(without_key=True), silent)
    names = {name for _, name in beanstalk_server.options["pixelmill"]}
    assert "PIXELMILL_API_KEY" not in names


def test_an_option_that_is_set_no_longer_goes(order, beanstalk_server):
    deploy(order("balanced=true"), silent)
    group = "aws:autoscaling:trigger"
    options = beanstalk_server.options["pixelmill"]
    assert options[group, "MeasureName"] == "TargetResponseTime"
    deploy(order(), silent)
    assert (group, "MeasureName") not in options


def test_roles_that_elastic_beanstalk_does_not_see_yet_are_waited_for(
    order, beanstalk_server, monkeypatch
):
    made, refused = beanstalk_server._create_environment, []

    def create(given, request):
        from tests.beanstalk.eb_applications import RefusedError

        if len(refused) < 2:
            refused.append(request)
            role = "pixelmill-us-east-1-instance"
            raise RefusedError("InvalidParameterValue", f"The profile {role} does not exist.")
        return made(given, request)

    monkeypatch.setattr(beanstalk_server, "_create_environment", create)
    assert deploy(order(), silent).is_complete


@pytest.mark.parametrize(
    ("changes", "quota", "message"),
    [
        (["instances=[c9z.large]"], 100, r"there is no instance type 'c9z\.large' in us-east-1"),
        (
            ["instances=[c7i.xlarge]"],
            2,
            "needs 4 vCPUs on demand and the account's quota",
        ),
        (["storage=s3://nobody/mill"], 100, "there is no bucket 'nobody'"),
        (
            ["model=s3://photos/none"],
            100,
            r"classifier in s3://photos/none: manifest\.json is missing",
        ),
        (["index=s3://photos/none"], 100, r"no index in s3://photos/none: everything is missing"),
        (["model=nowhere"], 100, "there is no classifier in nowhere"),
        (["model=null"], 100, "no model is named: give --model FOLDER"),
    ],
)
def test_missing_permissions_are_reported_before_anything_is_made(
    order, beanstalk_server, quotas, changes, quota, message
):
    quotas["L-1216C47A"] = quota
    with pytest.raises(InputError, match=message):
        deploy(order(*changes), silent)
    assert "CreateApplication" not in beanstalk_server.operations()


def test_a_certificate_must_be_issued_and_of_the_region(order, aws, beanstalk_server):
    from moto.acm.models import acm_backends

    arn = aws("acm").request_certificate(DomainName="photos.example.org")["CertificateArn"]
    balanced = ["balanced=true", f"certificate={arn}"]
    with pytest.raises(InputError, match="is PENDING_VALIDATION, and a load balancer takes"):
        deploy(order(*balanced), silent)
    elsewhere = arn.replace("us-east-1", "eu-west-1")
    with pytest.raises(InputError, match="is of another region than the service"):
        deploy(order("balanced=true", f"certificate={elsewhere}"), silent)
    acm_backends[ACCOUNT][REGION]._certificates[arn].status = "ISSUED"
    assert deploy(order(*balanced), silent).is_complete
    beanstalk_server.health_of_environments = "Red"
    with pytest.raises(InputError, match="is ready, and its health is Red"):
        deploy(order(*balanced, wait_policy=WaitPolicy(every=0.01, answer=0.1)), silent)
