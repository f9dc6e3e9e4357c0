"""Sessions of botocore that read the descriptions of AWS's services once; clocks of services."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.session import Session


def new_session() -> "Session":
    """Return a session that shares what all others have read of AWS's services.

    Reading the description of one takes longer than most requests.
    """
    from botocore.session import Session

    session = Session()
    session.register_component("data_loader", _loader())
    return session


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
