"""Results of URLs: rows of the tables `downloads` and `collected`."""

import json
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pixelmill.collection.redirects import Step, as_sent
from pixelmill.parameters import CollectionParameters
from pixelmill.untrusted_text import HIDDEN, shown_url

if TYPE_CHECKING:
    import pyarrow as pa

# Of those that decide whether a URL is asked for and an answer is kept.
_DECISIVE = {"max_bytes", "user_agent", "robots", "opt_outs", "private_addresses", "proxy"}
VERSION = 2  # raise it where an answer that is refused now was kept before, or the reverse


class StoredImage(NamedTuple):
    """An image that is there; attributes as `Download` has them."""

    bytes: int
    sha256: str
    media_type: str | None
    etag: str | None
    last_modified: str | None
    final_url: str | None
    path: str


# Columns of the image of a URL that is asked for, and their types.
KEPT = {f"kept_{name}": "long" if name == "bytes" else "string" for name in StoredImage._fields}


@dataclass(frozen=True, slots=True)
class UrlRequest:
    """A URL that is asked for.

    Attributes:
        url: The URL in the list, without its fragment.
        url_id: Identifier returned by `files.url_id`.
        kept: The image that is there; None if there is none.
    """

    url: str
    url_id: str
    kept: StoredImage | None = None

    def conditions(self, step: Step) -> dict[str, str]:
        """Return the headers with which a server sends an image only where it has changed.

        An ETag is one of its URL alone: where a redirect leads elsewhere now, another image may
        have the same.

        Args:
            step: Request that they are for.
        """
        if self.kept is None or not _is_answered_by(step, self.kept.final_url or ""):
            return {}
        named = {"If-None-Match": self.kept.etag, "If-Modified-Since": self.kept.last_modified}
        return {name: value for name, value in named.items() if value and HIDDEN not in value}


def _is_answered_by(step: Step, final_url: str) -> bool:
    """Return whether a request is of a stored URL for certain, although that hides its query."""
    is_certain = step.redirects == 0 or HIDDEN not in final_url
    return is_certain and shown_url(str(as_sent(step.url).with_user(None))) == final_url


@dataclass(frozen=True, slots=True)
class Download:
    """What came of a URL.

    Attributes:
        url_id: Identifier returned by `files.url_id`.
        url: URL without its secrets.
        final_url: URL after the last redirect, without its secrets; None if no server answered.
        status: 'ok' or 'failed'.
        reason: Reason of the failure; of an image that is stored, why it could not be checked
            again.
        retryable: Whether it failed for a reason that may pass, so that the next run tries again.
        attempts: Requests that were made.
        bytes: Size of the image, 0 where it failed.
        sha256: SHA-256 of the image, 64 hexadecimal digits.
        media_type: Media type that the server sent, without parameters.
        etag: ETag that the server sent.
        last_modified: Header of that name.
        x_robots_tag: Header of that name.
        tdm_reservation: Header of that name: '1' reserves text and data mining.
        tdm_policy: Header of that name, without secrets.
        seconds: Duration of all attempts in seconds, without the pauses between them.
        path: Path in the folder of the image, or of the note that says why there is none.
        limits: Parameters that decide what is kept, as JSON.
        finished: Time of the last attempt, UTC.
    """

    url_id: str
    url: str
    final_url: str | None
    status: Literal["ok", "failed"]
    reason: str | None
    retryable: bool
    attempts: int
    bytes: int
    sha256: str | None
    media_type: str | None
    etag: str | None
    last_modified: str | None
    x_robots_tag: str | None
    tdm_reservation: str | None
    tdm_policy: str | None
    seconds: float
    path: str
    limits: str
    finished: datetime


NAMES = [field.name for field in fields(Download)]
# Of a row of `collected`, beside its id, the time of its file and what the list says.
SHOWN = [name for name in NAMES if name not in ("url_id", "limits", "finished")]


def limits_of(parameters: CollectionParameters) -> str:
    """Return the parameters that decide what is kept: under others a refusal may be none.

    Args:
        parameters: Parameters of the collection.
    """
    decisive = parameters.model_dump(include=_DECISIVE) | {"version": VERSION}
    decisive["proxy"] = parameters.proxy is not None  # it may hold a password
    return json.dumps(decisive, sort_keys=True)


def batch_of(rows: list[Download]) -> "pa.RecordBatch":
    """Return rows as Spark takes them from a task.

    Args:
        rows: Downloads.
    """
    import pyarrow as pa

    kinds: dict[str, Any] = {
        "int": pa.int64(), "float": pa.float64(), "bool": pa.bool_(),
        "datetime": pa.timestamp("us", "UTC"),
    }  # fmt: skip
    arrays = [
        pa.array(
            [getattr(row, field.name) for row in rows],
            kinds.get(getattr(field.type, "__name__", ""), pa.string()),
        )
        for field in fields(Download)
    ]
    return pa.RecordBatch.from_arrays(arrays, NAMES)
