"""The result of an answer: a checked image and its row, or a failure."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from pixelmill.collection.attempt import Answer
from pixelmill.collection.checking import (
    IN_PROCESS,
    Check,
    Checks,
    NoImageError,
    SlowToDecodeError,
    image_extension,
    is_cut,
)
from pixelmill.collection.connections import agent_of
from pixelmill.collection.files import note_path, write_image, write_note
from pixelmill.collection.hosts import Task
from pixelmill.collection.reasons import AttemptError
from pixelmill.collection.results import Download, StoredImage, UrlRequest, limits_of
from pixelmill.collection.robots import reservations
from pixelmill.parameters import CollectionParameters
from pixelmill.storage import Storage, is_s3
from pixelmill.untrusted_text import shown_url

T = TypeVar("T")

QUICK_BYTES = 256 * 1024  # of a file that may be checked and written in the event loop
_SLOW = 0.01  # seconds
_SHARE = 0.05  # of its time that the event loop may lose to slow work


class QuickWork:
    """Decides what runs in the event loop itself; the rest runs in threads.

    A small image is checked and written in a millisecond. Handing it to a thread takes longer than
    that, since the thread and the loop wait for the interpreter lock of each other several times.
    But slow work holds up all other downloads, and a disk may be slow: where the loop has lost a
    share of its time to that, threads do everything until it has not.

    Args:
        storage: Folder that files are written to; a bucket is never quick.
    """

    def __init__(self, storage: Storage) -> None:
        self._is_local = not is_s3(storage.root)
        self._began = time.monotonic()
        self._lost = 0.0

    def allows(self, size: int) -> bool:
        """Return whether a file may be worked on in the event loop now.

        Args:
            size: Bytes of the file.
        """
        has_time = self._lost <= _SHARE * (time.monotonic() - self._began)
        return self._is_local and size <= QUICK_BYTES and has_time

    def run(self, work: Callable[[], T]) -> T:
        """Do the work here, and note the time that it takes where it is slow.

        Args:
            work: Work that `allows` has allowed.
        """
        began = time.monotonic()
        try:
            return work()
        finally:
            took = time.monotonic() - began
            self._lost += took if took > _SLOW else 0.0


class ImageWriter:
    """Writes images and notes, in the event loop or in threads.

    Args:
        storage: Folder that they are written to.
        parameters: Parameters of the collection.
        checks: Checks of the images.
    """

    def __init__(
        self, storage: Storage, parameters: CollectionParameters, checks: Checks = IN_PROCESS
    ) -> None:
        self._storage = storage
        self._checks = checks
        self._quick = QuickWork(storage)
        self._unwanted = set(parameters.opt_outs)
        self._agent = agent_of(parameters)
        self._limits = limits_of(parameters)

    async def keep(self, wanted: UrlRequest, answer: Answer) -> Download:
        """Check and write an image.

        Args:
            wanted: The URL.
            answer: Answer.

        Returns: Its row.

        Raises:
            AttemptError: The file is not a usable image.
            InputError: The folder cannot be written to.
        """
        if self._quick.allows(len(answer.data)):
            with suppress(SlowToDecodeError):
                return self._quick.run(partial(self._keep, wanted, answer, self._checks.quick))
        return await asyncio.to_thread(self._keep, wanted, answer, self._checks.thorough)

    def _keep(self, wanted: UrlRequest, answer: Answer, check: Check) -> Download:
        if reserved := self._reserved(answer):
            path = write_note(self._storage, wanted.url_id, reserved)
            return self._row(wanted, answer, None, path=path, reason=reserved, status="failed")
        if answer.unchanged and wanted.kept is not None:
            return self._row(wanted, answer, wanted.kept)
        try:
            extension = image_extension(answer.data, answer.content_type)
        except NoImageError as problem:
            raise AttemptError(str(problem), final_url=answer.final_url) from problem
        if reason := check(answer.data):
            raise AttemptError(reason, passing=is_cut(reason), final_url=answer.final_url)
        path, digest = write_image(self._storage, answer.data, extension)
        size, kind = len(answer.data), answer.content_type or None
        return self._row(wanted, answer, StoredImage(size, digest, kind, None, None, None, path))

    def _reserved(self, answer: Answer) -> str | None:
        """Return the reason not to keep an image whose server opts out."""
        tdm = answer.headers.get("TDM-Reservation", "")
        found = sorted(reservations(answer.robots_tags, tdm, self._agent) & self._unwanted)
        return f"the server reserves the image ({', '.join(found)})" if found else None

    def _row(
        self, wanted: UrlRequest, answer: Answer, kept: StoredImage | None, **changed: Any
    ) -> Download:
        headers = answer.headers
        policy = headers.get("TDM-Policy")
        row = Download(
            url_id=wanted.url_id,
            url=shown_url(wanted.url),
            final_url=shown_url(answer.final_url),
            status="ok",
            reason=None,
            retryable=False,
            attempts=1,
            bytes=kept.bytes if kept else 0,
            sha256=kept.sha256 if kept else None,
            media_type=kept.media_type if kept else answer.content_type or None,
            etag=headers.get("ETag") or (kept and kept.etag),
            last_modified=headers.get("Last-Modified") or (kept and kept.last_modified),
            x_robots_tag=headers.get("X-Robots-Tag"),
            tdm_reservation=headers.get("TDM-Reservation"),
            tdm_policy=policy and shown_url(policy),
            seconds=0.0,
            path=kept.path if kept else note_path(wanted.url_id),
            limits=self._limits,
            finished=datetime.now(UTC),
        )
        return replace(row, **changed) if changed else row

    async def failure(self, task: Task, problem: AttemptError) -> Download:
        """Write a note, unless an image that was there before stays for now.

        Args:
            task: The URL and the attempts at it.
            problem: Error of the request.

        Returns: The row of the URL.

        Raises:
            InputError: The folder cannot be written to.
        """
        if self._quick.allows(0):
            return self._quick.run(partial(self._failure, task, problem))
        return await asyncio.to_thread(self._failure, task, problem)

    def _failure(self, task: Task, problem: AttemptError) -> Download:
        wanted = task.wanted
        later = problem.later or (problem.reached is False and not problem.of_host)
        nothing = Answer(b"", "", problem.final_url)
        if wanted.kept is not None and later:
            reason = f"not asked for again: {problem.reason}"
            row = self._row(wanted, nothing, wanted.kept, reason=reason)
            final = wanted.kept.final_url
        else:
            write_note(self._storage, wanted.url_id, problem.reason)
            row = self._row(
                wanted, nothing, None, status="failed", reason=problem.reason, retryable=later
            )
            final = row.final_url or None
        return replace(row, final_url=final, attempts=task.attempts, seconds=task.seconds)
