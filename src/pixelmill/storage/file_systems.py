"""fsspec's file systems, on which tables are stored."""

from typing import Any

import fsspec

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
    system, path = fsspec.core.url_to_fs(place)
    return system, path
