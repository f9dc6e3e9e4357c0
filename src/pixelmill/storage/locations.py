"""Names of folders and files: paths on disk, `file://` and `s3://` URIs."""

import os
import re
from pathlib import Path
from urllib.request import url2pathname

from pixelmill.errors import InputError
from pixelmill.untrusted_text import shown_url

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_DIRECTORY_BUCKETS = ("--x-s3", "--xa-s3")  # and access points of theirs
_EMPTY_NAMES = re.compile("(?<=[^:/])/+(?=/|$)")
_S3_SCHEMES = ("s3", "s3a", "s3n")


def is_s3(location: str) -> bool:
    """Return whether the location is an S3 URI."""
    return _scheme(location) in _S3_SCHEMES


def split_s3(uri: str) -> tuple[str, str]:
    """Return bucket and prefix of the S3 URI of a folder; the prefix without slashes at its end.

    Those at its beginning count: `s3://photos//cats` has other keys than `s3://photos/cats`.

    Raises:
        InputError: As of `split_key`.
    """
    bucket, prefix = split_key(uri)
    return bucket, prefix.rstrip("/")


def split_key(uri: str) -> tuple[str, str]:
    """Return bucket and key of the S3 URI of an object; a key may begin with a slash.

    Raises:
        InputError: The URI names no bucket, or one of a kind that cannot be used.
    """
    bucket, _, key = uri.partition("://")[2].partition("/")
    if not bucket:
        raise InputError(f"{uri} names no bucket: write s3://BUCKET/PREFIX.")
    if bucket.startswith("arn:"):
        raise InputError(f"{uri} is an ARN: write the access point's alias, s3://ALIAS/PREFIX.")
    if bucket.endswith(_DIRECTORY_BUCKETS):
        raise InputError(
            f"{uri} is in a directory bucket (S3 Express One Zone), which is not listed by keys: "
            "copy the images to a general purpose bucket."
        )
    return bucket, key


def local_path(location: str) -> str:
    """Return the absolute path of a location on disk, without following links.

    Raises:
        InputError: The location is a URI of another kind than `file://`.
    """
    scheme = _scheme(location)
    if scheme == "file":
        host, slash, path = location[len("file://") :].partition("/")
        if host not in ("", "localhost"):
            raise InputError(f"{shown_url(location)} is on another machine: write file:///PATH.")
        location = url2pathname(slash + path)
    elif scheme:
        raise InputError(
            f"{shown_url(location)}: no way to read {scheme}://; give a folder, file:// or s3://."
        )
    if location == "~" or location.startswith("~/"):
        location = f"{Path.home()}{location[1:]}"
    return os.path.normpath(Path(location).absolute())


def join_root(folder: str, path: str) -> str:
    """Return the location of `path`, which may be relative to `folder`, absolute, or a URI.

    Returns: Absolute path on disk or S3 URI, without '.' and '..' (on S3: at its beginning, others
        may be part of a key); on disk without a trailing slash.
    """
    if _scheme(path):
        return "s3://" + "/".join(split_key(path)) if is_s3(path) else local_path(path)
    if is_s3(folder) and not path.startswith("/"):
        path = path.removeprefix("./")
        while path.startswith("../") and folder.count("/") > 2:  # more than the bucket
            folder, path = folder.rpartition("/")[0], path.removeprefix("../")
        return child(folder, path)
    return os.path.normpath(path if path.startswith("/") else Path(local_path(folder), path))


def without_empty_names(location: str) -> str:
    """Return a location for tables: without slashes at its end, or several in a row.

    Hadoop's connector leaves empty names out, other libraries do not, and would then look for a
    table in another place than that where Spark has written it.

    Args:
        location: Folder on disk or URI.
    """
    return _EMPTY_NAMES.sub("", location)


def split_location(location: str) -> tuple[str, str]:
    """Return the folder of a file, and the path of the file in there.

    Args:
        location: Path on disk or `s3://` URI.

    Example:
        >>> split_location("/a.csv"), split_location("a.csv"), split_location("s3://photos//a.csv")
        (('/', 'a.csv'), ('.', 'a.csv'), ('s3://photos', '/a.csv'))
    """
    folder, slash, name = location.rpartition("/")
    if not is_s3(location):
        return folder or slash or ".", name
    above = folder.rstrip("/")
    return above, folder[len(above) :] + name


def child(root: str, path: str) -> str:
    """Return the location of a file below a root: '/' is written once."""
    return f"{root.rstrip('/')}/{path}"


def _scheme(location: str) -> str | None:
    found = _SCHEME.match(location)
    return found.group(1).lower() if found else None
