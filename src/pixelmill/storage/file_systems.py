"""fsspec's file systems, on which tables are stored."""

import base64
import hashlib
import os
from typing import Any

import fsspec

from pixelmill.storage.aws_sessions import usual_region
from pixelmill.storage.locations import is_s3

# Another process or machine writes to a bucket at any time. s3fs would look for the size of an
# object in a listing that it made before, and say that an object which came since is missing.
fsspec.config.conf.setdefault("s3", {})["use_listings_cache"] = False


def find_file_system(place: str) -> tuple[Any, str]:
    """Find the file system of a place.

    Args:
        place: Path on disk or `s3://` URI.

    Returns:
        The file system, and the path as it has it, without the scheme.
    """
    system, path = fsspec.core.url_to_fs(place, **(_in_its_region() if is_s3(place) else {}))
    return system, path


def _in_its_region() -> dict[str, Any]:
    """Return options of s3fs, which reads no AWS_REGION."""
    region = os.environ.get("AWS_REGION")
    return {"client_kwargs": {"region_name": region}} if region else {}


def send_md5_with_deletions() -> None:
    """Have Kedro's datasets ask in the usual region, and send Content-MD5 with DeleteObjects, which
    some stores insist on.

    botocore sends a CRC32 since 1.36, which AWS takes and other stores refuse
    (`MissingContentMD5`); https://github.com/boto/boto3/issues/4400 has this remedy.
    """
    from aiobotocore.session import AioSession

    session = AioSession()
    session.set_config_variable("region", usual_region())
    session.register("before-call.s3.DeleteObjects", _add_content_md5)
    fsspec.config.conf.setdefault("s3", {})["session"] = session


def _add_content_md5(params: dict[str, Any], **_: object) -> None:
    digest = hashlib.md5(params["body"], usedforsecurity=False).digest()
    params["headers"]["Content-MD5"] = base64.b64encode(digest).decode()
