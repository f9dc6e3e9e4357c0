"""A bucket: obstore reads (one request and the least CPU for each image), boto3 does the rest.

obstore refuses the whole page of a listing for one key with a line break, a tab or an empty folder
name in it, and reads no such key; boto3 takes every key. Credentials, region and endpoint come
from boto3, so that both see what the AWS command line sees.
"""

import io
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from itertools import islice
from threading import Lock
from typing import Any, BinaryIO, cast

import obstore
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.parsers import ResponseParserError
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.exceptions import BaseError
from obstore.store import S3Store

from pixelmill.errors import InputError
from pixelmill.storage.aws_sessions import usual_region
from pixelmill.storage.base import Blob, Storage, StoredFile
from pixelmill.storage.locations import child
from pixelmill.storage.s3_errors import input_error, is_missing, read_error
from pixelmill.storage.s3_listing import list_objects, open_client

_CONNECTIONS = 64
# A request lists 1,000 files but looks at one: listing pays unless the prefix holds far more
# files than are sought.
_LISTED_FOR_EACH_SOUGHT = 20
# boto3 keeps credentials that last ten minutes more; obstore must ask for them again before that.
_CREDENTIALS_KEPT = timedelta(minutes=9)
_BOTO3_ERRORS = (BotoCoreError, ClientError, ResponseParserError)
_BROKEN_BODY = (
    FlexibleChecksumError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
_PIECE = 1 << 26  # bytes of a large file that one request reads
_KEY_THAT_OBSTORE_REFUSES = re.compile(r"[\x00-\x1f\x7f]|//|(^|/)\.{1,2}(/|$)|^/|/$")


@dataclass(frozen=True)
class RetryPolicy:
    """How long S3 is waited for, and how often it is asked again.

    Attributes:
        connect: Seconds for a connection to open.
        silence: Seconds without a byte after which a request is given up and made again.
        request: Seconds for one request, however it trickles; the next one goes on from there.
        total: Seconds from the first request for an object to the last attempt.
        attempts: Requests for an object that is read by obstore, its first included.
        boto3_attempts: The same for all that boto3 does, unless AWS_MAX_ATTEMPTS says another.
    """

    connect: float = 10
    silence: float = 20
    request: float = 120
    total: float = 90
    attempts: int = 9
    boto3_attempts: int = 5


class S3Storage(Storage):
    """The objects below a prefix of a bucket.

    Args:
        bucket: Bucket name.
        prefix: Folder in the bucket, '' for all of it; without slashes at its end.
        retry_policy: Timeouts and retries.
    """

    def __init__(self, bucket: str, prefix: str, retry_policy: RetryPolicy = RetryPolicy()) -> None:
        self.root = f"s3://{bucket}/{prefix}".rstrip("/")
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._retry_policy = retry_policy
        self._opening = Lock()

    def list_files(self, enter: Callable[[str], bool] | None = None) -> Iterator[StoredFile]:
        """List all objects except keys that end with '/', the folders of S3's web console."""
        del enter  # a bucket has keys, no folders
        return self._list()

    def list_folders(self, names: Sequence[str]) -> Iterator[StoredFile]:
        """List the objects in some folders."""
        # Keys of a folder are greater than its name, and smaller than the name with a '0'.
        wanted = {f"{name}/" for name in names}
        ends = f"{self._prefix}{min(wanted)[:-1]}", f"{self._prefix}{max(wanted)[:-1]}0"
        for file in self._list(*ends):
            if file.path[: file.path.find("/") + 1] in wanted:
                yield file

    def _list(self, after: str = "", upto: str | None = None) -> Iterator[StoredFile]:
        try:
            for item in list_objects(self._client, self._bucket, self._prefix, after, upto):
                if not item["Key"].endswith("/"):
                    yield self._stored_file(item["Key"], item["Size"], item["LastModified"])
        except _BOTO3_ERRORS as error:
            raise input_error(error, self.root) from error

    def find_files(self, paths: Sequence[str]) -> list[StoredFile | None]:
        """Find objects by their paths."""
        wanted = set(paths)
        listing = self.list_files()
        first = islice(listing, 1000 + _LISTED_FOR_EACH_SOUGHT * len(wanted))
        found = {file.path: file for file in first if file.path in wanted}
        if len(found) == len(wanted) or next(listing, None) is None:
            return [found.get(path) for path in paths]
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            return list(pool.map(lambda path: found.get(path) or self._find(path), paths))

    def read(self, path: str) -> Blob:
        """Read an object with its time of change."""
        key = self._prefix + path
        try:
            if _KEY_THAT_OBSTORE_REFUSES.search(key):
                return self._get(key)
            return self._get_by_obstore(key)
        except (OSError, BaseError, ValueError, *_BOTO3_ERRORS) as error:
            raise read_error(error, self.root) from error

    def read_bytes(self, path: str) -> bytes:
        """Read the content of an object."""
        try:
            return self._get(self._prefix + path).data
        except _BOTO3_ERRORS as error:
            raise input_error(error, child(self.root, path)) from error

    def open_file(self, path: str) -> BinaryIO:
        """Open an object for reading: up to 64 MB at once, a larger one piece by piece."""
        found = self._head(path)
        if found is None or found["ContentLength"] <= _PIECE:
            return io.BytesIO(self.read_bytes(path))
        # All of one version: another that takes its place meanwhile is an error.
        get = partial(self._get, self._prefix + path, IfMatch=found["ETag"])
        pieces = _Pieces(get, found["ContentLength"], child(self.root, path))
        return cast("BinaryIO", io.BufferedReader(pieces, _PIECE))

    def write_bytes(self, path: str, data: bytes) -> None:
        """Write an object."""
        try:
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + path, Body=data)
        except _BOTO3_ERRORS as error:
            raise input_error(error, child(self.root, path)) from error

    @cached_property
    def _client(self) -> Any:
        return _client(usual_region() or "us-east-1", self._retry_policy)

    @cached_property
    def _store(self) -> S3Store:
        region, retry_policy = self._region(), self._retry_policy
        endpoint = _client(region, retry_policy).meta.endpoint_url
        return S3Store(
            self._bucket,
            region=region,
            endpoint=endpoint,
            credential_provider=Boto3CredentialProvider(ttl=_CREDENTIALS_KEPT),
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=retry_policy.connect),
                "read_timeout": timedelta(seconds=retry_policy.silence),
                "timeout": timedelta(seconds=retry_policy.request),
            },
            retry_config={
                "max_retries": retry_policy.attempts - 1,
                "retry_timeout": timedelta(seconds=retry_policy.total),
            },
        )

    def _region(self) -> str:
        """Return the bucket's region: boto3 follows a redirect to it, obstore does not."""
        try:
            answer = self._client.head_bucket(Bucket=self._bucket)
        except ClientError as error:  # who may read objects need not be allowed to ask this
            answer = error.response
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        region: str = headers.get("x-amz-bucket-region", self._client.meta.region_name)
        return region

    def _get_by_obstore(self, key: str) -> Blob:
        with self._opening:  # many threads read at once; one of them connects
            store = self._store
        result = obstore.get(store, key)
        return Blob(bytes(result.bytes()), _whole_seconds(result.meta["last_modified"]))

    def _get(self, key: str, **which: str) -> Blob:
        """Get by boto3, and repeat requests whose body breaks, which boto3 does not.

        Args:
            key: Key of the object.
            which: Other arguments of GetObject: its part or version.
        """
        asked = {"Bucket": self._bucket, "Key": key, **which}
        for pause in (0.1 * 2**attempt for attempt in range(1, self._retry_policy.boto3_attempts)):
            answer = self._client.get_object(**asked)
            try:
                return _blob(answer)
            except _BROKEN_BODY:
                time.sleep(pause)
        return _blob(self._client.get_object(**asked))

    def _find(self, path: str) -> StoredFile | None:
        found = self._head(path)
        if found is None:
            return None
        return self._stored_file(self._prefix + path, found["ContentLength"], found["LastModified"])

    def _head(self, path: str) -> dict[str, Any] | None:
        """Return what HeadObject says of an object; None where there is none."""
        try:
            found: dict[str, Any] = self._client.head_object(
                Bucket=self._bucket, Key=self._prefix + path
            )
        except _BOTO3_ERRORS as error:
            if is_missing(error):
                return None
            raise input_error(error, child(self.root, path)) from error
        return found

    def _stored_file(self, key: str, size: int, modified: datetime) -> StoredFile:
        return StoredFile(key[len(self._prefix) :], size, _whole_seconds(modified))


