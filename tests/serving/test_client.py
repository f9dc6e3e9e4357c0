"""The client: what the routes say, as Python's own values."""

from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
import pytest

from pixelmill import Client
from pixelmill.errors import InputError
from pixelmill.serving.client import RETRIES


@pytest.fixture
def client(service):
    return Client(service.url)


def test_many_images_go_in_several_requests(client, pets):
    places = [pets.root / path for path in pets.paths]
    found = client.classify(places, k=2)
    assert [one.name for one in found] == [place.name for place in places]
    right = [
        one.predictions[0].label == label for one, label in zip(found, pets.labels, strict=True)
    ]
    assert sum(right) >= 25
    assert all(len(one.predictions) == 2 for one in found)
    np.testing.assert_allclose(client.features(iter(places)), pets.features, atol=1e-5)


def test_contents_and_broken_images(client, pets):
    (one,) = client.classify(pets.photo(0))
    assert (one.name, one.error, one.predictions[0].label) == ("0", None, "Abyssinian")
    broken, whole = client.classify([b"", pets.photo(0)])
    assert (broken.predictions, broken.error) == ([], "empty file")
    assert whole.predictions == one.predictions
    assert np.isnan(client.features(b"")).all()
    assert client.similar(b"") == [[]]


def test_similar_images_and_the_model(client, pets):
    ((nearest, *others),) = client.similar(pets.photo(5), k=4)
    assert (nearest.path, nearest.label) == (pets.paths[5], pets.labels[5])
    assert len(others) == 3
    assert client.model()["figures"] == {"accuracy": 0.9}


def test_names_are_those_of_the_files(client, pets, tmp_path):
    photo = pets.photo(0)
    places = [tmp_path / name for name in ('a"b.jpg', "a%22b.jpg", "ä;.jpg", "b\udcff.jpg")]
    for place in places:
        place.write_bytes(photo)
    found = client.classify([*places, *[photo] * 20], k=1)
    names = ['a"b.jpg', "a%22b.jpg", "ä;.jpg", "b\\xff.jpg"]
    assert [one.name for one in found] == [*names, *map(str, range(4, 24))]


def test_no_images(client):
    assert client.classify([]) == client.similar([]) == []
    assert client.features([]).shape == (0, 1280)


@pytest.mark.parametrize("image", [None, [None], 5, np.zeros((8, 8, 3), np.uint8)])
def test_what_is_no_image_says_what_to_give(client, image):
    with pytest.raises(TypeError, match="is no image: give the path of a file"):
        client.classify(image)


def test_another_server_is_one_sentence():
    with _other_server(200, "text/html", b"<html>") as url:
        for ask in (Client(url).model, partial(Client(url).classify, b"")):
            with pytest.raises(InputError, match="is no service of pixelmill: give its URL"):
                ask()


@pytest.mark.parametrize("body", [b"{}", b"[]", b"1", b"{", b'{"sha256": "", "limits": {}}'])
def test_json_of_another_server_is_one_sentence(body):
    with _other_server(200, "application/json", body) as url:
        client = Client(url)
        asked = (client.model, *(partial(ask, b"") for ask in (client.classify, client.features)))
        for ask in (*asked, partial(client.similar, []), partial(client.features, [])):
            with pytest.raises(InputError, match="is no service of pixelmill: give its URL"):
                ask()


@pytest.mark.parametrize("results", [b"[]", b"[{}]", b"[1]", b'[{"predictions": [{}]}]'])
def test_results_of_another_server_are_one_sentence(results):
    about = b'"sha256": "", "features": 2, "limits": {"images": 1, "body_bytes": 1}'
    with _other_server(200, "application/json", b'{%b, "results": %b}' % (about, results)) as url:
        for ask in (Client(url).classify, Client(url).similar, Client(url).features):
            with pytest.raises(InputError, match="is no service of pixelmill: give its URL"):
                ask(b"")


def test_a_key_does_not_follow_a_redirect():
    place = "http://example.org/model"
    leads = pytest.raises(InputError, match=f"/model leads to {place}: give the URL")
    with _other_server(307, "text/html", b"", Location=place) as url, leads:
        Client(url, key="secret").model()


def test_requests_fit_into_the_limits_of_the_service(pets, start_service):
    large = max(len(pets.photo(number)) for number in range(5)) + 2_000
    service = start_service(pets.model, "--set=max_images=2", f"--set=max_body_bytes={large}")
    photos = [pets.photo(number) for number in range(5)]
    found = Client(service.url).classify(photos * 2, k=1)
    assert [one.error for one in found] == [None] * 10
    assert [one.name for one in found] == list(map(str, range(10)))


def test_a_service_that_stays_busy_is_said_to_be(monkeypatch):
    monkeypatch.setitem(RETRIES, "total", 1)
    body = b'{"detail": "64 images wait already"}'
    refused = pytest.raises(InputError, match=r"/model refuses \(503\): 64 images wait already")
    with _other_server(503, "application/json", body) as url, refused:
        Client(url).model()


@contextmanager
def _other_server(status, kind, body, **headers):
    """A server that answers every request alike."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            for name, value in {"Content-Type": kind, **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_what_goes_wrong_is_one_sentence(client):
    with pytest.raises(InputError, match=r"/classify refuses \(422\): k: "):
        client.classify(b"", k=0)
    for name in ("nothing.jpg", "~nobody/a.jpg", "a\0b.jpg", "s3:///a.jpg"):
        with pytest.raises(InputError, match=r"jpg: unreadable, "):
            client.classify(name)
    with pytest.raises(InputError, match=r"127.0.0.1:9 does not answer \(ConnectionError\)"):
        Client("http://127.0.0.1:9").model()
    with pytest.raises(InputError, match=r"^http://…@127.0.0.1:9 does not answer"):
        Client("http://me:secret@127.0.0.1:9").model()
