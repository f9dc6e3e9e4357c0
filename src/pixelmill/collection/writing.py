"""The result of an answer: a checked image and its row, or a failure."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pixelmill.collection.attempt import Answer, agent_of
from pixelmill.collection.checking import NoImageError, damage, image_extension, is_cut
from pixelmill.collection.files import note_path, write_image, write_note
from pixelmill.collection.hosts import Task
from pixelmill.collection.reasons import AttemptError
from pixelmill.collection.results import Download, StoredImage, UrlRequest, limits_of
from pixelmill.collection.robots import opted_out
from pixelmill.parameters import CollectionParameters
from pixelmill.storage import Storage
from pixelmill.untrusted_text import shown_url


class ImageWriter:
    """Writes images and notes, each in a thread of its own.

    Args:
        storage: Folder that they are written to.
        parameters: Parameters of the collection.
    """

    def __init__(self, storage: Storage, parameters: CollectionParameters) -> None:
        self._storage = storage
        self._unwanted = set(parameters.opt_outs)
        self._agent = agent_of(parameters)
        self._limits = limits_of(parameters)

    def keep(self, wanted: UrlRequest, answer: Answer) -> Download:
        """Check and write an image.

        Args:
            wanted: The URL.
            answer: Answer.

        Returns: Its row.

        Raises:
            AttemptError: The file is not a usable image.
            InputError: The folder cannot be written to.
        """
        if reserved := self._reserved(answer):
            path = write_note(self._storage, wanted.url_id, reserved)
            return self._row(wanted, answer, None, path=path, reason=reserved, status="failed")
        if answer.unchanged and wanted.kept is not None:
            return self._row(wanted, answer, wanted.kept)
        try:
            extension = image_extension(answer.data, answer.content_type)
        except NoImageError as problem:
            raise AttemptError(str(problem), final_url=answer.final_url) from problem
        if reason := damage(answer.data):
            raise AttemptError(reason, passing=is_cut(reason), final_url=answer.final_url)
        path, digest = write_image(self._storage, answer.data, extension)
        size, kind = len(answer.data), answer.content_type or None
        return self._row(wanted, answer, StoredImage(size, digest, kind, None, None, path))

    def _reserved(self, answer: Answer) -> str | None:
        """Return the reason not to keep an image whose server opts out."""
        opt_outs = opted_out(answer.headers.get("X-Robots-Tag", ""), self._agent)
        if "none" in opt_outs:  # means noindex and nofollow
            opt_outs |= {"noindex"}
        if answer.headers.get("TDM-Reservation", "").strip() == "1":
            opt_outs |= {"tdm-reservation"}
        found = sorted(opt_outs & self._unwanted)
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

    def failure(self, task: Task, problem: AttemptError) -> Download:
        """Write a note, unless an image that was there before stays for now.

        Args:
            task: The URL and the attempts at it.
            problem: Error of the request.

        Returns: The row of the URL.

        Raises:
            InputError: The folder cannot be written to.
        """
        wanted = task.wanted
        later = problem.later or (problem.reached is False and not problem.of_host)
        nothing = Answer(b"", "", problem.final_url)
        if wanted.kept is not None and later:
            reason = f"not asked for again: {problem.reason}"
            row = self._row(wanted, nothing, wanted.kept, reason=reason)
        else:
            write_note(self._storage, wanted.url_id, problem.reason)
            row = self._row(
                wanted, nothing, None, status="failed", reason=problem.reason, retryable=later
            )
        final = row.final_url or None
        return replace(row, final_url=final, attempts=task.attempts, seconds=task.seconds)
