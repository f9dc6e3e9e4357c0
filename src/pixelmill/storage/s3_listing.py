"""Parallel listing of a bucket: ranges of keys, divided among threads meanwhile.

A bucket answers with 1,000 keys at a time and never says how many there are, or where. One page
after another, a million keys take as long as a thousand answers. Whenever a thread has nothing to
do, the rest of a range is therefore cut into parts at keys that need not exist: folders and one
flat folder of a million images are the same to it.
"""

import re
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

import boto3
from botocore.config import Config
from botocore.utils import parse_timestamp

from pixelmill.storage.aws_sessions import new_session

PAGES_IN_FLIGHT = 8  # more wait for each other: Python reads the answers one at a time
LONGEST_KEY = 1024  # bytes
LAST_LETTER = 0x10FFFF
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ufffe\uffff]")


@dataclass(frozen=True)
class KeyRange:
    """Keys that one thread lists.

    Attributes:
        prefix: What all of them begin with.
        after: Lower bound of the keys, exclusive.
        upto: Upper bound of the keys, inclusive; None for no bound.
        token: Continuation token of the last answer, if there was one.
    """

    prefix: str
    after: str = ""
    upto: str | None = None
    token: str | None = None

    def parts(self, count: int) -> "list[KeyRange]":
        """Return the range in up to `count` parts; itself where it cannot be cut."""
        cuts = cut_points(self.after, self.upto, len(self.prefix), count - 1)
        if not cuts:
            return [self]
        first = KeyRange(self.prefix, self.after, cuts[0], self.token)
        others = zip(cuts, [*cuts[1:], self.upto], strict=True)
        return [first, *(KeyRange(self._prefix_of(*ends), *ends) for ends in others)]

    def _prefix_of(self, after: str, upto: str | None) -> str:
        """Return what all keys of a part begin with: an answer then has few keys beyond its end."""
        return self.prefix if upto is None else after[: _alike(after, upto)]


@dataclass(frozen=True)
class Page:
    """One answer of the bucket.

    Attributes:
        objects: As boto3 has them (`Key`, `Size`, `LastModified`, …), by key.
        rest: What is left of the range.
    """

    objects: list[dict[str, Any]]
    rest: KeyRange | None


def list_objects(
    client: Any, bucket: str, prefix: str, after: str = "", upto: str | None = None
) -> Iterator[dict[str, Any]]:
    """Yield all objects whose keys begin with a prefix, each once, in any order.

    Args:
        client: S3 client of boto3.
        bucket: Bucket name.
        prefix: '' for the whole bucket.
        after: Lower bound of the keys, exclusive.
        upto: Upper bound of the keys, inclusive; None for no bound.

    Returns: The objects as boto3 has them; pages are asked for as the iterator is used.

    Raises:
        botocore.exceptions.BotoCoreError: The bucket does not answer.
        botocore.exceptions.ClientError: The bucket does not exist or may not be listed.
    """
    pool = ThreadPoolExecutor(PAGES_IN_FLIGHT, thread_name_prefix="list")
    pending = {pool.submit(_list_page, client, bucket, KeyRange(prefix, after, upto))}
    try:
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            pages = [answer.result() for answer in done]
            for rest in (page.rest for page in pages if page.rest):
                for part in rest.parts(PAGES_IN_FLIGHT - len(pending)):
                    pending.add(pool.submit(_list_page, client, bucket, part))
            for page in pages:
                yield from page.objects
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _list_page(client: Any, bucket: str, keys: KeyRange) -> Page:
    start = {"ContinuationToken": keys.token} if keys.token else {"StartAfter": keys.after}
    answer = client.list_objects_v2(Bucket=bucket, Prefix=keys.prefix, **start)
    listed = answer.get("Contents", [])
    last = listed[-1]["Key"] if listed else keys.after
    if keys.upto is not None and last >= keys.upto:
        within = takewhile(lambda item: item["Key"] <= str(keys.upto), listed)
        return Page(list(within), None)
    token = answer.get("NextContinuationToken") if answer["IsTruncated"] else None
    rest = KeyRange(keys.prefix, last, keys.upto, token) if token else None
    return Page(listed, rest)


def cut_points(after: str, upto: str | None, fixed: int, count: int) -> list[str]:
    """Return keys between two keys, whether they exist or not, in their order.

    Args:
        after: All are greater.
        upto: All are smaller; None where there is no end.
        fixed: Number of characters that stay those of `after`, because all keys have them.
        count: Number of keys that are wanted.

    Returns: At most `count` keys, none where none is found.
    """
    if count < 1 or not after:
        return []
    start = fixed if upto is None else _alike(after, upto)
    for place in range(start, len(after) + 1):
        low = ord(after[place]) if place < len(after) else -1
        letters = _letters(low, _highest(upto, place) if place == start else LAST_LETTER)
        if letters:
            keys = [after[:place] + chr(letter) for letter in _spread(letters, count)]
            return [key for key in keys if _is_key(key)]
    return []


def _alike(first: str, second: str) -> int:
    """Return how many characters two keys have in common at their beginning."""
    pairs = zip(first, second, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _highest(upto: str | None, place: int) -> int:
    """Return the greatest letter at the place where keys below `upto` begin to differ from it."""
    if upto is None:
        return LAST_LETTER
    return ord(upto[place]) - (len(upto) == place + 1)


def _letters(low: int, high: int) -> range:
    """Return the letters above `low`, up to `high`, in printable ASCII if there are any."""
    printable = range(max(low + 1, 0x20), min(high, 0x7E) + 1)
    return printable or range(max(low + 1, 0x80), high + 1)


def _spread(letters: range, count: int) -> list[int]:
    """Return up to `count` letters at equal distances."""
    step = max(1.0, len(letters) / (count + 1))
    places = (int(step * (number + 1)) - 1 for number in range(count))
    return [letters[place] for place in places if place < len(letters)]


def _is_key(key: str) -> bool:
    """Return whether it can be asked for: some servers repeat it in XML, which has no control
    letters.
    """
    try:
        return len(key.encode()) <= LONGEST_KEY and not _CONTROL.search(key)
    except UnicodeEncodeError:  # a surrogate is no letter
        return False


def open_client(region: str, config: Config) -> Any:
    """Return a client for S3 that takes a quarter of boto3's usual time for a page of a listing.

    The rest goes into the times of change, which boto3 reads as if they had any form. Threads do
    not help against that: Python parses one page at a time.

    Args:
        region: Region of the bucket.
        config: Configuration of the client.
    """
    session = new_session()
    answers = session.get_component("response_parser_factory")
    answers.set_parser_defaults(timestamp_parser=_read_time)
    return boto3.Session(botocore_session=session).client("s3", region, config=config)


def _read_time(written: Any) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except (TypeError, ValueError):  # of a header: Wed, 21 Oct 2015 07:28:00 GMT
        moment: datetime = parse_timestamp(written)
        return moment
