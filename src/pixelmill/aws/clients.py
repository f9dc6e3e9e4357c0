"""AWS clients, and AWS errors as one-line messages."""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from threading import Lock
from typing import Any, Protocol

from pixelmill.errors import InputError

CREDENTIALS = "log in to AWS (aws sso login, AWS_PROFILE, or AWS_ACCESS_KEY_ID and its secret)"
_FORGOTTEN = {"InvalidRequestException", "ResourceNotFoundException"}
_SENTENCES = {
    "ExpiredToken": f"the AWS credentials have expired: {CREDENTIALS}",
    "ExpiredTokenException": f"the AWS credentials have expired: {CREDENTIALS}",
    "UnrecognizedClientException": f"AWS does not know these credentials: {CREDENTIALS}",
    "InvalidClientTokenId": f"AWS does not know these credentials: {CREDENTIALS}",
}
_THROTTLED = re.compile(r"Throttl|RequestLimitExceeded|TooManyRequests")  # by service and age
# How services refuse the time in a signature, which S3 lets differ by 15 minutes and others by 5.
_UNSIGNED = {
    *("403", "AuthFailure", "InvalidSignatureException", "RequestExpired"),
    *("RequestTimeTooSkewed", "SignatureDoesNotMatch"),
}
CLOCKS_DIFFER = timedelta(minutes=5)
_ONE_AT_A_TIME = Lock()  # a session of botocore makes no clients in two threads
_PREPARATIONS: ContextVar[tuple[Callable[[Any], None], ...]] = ContextVar(
    "preparations", default=()
)


class RegionalSettings(Protocol):
    """Settings that may name a region."""

    @property
    def region(self) -> str | None:
        """Name of the region; None is that of the AWS profile."""


def region_of(settings: RegionalSettings) -> str:
    """Return the region that the settings or the AWS profile name.

    Raises:
        InputError: If neither does, or there is no such profile.
    """
    from pixelmill.storage.aws_sessions import usual_region

    region = settings.region or usual_region()
    if region is None:
        raise InputError("no AWS region is set: give --set region=eu-west-1, or AWS_REGION")
    return region


def open_client(service: str, region: str, attempts: int | None = None) -> Any:
    """Return a client of an AWS service, without a request.

    Args:
        service: boto3's name of it, `emr`.
        region: AWS region.
        attempts: Number of times that a request without an answer is sent at most, 1 for what must
            not be done twice; None is as AWS_MAX_ATTEMPTS says.

    Raises:
        InputError: The AWS profile or the name of the region is wrong.
    """
    environment = tuple(sorted(each for each in os.environ.items() if each[0].startswith("AWS_")))
    with explained(f"AWS cannot be asked ({service} in {region})"):
        return _opened(service, region, attempts, environment, _PREPARATIONS.get())


def account_id(region: str) -> str:
    """Return the account that the AWS credentials belong to.

    Raises:
        InputError: There are none, or they are refused.
    """
    with explained("the AWS account cannot be determined"):
        found: str = open_client("sts", region).get_caller_identity()["Account"]
    return found


def partition_of(region: str) -> str:
    """Return the partition of a region, with which ARNs begin: `aws`, `aws-cn`, `aws-us-gov`.

    Raises:
        InputError: There is no such region.
    """
    from pixelmill.storage.aws_sessions import new_session

    with explained(f"the region '{region}' cannot be used"):
        found: str = new_session().get_partition_for_region(region)
    return found


@lru_cache(maxsize=32)
def _opened(
    service: str,
    region: str,
    attempts: int | None,
    environment: tuple[tuple[str, str], ...],
    preparations: tuple[Callable[[Any], None], ...],
) -> Any:
    """Return a client for each environment, since to open one takes longer than most requests."""
    from botocore.config import Config

    most = {} if attempts is None else {"total_max_attempts": attempts}
    config = Config(retries={"mode": "standard", **most})
    with _ONE_AT_A_TIME:
        client = _session(environment).create_client(service, region_name=region, config=config)
    for prepare in preparations:
        prepare(client)
    return client


@lru_cache(maxsize=4)
def _session(_: tuple[tuple[str, str], ...]) -> Any:
    """Return a session for each environment: it reads the profile and finds credentials once."""
    from pixelmill.storage.aws_sessions import new_session

    return new_session()


@contextmanager
def prepared_clients(prepare: Callable[[Any], None]) -> Iterator[None]:
    """Have every client that is opened within the block prepared.

    Args:
        prepare: Callback for the client.
    """
    token = _PREPARATIONS.set((*_PREPARATIONS.get(), prepare))
    try:
        yield
    finally:
        _PREPARATIONS.reset(token)


def error_code(error: Any) -> str:
    """Return the code of a `ClientError`."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def explained(what: str) -> Iterator[None]:
    """Turn what AWS refuses into one sentence.

    Args:
        what: The thing that was tried, as the beginning of the sentence: 'the cluster cannot be
            created'.

    Raises:
        InputError: Replaces every error of boto3.
    """
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        CredentialRetrievalError,
        HTTPClientError,
        NoCredentialsError,
        PartialCredentialsError,
        ProfileNotFound,
        SSOError,
        TokenRetrievalError,
    )
    from botocore.exceptions import ConnectionError as NoConnectionError

    try:
        yield
    except (
        NoCredentialsError,
        PartialCredentialsError,
        ProfileNotFound,
        CredentialRetrievalError,
        SSOError,
        TokenRetrievalError,
    ) as error:
        raise InputError(f"{what}: no AWS credentials ({error}): {CREDENTIALS}") from error
    except (NoConnectionError, HTTPClientError) as error:
        raise InputError(
            f"{what}: AWS does not answer ({error}): check the network and the region"
        ) from error
    except ClientError as error:
        raise InputError(f"{what}: {_sentence(error)}") from error
    except BotoCoreError as error:
        raise InputError(f"{what}: {error}") from error


def has_wrong_clock(error: Any) -> bool:
    """Return whether AWS refused a request because the clock of this machine is wrong.

    Args:
        error: A `ClientError`.
    """
    from pixelmill.storage.aws_sessions import answered_at

    if error_code(error) not in _UNSIGNED:
        return False
    return abs(answered_at(error.response) - datetime.now(UTC)) > CLOCKS_DIFFER


def _sentence(error: Any) -> str:
    """Return what a `ClientError` says; HEAD and some services send a code alone."""
    code = error_code(error)
    if has_wrong_clock(error):
        return "the clock of this machine differs from AWS's by minutes: set it, and try again"
    if _THROTTLED.search(code):
        return "AWS is asked too often: wait a minute and try again"
    return _SENTENCES.get(code) or error.response["Error"].get("Message") or code


def may_pass(problem: InputError) -> bool:
    """Return whether `explained` raised this for something that passes.

    No answer came, since the laptop may be offline; or AWS was asked too often, or failed itself.
    """
    from botocore.exceptions import ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as NoConnectionError

    cause = problem.__cause__
    if isinstance(cause, ClientError):
        status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or _THROTTLED.search(error_code(cause)) is not None
    return isinstance(cause, NoConnectionError | HTTPClientError)


def is_forgotten(problem: InputError) -> bool:
    """Return whether `explained` raised this because AWS no longer knows what was asked for."""
    from botocore.exceptions import ClientError

    cause = problem.__cause__
    return isinstance(cause, ClientError) and cause.response["Error"]["Code"] in _FORGOTTEN
