"""Policies as moto can enforce them, users who have them, and an evaluation of their conditions."""

import json
import re
from contextlib import contextmanager
from importlib import resources
from urllib.parse import parse_qs, urlsplit

import boto3
import requests
from moto.iam.access_control import IAMRequestBase

from tests.emr.launched import ACCOUNT, REGION

PLACES = {
    "BUCKET": "photos",
    "PREFIX": "mill",
    "IMAGES": "pictures",
    "ACCOUNT": ACCOUNT,
    "REGION": REGION,
}


def policy(name):
    """A policy of the project with its placeholders filled."""
    text = (resources.files("pixelmill.emr") / "policies" / f"{name}.json").read_text()
    for placeholder, place in PLACES.items():
        text = text.replace(placeholder, place)
    return json.loads(text)


def actions(document):
    """All actions that a policy allows."""
    return {action for statement in document["Statement"] for action in _list(statement["Action"])}


def allows(document, action, resource=None, **context):
    """Whether a policy allows a request, as IAM evaluates it, with its conditions.

    Args:
        document: The policy.
        action: As `s3:PutObject`.
        resource: ARN; None for a trust policy, which has none.
        context: Condition keys of the request, `__` for the colon: `s3__prefix`.
    """
    keys = {name.replace("__", ":"): value for name, value in context.items()}
    return any(
        statement["Effect"] == "Allow"
        and any(_like(pattern, action) for pattern in _list(statement["Action"]))
        and any(
            _like(pattern, resource or "*") for pattern in _list(statement.get("Resource", "*"))
        )
        and all(_holds(*condition, keys) for condition in statement.get("Condition", {}).items())
        for statement in document["Statement"]
    )


def _holds(operator, wanted, keys):
    exact = operator.startswith("StringEquals")
    for key, patterns in wanted.items():
        value = keys.get(key)
        if value is None:
            if not operator.endswith("IfExists"):
                return False
        elif not any(
            value == pattern if exact else _like(pattern, value) for pattern in _list(patterns)
        ):
            return False
    return True


def _like(pattern, value):
    """IAM's wildcards: * for any characters, ? for one."""
    translated = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(translated, value) is not None


@contextmanager
def recorded_requests(monkeypatch):
    """Notes every request that moto checks: action, resource, and the prefix of a listing."""
    check, found = IAMRequestBase.check_action_permitted, []

    def noted(request, resource):
        prefix = parse_qs(urlsplit(request._path).query).get("prefix", [None])[0]
        found.append((request._action, resource, prefix))
        check(request, resource)

    with monkeypatch.context() as patch:
        patch.setattr(IAMRequestBase, "check_action_permitted", noted)
        yield found


def as_moto_reads_it(document):
    """The same policy for moto, which knows the resources of S3 alone, and no conditions.

    moto also asks for an action 'HeadBucket', which AWS does not have: s3:ListBucket allows it.
    """
    statements = []
    for statement in document["Statement"]:
        wanted = _list(statement["Action"])
        on_s3 = all(action.startswith("s3:") for action in wanted)
        extra = ["s3:HeadBucket"] if "s3:ListBucket" in wanted else []
        resource = statement["Resource"] if on_s3 else "*"
        statements.append({"Effect": "Allow", "Action": [*wanted, *extra], "Resource": resource})
    return {"Version": document["Version"], "Statement": statements}


@contextmanager
def acting_as(monkeypatch, endpoint, *documents):
    """Makes all requests of the block those of a user with some policies, and has moto check them.

    Yields:
        The actions that are asked for, which grow while the block runs.
    """
    iam = boto3.client("iam", REGION)
    iam.create_user(UserName="somebody")
    for number, document in enumerate(documents):
        iam.put_user_policy(
            UserName="somebody",
            PolicyName=f"policy-{number}",
            PolicyDocument=json.dumps(as_moto_reads_it(document)),
        )
    key = iam.create_access_key(UserName="somebody")["AccessKey"]
    asked = set()
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        patch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        patch.setattr(IAMRequestBase, "check_action_permitted", _noting(asked))
        # moto calculates another signature where an argument occurs twice in a URL.
        patch.setattr(IAMRequestBase, "check_signature", lambda _: None)
        _check_from_request(endpoint, 0)
        try:
            yield asked
        finally:
            _check_from_request(endpoint, 10**9)


def _noting(asked):
    check = IAMRequestBase.check_action_permitted

    def noted(request, resource):
        asked.add(request._action)
        check(request, resource)

    return noted


def _check_from_request(endpoint, number):
    requests.post(f"{endpoint}/moto-api/reset-auth", data=str(number).encode(), timeout=10)


def _list(value):
    return [value] if isinstance(value, str) else value
