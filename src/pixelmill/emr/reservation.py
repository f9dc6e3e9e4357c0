"""Lock of a data set against a second launch, since two would write the same tables."""

import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from pixelmill.aws.clients import explained, open_client
from pixelmill.emr.job import Job
from pixelmill.emr.record import Launch, find_launch, launch_folder
from pixelmill.emr.state import RunState, find_state
from pixelmill.errors import InputError
from pixelmill.storage.aws_sessions import answered_at
from pixelmill.storage.lease import LIFETIME, find_lease
from pixelmill.storage.locations import split_s3

NAME = "launching.json"
STALE = timedelta(minutes=15)  # a launch takes a minute; what is older was left by one that died
TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}


@contextmanager
def reserved(job: Job, echo: Callable[[str], None]) -> Iterator[None]:
    """Lock a data set while its launch is prepared; S3 lets one of two writers win.

    Args:
        job: Job to launch.
        echo: Callback that prints a line for the user: that the lock stays until it is old.

    Raises:
        InputError: If another launch of the data set is being made ready.
    """
    s3 = open_client("s3", job.region)
    bucket, key = split_s3(f"{launch_folder(job.storage, job.dataset)}/{NAME}")
    place = {"Bucket": bucket, "Key": key}
    lock = json.dumps({"launch": job.id, "token": secrets.token_hex()}).encode()
    with explained("the launch cannot be noted in the storage"):
        etag = _write(s3, place, lock, IfNoneMatch="*") or _take_over(s3, place, lock, job)
    try:
        yield
    finally:
        try:
            with explained(f"s3://{bucket}/{key} cannot be deleted"):
                s3.delete_object(**place, IfMatch=etag)
        except InputError as problem:  # which must hide neither a launch nor why it failed
            echo(f"{problem}; for {STALE.seconds // 60} minutes it keeps others from a launch")


def _write(s3: Any, place: dict[str, str], lock: bytes, **condition: str) -> str | None:
    """Write a lock, and return the version of the object; None where there is another."""
    try:
        etag: str = s3.put_object(**place, Body=lock, **condition)["ETag"]
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in TAKEN:
            return None
        raise
    return etag


def _take_over(s3: Any, place: dict[str, str], lock: bytes, job: Job) -> str:
    """Put this launch in the place of one that died; of two that try, one succeeds."""
    found = s3.get_object(**place)
    if found["Body"].read() == lock:
        return str(found["ETag"])  # its own, whose answer was lost on the way
    age = answered_at(found) - found["LastModified"]
    seconds = f"{age.total_seconds():.0f}"
    etag = None if age < STALE else _write(s3, place, lock, IfMatch=found["ETag"])
    if etag is None:
        raise InputError(
            f"another launch of the data set '{job.dataset}' began {seconds} s ago: "
            f"wait a minute; kedro emr status --params dataset={job.dataset} shows it"
        )
    return etag


def refuse_second_launch(job: Job) -> None:
    """Refuse a launch while the one before it, or any other run of the data set, is alive.

    Raises:
        InputError: Another launch is under way; the message names the command that shows it.
    """
    other = find_launch(job.storage, job.dataset)
    found = None if other is None else _state_while_alive(other)
    if other is not None and found is not None:
        raise InputError(
            f"{described(other)} already works on the data set '{job.dataset}', since "
            f"{other.started:%Y-%m-%d %H:%M} UTC ({found.place}): kedro emr status --params "
            f"dataset={job.dataset} shows it, kedro emr stop --params dataset={job.dataset} ends it"
        )
    _refuse_beside_a_run(job)


def _refuse_beside_a_run(job: Job) -> None:
    held = find_lease(job.storage, job.dataset)
    if held is not None and held.age < LIFETIME and not held.owner.is_dead():
        raise InputError(
            f"{held.owner} already works on the data set '{job.dataset}' in {job.storage}, last "
            f"heard of {held.age:.0f} s ago: kedro emr status --params dataset={job.dataset} "
            "shows it"
        )


def _state_while_alive(launch: Launch) -> RunState | None:
    found = find_state(launch)
    if found is None:
        return None
    # A run that was stopped, or whose cluster fails, may write until its cluster is gone.
    is_ending = launch.target == "cluster" and found.phase != "finished" and found.costs
    return found if is_ending or not found.is_over else None


def described(launch: Launch) -> str:
    """Return what runs a launch, as the subject of a sentence."""
    kind = "the cluster" if launch.target == "cluster" else "the serverless application"
    return f"{kind} {launch.owner}"
