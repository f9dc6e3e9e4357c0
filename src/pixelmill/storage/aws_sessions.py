"""Sessions of botocore that read the descriptions of AWS's services once."""

from functools import cache
from typing import TYPE_CHECKING

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
