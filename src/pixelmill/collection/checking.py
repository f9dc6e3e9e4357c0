"""Checks whether a download is a whole image that a featurizer can read, and of which kind.

A server that names no length and hangs up leaves half an image, and nothing in HTTP says so: only
the image itself does. It is decoded once, as small as its format allows.
"""

import mimetypes
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from threading import BoundedSemaphore, Lock
from typing import NamedTuple

from pixelmill.child_process import Allowance, ChildProcess
from pixelmill.errors import UndecodableImageError, UnreadableImageError
from pixelmill.images.kinds import is_web_page, kind_of
from pixelmill.images.limits import TOO_LARGE, Limits
from pixelmill.untrusted_text import shown_bytes

Check = Callable[[bytes], str | None]

_AT_ONCE = 4  # images decoded at the same time
_LARGEST = Limits()
# Of those at once; a larger one is decoded while no other large one is.
_SMALL = Limits(max_decoded_bytes=_LARGEST.max_decoded_bytes // _AT_ONCE)
_QUICK = Limits(max_pixels=1_000_000, max_decoded_bytes=_SMALL.max_decoded_bytes)
_TRUNCATED = "truncated image"
_PAGE_TYPES = ("text/html", "application/xhtml+xml")
_decoding = BoundedSemaphore(_AT_ONCE)
_decoding_large = Lock()


class NoImageError(Exception):
    """What came is no image that can be used; the message says what it is."""


class SlowToDecodeError(Exception):
    """Decoding the image would take longer than an event loop may be held up."""


def image_extension(data: bytes, content_type: str) -> str:
    """Return the file name ending of an image by its first bytes, or by its media type.

    Args:
        data: Data.
        content_type: As the server names it, without parameters; '' where it does not.

    Raises:
        NoImageError: The file is empty, a web page, an image of a kind that is not read, or neither
            its bytes nor the server identify it as an image.
    """
    if not data:
        raise NoImageError("the answer is empty")
    if kind := kind_of(data):
        if not kind.is_read:
            raise NoImageError(kind.refusal)
        return kind.extensions[0]
    if is_web_page(data) or content_type in _PAGE_TYPES:
        raise NoImageError("a web page came, no image")
    if not content_type.startswith("image/"):
        kind_said = content_type or "unsaid"
        raise NoImageError(
            f"no image came: it begins with {shown_bytes(data[:8])}, and its type is {kind_said}"
        )
    return mimetypes.guess_extension(content_type) or ".image"


def damage(data: bytes) -> str | None:
    """Return why an image cannot be used; None for one that is whole.

    Args:
        data: Downloaded bytes.
    """
    with _decoding:
        reason = _problem(data, _SMALL)
    if reason is not None and reason.startswith(TOO_LARGE):
        with _decoding_large:
            reason = _problem(data, _LARGEST)
    # What limits the featurizer is no damage.
    return None if reason is None or reason.startswith(TOO_LARGE) else reason


def quick_damage(data: bytes) -> str | None:
    """Return what `damage` returns, for an image of few pixels, which is decoded in milliseconds.

    Args:
        data: Downloaded bytes.

    Raises:
        SlowToDecodeError: It has more.
    """
    reason = _problem(data, _QUICK)
    if reason is not None and reason.startswith(TOO_LARGE):
        raise SlowToDecodeError
    return reason


def _problem(data: bytes, limits: Limits) -> str | None:
    from pixelmill.images.decoding import decode

    try:
        decode(data, limits, lambda _: (1, 1))
    except UndecodableImageError as error:
        return str(error)
    except UnreadableImageError:  # memory is short just now: the featurizer will find out
        return None
    return None


def is_cut(reason: str) -> bool:
    """Return whether the rest of the image is missing, so that another download may bring it.

    Args:
        reason: Reason returned by `damage`.
    """
    return reason.startswith(_TRUNCATED)


class Checks(NamedTuple):
    """Functions that return why an image cannot be used; None for one that is whole.

    Attributes:
        quick: Check in an event loop; it raises SlowToDecodeError where it would take long.
        thorough: Check in a thread; pickled where it is done in another process.
    """

    quick: Check
    thorough: Check


IN_PROCESS = Checks(quick_damage, damage)


@contextmanager
def isolated(checks: Checks) -> Iterator[Checks]:
    """Yield checks in a child process: an image that ends its process costs no other image.

    Args:
        checks: Checks to do there.
    """
    allowance = Allowance(_LARGEST.max_seconds, _LARGEST.max_decoded_bytes)
    with closing(ChildProcess(partial(_loaded, checks.thorough), allowance)) as child:
        yield Checks(_never_quick, partial(_in_child, child, Lock()))


def _loaded(check: Check) -> Check:
    """Return a check after the import of the decoders, whose memory is none of an image."""
    import pixelmill.images.decoding  # noqa: F401

    return check


def _never_quick(_: bytes) -> str | None:
    raise SlowToDecodeError


def _in_child(child: ChildProcess, turn: Lock, data: bytes) -> str | None:
    try:
        with turn:
            reason: str | None = child.call(data)
    except UndecodableImageError as error:
        return str(error)
    except UnreadableImageError:  # the system may have ended the child for others' sake
        return None
    return reason
