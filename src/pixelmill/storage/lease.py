"""Lock of a data set on S3: an object that its owner keeps renewing.

S3 has no locks, but it writes on a condition: only where there is no object yet, or only over the
version that was read (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
A driver that is killed renews nothing, and its data set is free some minutes later. How old another
run's lease is, S3's own clock says; how long ago this run renewed its own, clocks that go on while
the machine sleeps: a laptop that was closed for an hour finds out before it writes.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError
from pydantic import ValidationError

from pixelmill.errors import InputError
from pixelmill.storage.aws_sessions import usual_region
from pixelmill.storage.commit import check_before_commits, forget_check
from pixelmill.storage.lease_owner import LeaseRecord, Owner
from pixelmill.storage.locations import split_s3
from pixelmill.storage.s3_errors import input_error, is_missing

RENEWED_EVERY = 30.0  # seconds
LIFETIME = 180.0  # seconds without a renewal after which the owner counts as dead
TRIES = 5  # of taking a lease that others take and give back meanwhile
# A renewal that S3 does not answer must come to its end long before the lease does.
TIMEOUTS = {
    "connect_timeout": 5,
    "read_timeout": 10,
    "retries": {"mode": "standard", "total_max_attempts": 3},
}
S3_ERRORS = (BotoCoreError, ClientError, ResponseParserError)
CHANGED = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}

logger = logging.getLogger(__name__)


def sleepless_clocks() -> tuple[float, ...]:
    """Return seconds of clocks that go on while the machine sleeps, or is a virtual one that is
    paused.

    Linux counts its own sleep in CLOCK_BOOTTIME, and in no other clock that cannot be set. The wall
    clock also knows of a pause, but somebody may set it: whoever compares takes the longer time.
    """
    boot = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(boot), time.time()


class Lease:
    """The right to write a data set, renewed by a thread until it is released or lost.

    Where a store knows no conditional writes there is one warning, and no lease. Where it accepts
    them and ignores the condition there is a warning too; the lease then keeps out every run that
    begins after it was written, but not one that begins at the same moment.
    """

    def __init__(
        self,
        storage: str,
        dataset: str,
        when_lost: Callable[[], object] = lambda: None,
        *,
        renewed_every: float = RENEWED_EVERY,
        lifetime: float = LIFETIME,
        clocks: Callable[[], tuple[float, ...]] = sleepless_clocks,
    ) -> None:
        """Name the lease, without a request to S3.

        Args:
            storage: S3 URI of all tables.
            dataset: Name of the data set.
            when_lost: Callback in the renewing thread when another run takes the lease over; called
                once.
            renewed_every: Seconds between two signs of life.
            lifetime: Seconds after the last of them that others wait.
            clocks: Seconds that go on while the machine sleeps, of one clock or several.
        """
        bucket, prefix = split_s3(storage)
        key = f"{prefix}/02_intermediate/{dataset}/_lease".removeprefix("/")
        self._object = {"Bucket": bucket, "Key": key}
        self._storage, self._dataset = storage, dataset
        self._when_lost = when_lost
        self._every, self._lifetime = renewed_every, lifetime
        self._owner = Owner()
        self._etag = ""
        self._clocks = clocks
        self._renewed_at = clocks()
        self._renewing = threading.Lock()
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="renew-lease", daemon=True)
        self._lost: str | None = None

    def acquire(self) -> None:
        """Take the lease, and keep it.

        Raises:
            InputError: If another run has it, or S3 refuses.
        """
        if self._take():
            check_before_commits(self.check)
            self._keeper.start()

    def release(self) -> None:
        """Release the data set; what S3 says to it no longer matters."""
        self._over.set()
        forget_check(self.check)
        if not self._etag or self._lost:
            return
        self._keeper.join(self._every)
        try:
            self._client.delete_object(**self._object, IfMatch=self._etag)
        except S3_ERRORS as error:
            logger.warning("the lease %s stays until it is old: %s", self._place, error)

    def check(self) -> None:
        """Stop whoever is about to write; a lease that is overdue for a renewal is renewed first.

        Raises:
            InputError: If the lease is lost.
        """
        if self._etag and not self._lost and self._silence() > self._lifetime / 3:
            self._renew()
        if self._lost:
            raise InputError(self._lost)

    def find(self) -> LeaseRecord | None:
        """Return the lease stored on S3, whoever holds it.

        Raises:
            InputError: If S3 refuses.
        """
        try:
            return LeaseRecord.read(self._client.get_object(**self._object))
        except S3_ERRORS as error:
            if is_missing(error):
                return None
            raise input_error(error, self._place) from error
        except ValidationError as problem:
            raise InputError(
                f"{self._place} is no lease of pixelmill: delete it if no run works on "
                f"'{self._dataset}'"
            ) from problem

    def _take(self) -> bool:
        for _ in range(TRIES):
            held = self.find()
            if held is not None and held.owner.token == self._owner.token:
                self._etag = held.etag  # our own write, whose answer was lost on the way
                return True
            if held is not None and not self._is_free(held):
                raise InputError(self._refusal(held))
            try:
                self._write(IfMatch=held.etag) if held else self._write(IfNoneMatch="*")
                self._warn_if_conditions_are_ignored()
            except ClientError as error:
                if not self._may_try_again(error):
                    return False
            except (BotoCoreError, ResponseParserError) as error:
                raise input_error(error, self._place) from error
            else:
                return True
        raise InputError(f"{self._place} changes hands all the time: try again in a minute")

    def _warn_if_conditions_are_ignored(self) -> None:
        """Write again on a condition that is false: a store that accepts it checks none."""
        try:
            self._write(IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] not in CHANGED:
                raise
        else:
            logger.warning(
                "%s: this store ignores conditional writes, so that two runs that start at the "
                "same moment may both write the data set '%s'; a later one is still refused",
                self._place,
                self._dataset,
            )

    def _is_free(self, held: LeaseRecord) -> bool:
        return held.age > self._lifetime or held.owner.is_dead()

    def _may_try_again(self, error: ClientError) -> bool:
        code = error.response["Error"]["Code"]
        if code in CHANGED or is_missing(error):
            return True
        if code == "NotImplemented":
            logger.warning(
                "%s: this store knows no conditional writes, so that nothing keeps two runs from "
                "writing the data set '%s' at once",
                self._place,
                self._dataset,
            )
            return False
        raise input_error(error, self._place) from error

    def _write(self, **condition: str) -> None:
        body = self._owner.model_dump_json().encode()
        self._etag = self._client.put_object(**self._object, Body=body, **condition)["ETag"]
        self._renewed_at = self._clocks()

    def _silence(self) -> float:
        """Return seconds since the last renewal."""
        pairs = zip(self._clocks(), self._renewed_at, strict=True)
        return max(now - then for now, then in pairs)

    def _keep(self) -> None:
        wait = self._every
        while not self._over.wait(wait):
            # After a refusal soon again: the next one may come through.
            wait = self._every if self._renew() else self._every / 6
            if self._lost:
                self._over.set()
                self._when_lost()

    def _renew(self) -> bool:
        with self._renewing:  # the thread that keeps the lease, and whoever is about to write
            return self._lost is None and self._renew_once()

    def _renew_once(self) -> bool:
        self._owner = self._owner.model_copy(update={"renewed": self._owner.renewed + 1})
        try:
            self._write(IfMatch=self._etag)
        except S3_ERRORS as error:
            if isinstance(error, ClientError) and self._has_changed(error):
                self._look_who_has_it()
            elif self._silence() > self._lifetime * 2 / 3:
                self._lost = self._unheard()
            return False
        return True

    def _has_changed(self, error: ClientError) -> bool:
        return error.response["Error"]["Code"] in CHANGED or is_missing(error)

    def _look_who_has_it(self) -> None:
        try:
            held = self.find()
        except InputError:  # the next renewal sees it
            return
        if held is not None and held.owner.token == self._owner.token:
            self._etag = held.etag  # our own renewal, whose answer was lost on the way
        elif not self._over.is_set():
            self._lost = self._overtaken(held)

    def _refusal(self, held: LeaseRecord) -> str:
        return (
            f"another run works on the data set '{self._dataset}' in {self._storage}: "
            f"{held.owner}, last heard of {held.age:.0f} s ago; "
            f"kedro emr status --params dataset={self._dataset} shows it. "
            "Wait for its end, or give this run another name (--params dataset=…); "
            f"one that died gives the data set free after {self._lifetime:.0f} s"
        )

    def _overtaken(self, held: LeaseRecord | None) -> str:
        other = held.owner if held else "somebody who deleted the lease"
        return (
            f"the data set '{self._dataset}' in {self._storage} was taken from this run by "
            f"{other}, and this run stopped so as not to write beside it; what it saved stays. "
            f"kedro emr status --params dataset={self._dataset} shows the other"
        )

    def _unheard(self) -> str:
        return (
            f"S3 took no sign of life of this run for {self._lifetime * 2 / 3:.0f} s "
            f"({self._place}), and this run stopped before another begins beside it; what it saved "
            "stays: run the same command again"
        )

    @property
    def _place(self) -> str:
        return f"s3://{self._object['Bucket']}/{self._object['Key']}"

    @cached_property
    def _client(self) -> Any:
        from botocore.config import Config

        from pixelmill.storage.s3_listing import open_client

        return open_client(usual_region() or "us-east-1", Config(**TIMEOUTS))


def find_lease(storage: str, dataset: str) -> LeaseRecord | None:
    """Return who works on a data set, or None.

    Args:
        storage: S3 URI of all tables.
        dataset: Name of the data set.

    Raises:
        InputError: If S3 refuses.
    """
    return Lease(storage, dataset).find()