def _client(region: str, retry_policy: RetryPolicy) -> Any:
    try:
        attempts = int(os.environ.get("AWS_MAX_ATTEMPTS") or retry_policy.boto3_attempts)
        config = Config(
            max_pool_connections=_CONNECTIONS,
            connect_timeout=retry_policy.connect,
            read_timeout=retry_policy.silence,
            retries={"mode": "standard", "total_max_attempts": attempts},
        )
        return open_client(region, config)
    except ValueError as error:  # botocore's own for an endpoint without http://
        reason = str(error).removesuffix(".")
        raise InputError(f"The environment's settings of AWS cannot be used: {reason}.") from error


def _blob(answer: Any) -> Blob:
    return Blob(answer["Body"].read(), _whole_seconds(answer["LastModified"]))


def _whole_seconds(modified: datetime) -> datetime:
    """Return S3's time of change in seconds, since only listings have milliseconds."""
    return modified.astimezone(UTC).replace(microsecond=0)


class _Pieces(io.RawIOBase):
    """An object that is read by requests for parts of it."""

    def __init__(self, get: Callable[..., Blob], size: int, name: str) -> None:
        self._get, self._size, self._name = get, size, name
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        begin = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, begin + offset)
        return self._place

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), self._size - self._place)
        if length <= 0:
            return 0
        try:
            data = self._get(Range=f"bytes={self._place}-{self._place + length - 1}").data
        except _BOTO3_ERRORS as error:
            raise input_error(error, self._name) from error
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)
