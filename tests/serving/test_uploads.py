"""Images that a request names by their URLs."""

import asyncio
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from pixelmill.parameters import CollectionParameters, ServingParameters
from pixelmill.serving.guard import Guard
from pixelmill.serving.metrics import Metrics
from pixelmill.serving.uploads import TAKE, fetch


class Server(SimpleHTTPRequestHandler):
    """Files, without a log."""

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def elsewhere(pets):
    """URL of a server with the photos."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, directory=str(pets.root)))
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture(scope="module")
def with_urls(pets, start_service):
    """A service that takes URLs."""
    return start_service(pets.model, "--set=urls=true")


def test_images_come_from_urls_and_failures_are_reported(elsewhere, pets):
    downloads = CollectionParameters(private_addresses=True, timeout=5, max_bytes=200_000)
    urls = [f"{elsewhere}/{pets.paths[0]}", f"{elsewhere}/nothing.jpg", "ftp://a.org/b.jpg", "x y"]
    whole, missing, other, wrong = asyncio.run(fetch(urls, downloads, _take_all))
    assert whole.content == pets.photo(0)
    assert (missing.content, missing.error) == (b"", "download failed: HTTP 404 Not Found")
    assert other.error.startswith("download failed: the URL leads to no http or https address")
    assert wrong.error.startswith("download failed: ")


def _take_all(_):
    """There is room for everything."""


def test_images_from_urls_count_until_their_request_is_answered(elsewhere, pets):
    """Together they fit into one request, whether they have arrived or are under way."""
    answers = {}

    async def application(scope, *_):
        downloads = CollectionParameters(private_addresses=True, threads=1)
        urls = [f"{elsewhere}/{path}" for path in pets.paths[:3]]
        answers["uploads"] = await fetch(urls, downloads, scope[TAKE])

    sizes = [len(pets.photo(number)) for number in range(3)]
    limits = ServingParameters(max_body_bytes=sum(sizes) - 1)
    guard = Guard(application, limits, Metrics(), None, None, ())

    async def receive():
        return {"type": "http.request"}

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    asyncio.run(guard(scope, receive, receive))
    errors = [upload.error for upload in answers["uploads"]]
    (refused,) = filter(None, errors)
    assert refused.startswith("download failed: the request has more than ")


def test_redirects_are_followed(elsewhere, pets):
    """To the listing of a folder, whose URL ends with a slash."""
    folder = f"{elsewhere}/{pets.paths[0].rpartition('/')[0]}"
    [found] = asyncio.run(fetch([folder], CollectionParameters(private_addresses=True), _take_all))
    assert b"Directory listing" in found.content


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:{port}",
        "localhost:{port}",
        "127.1:{port}",
        "0x7f.0.0.1:{port}",
        "2130706433:{port}",
        "[::1]:{port}",
        "[::ffff:127.0.0.1]:{port}",
        "0.0.0.0:{port}",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "[fd00::1]",
    ],
)
def test_addresses_that_are_not_public_are_refused(with_urls, elsewhere, host):
    url = f"http://{host.format(port=elsewhere.rpartition(':')[2])}/a.jpg"
    answer = with_urls.session.post(f"{with_urls.url}/classify", json={"urls": [url]}, timeout=60)
    (result,) = answer.json()["results"]
    assert result["predictions"] == []
    refusals = ("is not a public address", "is no address in its usual form")
    assert any(refusal in result["error"] for refusal in refusals)
    assert "ingestion" not in result["error"]
