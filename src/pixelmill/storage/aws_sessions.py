"""Sessions of botocore that read the descriptions of AWS's services once; regions, and clocks."""

import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pixelmill.errors import InputError

if TYPE_CHECKING:
    from botocore.credentials import Credentials
    from botocore.loaders import Loader
    from botocore.session import Session

Result = TypeVar("Result")


def new_session() -> "Session":
    """Return a session that shares what all others have read of AWS's services.

    Reading the description of one takes longer than most requests.
    """
    from botocore.session import Session

    session = Session()
    session.register_component("data_loader", _loader())
    find = session.get_credentials
    session.get_credentials = cache(lambda: _explained(find))
    # It shows a stack trace of what becomes a sentence.
    logging.getLogger("botocore.credentials").setLevel(logging.ERROR)
    return session


def _explained(find: Callable[[], "Credentials | None"]) -> "Credentials | None":
    """Return credentials whose source fails with an error of botocore, whatever went wrong.

    A program or a file that is missing raises an `OSError`, and credentials that are renewed and
    still expired a `RuntimeError`, now or when a request is signed.
    """
    found = _or_unavailable(find)
    if found is not None:
        freeze = found.get_frozen_credentials
        found.get_frozen_credentials = lambda: _or_unavailable(freeze)
    return found


def _or_unavailable(ask: Callable[[], Result]) -> Result:
    from botocore.exceptions import BotoCoreError, CredentialRetrievalError

    try:
        return ask()
    except BotoCoreError:
        raise
    except (OSError, RuntimeError, ValueError) as problem:
        raise CredentialRetrievalError(
            provider="the profile's source", error_msg=problem
        ) from problem


def usual_region() -> str | None:
    """Return the region that the environment or the AWS profile names, or None.

    boto3 and s3fs read AWS_DEFAULT_REGION alone; AWS's other tools read AWS_REGION, and it first.

    Raises:
        InputError: There is no such profile, or its file cannot be read.
    """
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        return os.environ.get("AWS_REGION") or boto3.Session().region_name
    except BotoCoreError as problem:
        raise InputError(f"AWS's configuration cannot be used: {problem}") from problem


@cache
def _loader() -> "Loader":
    from botocore.loaders import create_loader

    return create_loader()


def answered_at(answer: dict[str, Any]) -> datetime:
    """Return when a service answered, by its own clock; that of this machine may be wrong.

    Args:
        answer: Answer as boto3 has it.
    """
    date = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
    return parsedate_to_datetime(date) if date else datetime.now(UTC)
