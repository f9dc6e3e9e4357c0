"""One attempt: what a server asks for, and URLs that are none."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from pixelmill.collection.attempt import get
from pixelmill.collection.connections import open_session
from pixelmill.collection.memory import BytesInFlight
from pixelmill.collection.reasons import AttemptError, retry_after
from pixelmill.parameters import CollectionParameters
from tests.collection.raw_server import answer


@pytest.mark.parametrize(
    ("written", "seconds"), [("7", 7), (" 0 ", 0), ("", None), ("soon", None), ("-1", None)]
)
def test_a_server_asks_for_seconds(written, seconds):
    assert retry_after(written) == seconds


def test_a_server_asks_for_a_moment():
    moment = datetime.now(UTC) + timedelta(seconds=60)
    assert 58 < retry_after(format_datetime(moment, usegmt=True)) <= 60
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0


@pytest.mark.parametrize("ahead", [-3600, 0, 3600])
def test_a_moment_is_one_of_the_clock_of_the_server(raw, ahead):
    def moment(seconds):
        later = datetime.now(UTC) + timedelta(seconds=ahead + seconds)
        return format_datetime(later, usegmt=True).encode()

    headers = b"Date: " + moment(0), b"Retry-After: " + moment(7)
    [url] = raw.urls([answer(*headers, status=b"503 Busy")])
    problem = outcome(url)
    assert problem.busy
    assert 6 <= problem.wait <= 8


def outcome(url):
    async def try_it():
        parameters = CollectionParameters(timeout=5, private_addresses=True)
        async with open_session(parameters) as session:
            await get(session, url, parameters, BytesInFlight().body())

    with pytest.raises(AttemptError) as caught:
        asyncio.run(try_it())
    return caught.value


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:99999/1.jpg", "http://127.0.0.1:x/1.jpg", "http://:80/1.jpg",
     "http://a..b/1.jpg", "http://" + "a" * 70 + ".de/1.jpg", "http://[::1/1.jpg",
     "http://\u2603\ufe0f\u0000/1.jpg", "ftp://127.0.0.1/1.jpg", "http://user:pa ss@:1/x"],
)  # fmt: skip
def test_a_url_that_is_none_fails_with_a_reason_on_one_line(url):
    problem = outcome(url)
    assert problem.reason
    assert "\n" not in problem.reason
    assert len(problem.reason) < 400


def test_reasons_show_no_values_of_python(raw):
    urls = raw.urls([b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"])
    garbage, cut = (outcome(url).reason for url in urls)
    assert garbage.endswith("ICE/: 'garbage'")
    assert cut.startswith("the connection broke: Not enough data")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1/1.jpg", "no connection: Connection refused"),
        ("http://localhost:1/1.jpg", "no connection: Connection refused"),
        ("http://a..b/1.jpg", "no host can be called so: a part of its name is empty or too long"),
    ],
)
def test_a_host_that_is_not_reached_is_said_in_words(url, reason):
    assert outcome(url).reason == reason


def test_a_server_that_speaks_no_tls_is_no_safe_connection(s3_endpoint):
    problem = outcome(s3_endpoint.replace("http:", "https:"))
    assert problem.reason.startswith("no safe connection: wrong version number")
    assert not problem.passing
    assert problem.reached
