"""Images of a request: multipart, base64 in JSON, or URLs in JSON."""

import asyncio
import base64
import binascii
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from pixelmill.collection.addresses import REMEDY
from pixelmill.collection.attempt import get
from pixelmill.collection.memory import Body
from pixelmill.collection.reasons import AttemptError
from pixelmill.parameters import CollectionParameters, ServingParameters
from pixelmill.untrusted_text import safe_text, shown_url

FIELD = "files"
MULTIPART, JSON = "multipart/form-data", "application/json"
MOST_VALUES = 10_000  # of JSON: millions of empty lists take gigabytes, and block the service
URL_SECONDS = 10
URLS_AT_ONCE = 8
TAKE = "pixelmill.take"  # in the scope of a request: what counts its bytes
Take: TypeAlias = Callable[[int], str | None]
"""Counts bytes of a request; returns why there is no room for them, None where there is."""
_OBJECT = 'send an object: {"images": ["<base64>", …]}'
_ADVICE = f"send images as files in the field '{FIELD}'"


@dataclass(frozen=True)
class Upload:
    """An image of a request.

    Attributes:
        name: Name of the image in the answer.
        content: Bytes of the file; empty where there is an error.
        error: Reason why there is no content; None if there is one.
    """

    name: str
    content: bytes = b""
    error: str | None = None


async def read_uploads(request: Request, parameters: ServingParameters) -> list[Upload]:
    """Read the images of a request.

    Args:
        request: Request with its body.
        parameters: Parameters of the service.

    Returns:
        At least one, in the order in which they were sent.

    Raises:
        HTTPException: The request holds no images, too many, or cannot be read.
    """
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding != "identity":
        raise HTTPException(415, f"the body is encoded as {safe_text(encoding)}: send it as it is")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == MULTIPART:
        uploads = await _read_multipart(request, parameters.max_images)
    elif kind == JSON:
        uploads = await _read_json(await request.body(), parameters, request.scope[TAKE])
    else:
        raise HTTPException(
            415, f"the content type is {safe_text(kind) or 'missing'}: send {MULTIPART} or {JSON}"
        )
    if not uploads:
        raise HTTPException(422, f"the request holds no image: {_ADVICE}")
    return uploads


class _Form(MultiPartParser):
    """A parser of forms that tells a whole one: Starlette leaves out what is cut off."""

    spool_max_size = sys.maxsize  # the body is in memory already, and its size bounded
    is_whole = False

    def on_end(self) -> None:
        """Note the boundary behind the last file."""
        self.is_whole = True


async def _read_multipart(request: Request, most: int) -> list[Upload]:
    parser = _Form(request.headers, request.stream(), max_files=most, max_fields=0)
    try:
        form = await parser.parse()
    except MultiPartException as problem:
        raise _refused_form(problem.message, most) from problem
    except UnicodeError as problem:  # of a charset that decodes nothing
        raise HTTPException(400, "the form cannot be read: leave its charset out") from problem
    if not parser.is_whole:
        raise HTTPException(400, "the form cannot be read: it ends before its last boundary")
    files = form.multi_items()
    for name, _ in files:
        if name != FIELD:
            raise HTTPException(422, f"there is no field {safe_text(name)!r}: {_ADVICE}")
    return [await _upload(file) for _, file in files]


def _refused_form(message: str, most: int) -> HTTPException:
    """Return the library's refusal of a form, which names no remedy."""
    if message.startswith("Too many files"):
        return _too_many(most)
    if message.startswith("Too many fields"):
        return HTTPException(422, f"the form has a field without filename=: {_ADVICE}")
    return HTTPException(400, f"the form cannot be read: {safe_text(message)}")


async def _upload(file: UploadFile | str) -> Upload:
    if isinstance(file, str):
        raise HTTPException(422, f"the field '{FIELD}' holds text: {_ADVICE}")
    return Upload(safe_text(file.filename or ""), await file.read())


async def _read_json(body: bytes, parameters: ServingParameters, take: Take) -> list[Upload]:
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise HTTPException(422, f"the JSON holds more than {MOST_VALUES:,} values: {_OBJECT}")
    try:
        given = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise HTTPException(400, "the body is not JSON") from problem
    if not isinstance(given, dict) or not (given.keys() <= {"images", "urls"}):
        raise HTTPException(422, _OBJECT)
    images, urls = (_texts(given, name) for name in ("images", "urls"))
    if len(images) + len(urls) > parameters.max_images:
        raise _too_many(parameters.max_images)
    if urls and not parameters.urls:
        raise HTTPException(
            403, "this service takes no URLs: it was started without serving.urls=true"
        )
    decoded = [_from_base64(number, text) for number, text in enumerate(images)]
    downloads = CollectionParameters(
        threads=URLS_AT_ONCE, timeout=URL_SECONDS, max_bytes=parameters.max_body_bytes
    )
    return decoded + (await fetch(urls, downloads, take) if urls else [])


def _texts(given: dict[str, Any], name: str) -> list[str]:
    texts = given.get(name, [])
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise HTTPException(422, f"'{name}' is no list of texts")
    return texts


def _too_many(most: int) -> HTTPException:
    return HTTPException(
        422, f"the request holds more than {most} images: send them in several requests"
    )


def _from_base64(number: int, text: str) -> Upload:
    """Return an image; what a browser calls a data URI begins with its media type.

    Encoders of MIME, and `base64` of a shell, break lines.
    """
    name = f"images[{number}]"
    encoded = text.partition(",")[2] if text[:5].lower() == "data:" else text
    try:
        return Upload(name, base64.b64decode("".join(encoded.split()), validate=True))
    except (binascii.Error, ValueError):
        return Upload(name, error="not base64")


class _Room(Body):
    """Memory of a download, which its request holds until it is answered."""

    def __init__(self, take: Take) -> None:
        self._take = take

    async def take(self, size: int, _: asyncio.Timeout) -> None:
        """Count bytes of the image, or refuse it."""
        reason = self._take(size)
        if reason is not None:
            raise AttemptError(reason)


async def fetch(urls: list[str], downloads: CollectionParameters, take: Take) -> list[Upload]:
    """Get images from elsewhere.

    Args:
        urls: http or https.
        downloads: How; by default addresses that are not public are refused.
        take: Counts their bytes, and refuses what is too much.

    Returns:
        For each URL its image, or the reason why there is none.
    """
    from pixelmill.collection.connections import open_session  # only those who send URLs need it

    room = _Room(take)
    async with open_session(downloads) as session:

        async def one(url: str) -> Upload:
            try:
                answer = await get(session, url, downloads, room)
                return Upload(shown_url(url), answer.data)
            except AttemptError as problem:
                reason = str(problem).removesuffix(REMEDY)
                return Upload(shown_url(url), error=f"download failed: {reason}")

        return list(await asyncio.gather(*map(one, urls)))
