"""A bucket: obstore reads (one request and the least CPU for each image), boto3 does the rest.

obstore refuses the whole page of a listing for one key with a line break, a tab or an empty folder
name in it, and reads no such key; boto3 takes every key. Credentials, region and endpoint come
from boto3, so that both see what the AWS command line sees.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import islice
from threading import Lock
from typing import Any

import boto3
import obstore
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from obstore.auth.boto3 import Boto3CredentialProvider
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import S3Store

from pixelmill.errors import UnreadableImageError
from pixelmill.storage.base import Blob, Storage, StoredFile
from pixelmill.storage.locations import child
from pixelmill.storage.s3_errors import input_error, is_missing, unreadable

_CONNECTIONS = 64
# A request lists 1,000 files but looks at one: listing pays unless the prefix holds far more
# files than are sought.
_LISTED_FOR_EACH_SOUGHT = 20
_KEY_THAT_OBSTORE_REFUSES = re.compile(r"[\x00-\x1f\x7f]|//|(^|/)\.{1,2}(/|$)|^/|/$")


class S3Storage(Storage):
    """The objects below a prefix of a bucket.

    Args:
        bucket: Its name.
        prefix: Folder in the bucket, '' for all of it; without slashes at its ends.
    """

    def __init__(self, bucket: str, prefix: str) -> None:
        self.root = f"s3://{bucket}/{prefix}".rstrip("/")
        self._bucket = bucket
        self._prefix = f"{prefix}/" if prefix else ""
        self._opening = Lock()

    def list_files(self, enter: Callable[[str], bool] | None = None) -> Iterator[StoredFile]:
        """See `Storage`. Keys that end with '/' are the folders of S3's web console, no files."""
        del enter  # a bucket has keys, no folders
        try:
            pages = self._client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
                for item in page.get("Contents", ()):
                    if not item["Key"].endswith("/"):
                        yield self._stored_file(item["Key"], item["Size"], item["LastModified"])
        except (BotoCoreError, ClientError) as error:
            raise input_error(error, self.root) from error

    def find_files(self, paths: Sequence[str]) -> list[StoredFile | None]:
        """See `Storage`."""
        wanted = set(paths)
        listing = self.list_files()
        first = islice(listing, 1000 + _LISTED_FOR_EACH_SOUGHT * len(wanted))
        found = {file.path: file for file in first if file.path in wanted}
        if len(found) == len(wanted) or next(listing, None) is None:
            return [found.get(path) for path in paths]
        with ThreadPoolExecutor(_CONNECTIONS) as pool:
            return list(pool.map(lambda path: found.get(path) or self._find(path), paths))

    def read(self, path: str) -> Blob:
        """See `Storage`."""
        key = self._prefix + path
        try:
            if _KEY_THAT_OBSTORE_REFUSES.search(key):
                return self._get_by_boto3(key)
            return self._get_by_obstore(key)
        except FileNotFoundError as error:
            raise UnreadableImageError("vanished: there is no object of this key") from error
        except (PermissionDeniedError, UnauthenticatedError) as error:
            raise UnreadableImageError("permission denied") from error
        except (BaseError, ValueError) as error:
            reason = str(error).partition("\n")[0]
            raise UnreadableImageError(f"read failed: {reason}") from error
        except (BotoCoreError, ClientError) as error:
            raise unreadable(error) from error

    def read_bytes(self, path: str) -> bytes:
        """See `Storage`."""
        try:
            return self._get_by_boto3(self._prefix + path).data
        except (BotoCoreError, ClientError) as error:
            raise input_error(error, child(self.root, path)) from error

    def write_bytes(self, path: str, data: bytes) -> None:
        """See `Storage`."""
        try:
            self._client.put_object(Bucket=self._bucket, Key=self._prefix + path, Body=data)
        except (BotoCoreError, ClientError) as error:
            raise input_error(error, child(self.root, path)) from error

    @cached_property
    def _client(self) -> Any:
        return _client(boto3.Session().region_name or "us-east-1")

    @cached_property
    def _store(self) -> S3Store:
        endpoint = _client(self._region()).meta.endpoint_url
        return S3Store(
            self._bucket,
            region=self._region(),
            endpoint=endpoint,
            credential_provider=Boto3CredentialProvider(),
            client_options={"allow_http": endpoint.startswith("http://"), "timeout": "60s"},
            retry_config={"max_retries": 5, "retry_timeout": timedelta(seconds=60)},
        )

    def _region(self) -> str:
        """Of the bucket: boto3 follows a redirect to it, obstore does not."""
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

    def _get_by_boto3(self, key: str) -> Blob:
        answer = self._client.get_object(Bucket=self._bucket, Key=key)
        return Blob(answer["Body"].read(), _whole_seconds(answer["LastModified"]))

    def _find(self, path: str) -> StoredFile | None:
        key = self._prefix + path
        try:
            answer = self._client.head_object(Bucket=self._bucket, Key=key)
        except (BotoCoreError, ClientError) as error:
            if is_missing(error):
                return None
            raise input_error(error, child(self.root, path)) from error
        return self._stored_file(key, answer["ContentLength"], answer["LastModified"])

    def _stored_file(self, key: str, size: int, modified: datetime) -> StoredFile:
        return StoredFile(key[len(self._prefix) :], size, _whole_seconds(modified))


def _client(region: str) -> Any:
    return boto3.Session().client(
        "s3", region, config=Config(max_pool_connections=_CONNECTIONS, retries={"mode": "standard"})
    )


def _whole_seconds(modified: datetime) -> datetime:
    """S3's time of change: a listing may have milliseconds that a GET's header has not."""
    return modified.astimezone(UTC).replace(microsecond=0)
