"""Redirects of a download, each a request to the host that it names."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixelmill.collection.reasons import AttemptError
from pixelmill.untrusted_text import shown_url

if TYPE_CHECKING:
    from aiohttp import ClientResponse
    from aiohttp.abc import AbstractCookieJar
    from yarl import URL

MOST_REQUESTS = 10  # of one download
_STATUSES = {301, 302, 303, 307, 308}
_UP_TO_PATH = re.compile(r"(?i)\s*(?:https?:)?//[^/?#]*")
_SENT = r"!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~"
_ONLY_SENT, _NOT_SENT = re.compile(f"[{_SENT}]*"), re.compile(f"[^{_SENT}]")
_IGNORED = "\t\r\n"  # anywhere in a URL


@dataclass(frozen=True)
class Step:
    """One request of a download.

    Attributes:
        url: URL with its secrets.
        redirects: Number of redirects before it.
        cookies: Cookies that these have set; None for no cookies.
        seconds: Duration of the requests before it.
    """

    url: str
    redirects: int = 0
    cookies: "AbstractCookieJar | None" = None
    seconds: float = 0.0


def next_step(response: "ClientResponse", step: Step, seconds: float) -> Step | None:
    """Return the request that a redirect asks for; None where an answer is no redirect.

    Args:
        response: Answer of the server.
        step: Request that it answers.
        seconds: Duration of that request.

    Raises:
        AttemptError: The redirect leads nowhere, or is one too many.
    """
    location = response.headers.get("Location") or response.headers.get("URI")
    if response.status not in _STATUSES or not location:
        return None
    if step.redirects + 1 >= MOST_REQUESTS:
        raise AttemptError("too many redirects", final_url=str(response.url))
    place = _place(location, response.url, step)
    return Step(str(place), step.redirects + 1, _cookies(response, step), step.seconds + seconds)


def as_sent(url: str) -> "URL":
    """Return the URL to send: what is in standard form is unchanged, since it may be signed.

    Args:
        url: URL, or a part of one that a redirect names.

    Raises:
        ValueError: The host or port cannot be read; the message may hold a part of a password.
    """
    from yarl import URL

    found = _UP_TO_PATH.match(url)
    host = found[0] if found else ""
    rest = _NOT_SENT.sub(_escaped, url[len(host) :])
    return URL(host + rest, encoded=_ONLY_SENT.fullmatch(host) is not None)


def _place(location: str, asked: "URL", step: Step) -> "URL":
    """Return the URL of a redirect; credentials stay with their origin."""
    from yarl import URL

    try:
        place = asked.join(as_sent(location.partition("#")[0]))
        origin = place.origin()  # an error where there is no host
        had = URL(step.url, encoded=True)
    except ValueError:
        raise _leads_nowhere(location, asked) from None
    if place.scheme not in ("http", "https"):
        raise _leads_nowhere(location, asked)
    if had.user is None or place.user is not None or origin != asked.origin():
        return place
    return place.with_user(had.user).with_password(had.password)


def _escaped(letter: re.Match[str]) -> str:
    """Return a letter in percent-encoding; aiohttp keeps bytes that are not UTF-8 as surrogates."""
    if letter[0] in _IGNORED:
        return ""
    return "".join(f"%{byte:02X}" for byte in letter[0].encode(errors="surrogateescape"))


def _leads_nowhere(location: str, asked: "URL") -> AttemptError:
    reason = f"the redirect leads to no http or https address: {shown_url(location)}"
    return AttemptError(reason, final_url=str(asked))


def _cookies(response: "ClientResponse", step: Step) -> "AbstractCookieJar | None":
    from aiohttp import CookieJar

    jar = step.cookies
    if jar is None and response.cookies:
        jar = CookieJar(unsafe=True)  # also of hosts that are numbers
    if jar is not None:
        jar.update_cookies(response.cookies, response.url)
    return jar
