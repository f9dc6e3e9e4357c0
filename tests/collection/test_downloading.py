"""Downloads from a server that fails, dawdles, moves and lies; and runs that are cut short."""

import socket
import subprocess
import sys
import time
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixelmill.collection.hosts import NOT_TRIED
from pixelmill.errors import InputError
from tests.collection.conftest import Place
from tests.collection.photo_server import picture
from tests.collection.raw_server import answer

JSON = "no image came: it begins with '{\"error\"', and its type is application/json"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("missing/1.jpg", "HTTP 404 Not Found"),
        ("down/1.jpg", "HTTP 500 Internal Server Error"),
        ("tomorrow/1.jpg", "HTTP 503 Service Unavailable: the server asks to wait 86400 s"),
        ("gone/1.jpg", "the connection broke: Server disconnected"),
        ("loop/1.jpg", "too many redirects"),
        ("page/1.jpg", "a web page came, no image"),
        ("disguised/1.jpg", "a web page came, no image"),
        ("json/1.jpg", JSON),
        ("empty/1.jpg", "the answer is empty"),
        ("huge/1.jpg", "too large: 1,000,000,000,000 bytes, max_bytes is 50,000,000"),
    ],
)  # fmt: skip
def test_a_failure_is_a_row_and_an_image_with_its_reason(place, url, reason):
    index = place.download(url, "photo/1.jpg")
    assert index.count == 2
    assert place.reason(url) == reason
    assert place.record[url].path.endswith(".failed")


@pytest.mark.parametrize("url", ["shaky/1.jpg", "busy/1.jpg", "cut/1.jpg"])
def test_what_passes_is_tried_again(place, server, url):
    place.download(url)
    assert place.content(url) == picture(1)
    assert server.asked[f"/{url}"] == 2


@pytest.mark.parametrize("url", ["shaky/1.jpg", "busy/1.jpg", "cut/1.jpg"])
def test_nothing_is_tried_again_where_no_retries_are_wanted(place, server, url):
    place.download(url, "photo/2.jpg", retries=0)
    assert place.reason(url)
    assert server.asked[f"/{url}"] == 1


@pytest.mark.parametrize("url", ["missing/1.jpg", "page/1.jpg", "huge/1.jpg", "loop/1.jpg"])
def test_what_stays_is_not_tried_again(place, server, url):
    place.download(url, "photo/2.jpg", retries=3)
    assert server.asked[f"/{url}"] == (10 if url == "loop/1.jpg" else 1)


@pytest.mark.parametrize(
    ("status", "passes"), [(507, True), (520, True), (530, True), (501, False)]
)
def test_what_a_server_or_its_proxy_lacks_for_now_passes(raw, tmp_path, status, passes):
    [url] = raw.urls([answer(status=b"%d Sorry" % status)])
    place = Place(tmp_path, raw.url)
    raw.heads.clear()
    [row] = place.download(url, retries=1).rows
    assert row.reason.startswith(f"HTTP {status}")
    assert (row.retryable, row.attempts, len(raw.heads)) == (passes, 1 + passes, 1 + passes)


def test_a_busy_host_is_left_alone_as_long_as_it_asks(place, server):
    urls = [f"photo/{number}.jpg" for number in range(20)]
    place.download("busy/1.jpg", *urls, per_host=1)
    asked, again = server.moments.pop("/busy/1.jpg")
    assert again - asked > 0.99
    others = [moment for [moment] in server.moments.values()]
    assert len(others) == 20
    assert not any(asked < moment < asked + 0.99 for moment in others)


def test_a_host_that_always_asks_to_wait_is_left_to_the_next_run(raw, tmp_path):
    urls = raw.urls([answer(b"Retry-After: 1", status=b"429 Too Many")] * 12)
    place = Place(tmp_path, raw.url)
    raw.heads.clear()
    rows = place.download(*urls, per_host=1, retries=0).rows
    assert len(raw.heads) == 5
    assert {(row.reason, row.retryable) for row in rows} == {("HTTP 429 Too Many Requests", True)}


@pytest.mark.parametrize("url", ["slow/1.jpg", "drip/1.jpg"])
def test_an_attempt_ends_with_its_time_however_the_bytes_trickle(place, url):
    began = time.monotonic()
    place.download(url, "photo/1.jpg", timeout=1)
    assert time.monotonic() - began < 4
    assert place.reason(url) == "not finished within 1 s"


@pytest.mark.parametrize("url", ["endless/1.jpg", "bomb/1.jpg"])
def test_a_body_without_end_is_left_where_it_exceeds_the_limit(place, url):
    place.download(url, "photo/1.jpg", max_bytes=1_000_000)
    assert place.reason(url) == "too large: more bytes, max_bytes is 1,000,000"


def test_half_an_image_is_no_image_though_no_length_was_said(place, server):
    place.download("halved/1.jpg", "photo/1.jpg", retries=0)
    assert place.reason("halved/1.jpg").startswith("truncated image: ")
    assert place.record["halved/1.jpg"].retryable
    place.download("halved/1.jpg", retries=1)
    assert place.content("halved/1.jpg") == server.photo
    assert server.asked["/halved/1.jpg"] == 3


def test_a_kind_that_no_featurizer_reads_is_asked_for_once(place, server):
    place.download("svg/1.jpg", "photo/1.jpg", retries=3)
    assert "svg" in place.reason("svg/1.jpg").lower()
    assert server.asked["/svg/1.jpg"] == 1


def test_cookies_live_through_the_redirects_of_one_download_alone(place, server):
    place.download("ticket/1.jpg", "ticket/2.jpg", per_host=1)
    assert [row.status for row in place.record.values()] == ["ok", "ok"]
    assert server.asked == {"/ticket/1.jpg": 2, "/ticket/2.jpg": 2}  # each had to be given its own


def test_servers_get_the_agent_that_the_user_names(place, server):
    place.download("browsers/1.jpg", "photo/1.jpg")
    assert place.reason("browsers/1.jpg") == "HTTP 403 Forbidden"
    agent = "Mozilla/5.0 (compatible; shop)"
    place.download("browsers/1.jpg", user_agent=agent)
    assert place.content("browsers/1.jpg") == picture(1)
    assert agent in server.agents
    with pytest.raises(ValueError, match="user_agent"):
        place.download("photo/1.jpg", user_agent="a\r\nX-Injected: 1")


def test_only_web_addresses_are_followed(place):
    place.download("moved/1.jpg", "file/1.jpg")
    assert place.content("moved/1.jpg") == picture(7)
    assert place.reason("file/1.jpg") == (
        "the redirect leads to no http or https address: file:///etc/hostname"
    )


def test_the_ending_is_that_of_the_bytes(place):
    place.download("wrong/1.jpg", "untyped/1", "zipped/1.jpg", "photo")
    endings = [row.path.rpartition(".")[2] for row in place.record.values()]
    assert endings == ["png", "webp", "jpg", "jpg"]
    assert place.content("zipped/1.jpg") == picture(5)


def test_a_killed_run_leaves_whole_images_alone(place, server):
    server.delay = 0.1
    urls = [f"{place.base}/photo/{number}.jpg" for number in range(200)]
    script = f"""
from pixelmill.collection.downloading import download_all
from pixelmill.collection.results import UrlRequest
from pixelmill.collection.writing import ImageWriter
from pixelmill.parameters import CollectionParameters
from pixelmill.storage import open_storage
given = CollectionParameters(**{place.parameters().model_dump()!r})
wanted = [UrlRequest(url, format(number, "032x")) for number, url in enumerate({urls!r})]
list(download_all(wanted, ImageWriter(open_storage(given.folder), given), given))
"""
    process = subprocess.Popen([sys.executable, "-c", script])
    while len(server.asked) < 60:
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    kept = [file for file in (place.folder / "downloads").rglob("*.jpg") if file.name[0] != "."]
    assert 30 < len(kept) < 100
    assert all(sha256(file.read_bytes()).hexdigest() == file.stem for file in kept)


def test_one_host_is_asked_by_few_at_once(place, server):
    server.delay = 0.05
    place.download(*(f"photo/{number}.jpg" for number in range(30)), per_host=3, threads=16)
    assert server.most_at_once == 3


def test_all_hosts_together_are_asked_by_no_more_than_the_threads(place, server):
    server.delay = 0.05
    port = server.url.rpartition(":")[2]
    hosts = ["127.0.0.1", "localhost"]
    urls = [f"http://{hosts[n % 2]}:{port}/photo/{n}.jpg" for n in range(30)]
    place.download(*urls, per_host=8, threads=5)
    assert server.most_at_once == 5


def test_a_host_without_an_answer_keeps_no_other_waiting(place, server):
    slow = [f"slow/{number}.jpg" for number in range(4)]
    other = server.url.replace("127.0.0.1", "localhost")
    urls = [f"{other}/photo/{number}.jpg" for number in range(50)]
    place.download(*slow, *urls, per_host=2, threads=4, timeout=1)
    took = max(server.moments[f"/photo/{number}.jpg"][0] for number in range(50))
    assert took - min(map(min, server.moments.values())) < 1
    assert sum(row.status == "ok" for row in place.record.values()) == 50


def test_where_no_host_can_be_reached_the_others_are_not_tried(place):
    urls = [f"http://127.0.0.{number % 7 + 1}:9/{number}.jpg" for number in range(3000)]
    began = time.monotonic()
    place.download(*urls)
    assert time.monotonic() - began < 10
    rows = place.record.values()
    assert sum(row.reason.startswith(f"{NOT_TRIED} (no connection: ") for row in rows) > 2000
    assert all(row.retryable for row in rows)


def test_a_host_that_answers_nobody_is_left_alone_soon(place, server):
    """A thousand URLs of one dead host do not each wait for their attempts."""
    urls = [f"http://127.0.0.1:9/{number}.jpg" for number in range(1000)]
    began = time.monotonic()
    place.download("photo/1.jpg", *urls, retries=2)
    assert time.monotonic() - began < 10
    tried = [row for row in place.record.values() if row.attempts > 1]
    assert 5 <= len(tried) < 30


@pytest.mark.parametrize(
    ("code", "retryable"), [(socket.EAI_AGAIN, True), (socket.EAI_FAIL, True),
                            (socket.EAI_NONAME, False)]
)  # fmt: skip
def test_a_name_server_that_fails_is_asked_again_by_the_next_run(
    place, monkeypatch, code, retryable
):
    """Unlike the answer that there is no such host."""
    look_up = socket.getaddrinfo

    def fail(host, *given, **named):
        if host == "photos.example":
            raise socket.gaierror(code, "as asked")
        return look_up(host, *given, **named)

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    place.download("http://photos.example/1.jpg", "photo/1.jpg", retries=0)
    failed, _ = place.record.values()
    assert (failed.status, failed.retryable) == ("failed", retryable)


def test_connections_are_kept_open(place, server):
    place.download(*(f"photo/{number}.jpg" for number in range(20)), per_host=2)
    assert server.connections == 2


def test_hosts_without_a_name_fail_for_good(place):
    place.download("http://nowhere.invalid/1.jpg", "http://nowhere.invalid/2.jpg", "photo/1.jpg")
    first, second, _ = place.record.values()
    assert first.reason.startswith("no connection: ")
    assert second.reason == first.reason


def test_a_folder_that_cannot_be_written_to_is_a_sentence(place, server):
    server.delay = 0.1
    (place.folder / "downloads").write_bytes(b"")
    with pytest.raises(InputError, match=r"downloads/.* cannot be written: "):
        place.download(*(f"photo/{number}.jpg" for number in range(1000)))
    assert server.asked.total() < 100


NAMES = [f"photo/{number}.jpg" for number in range(9)] + ["missing/1.jpg", "page/2.jpg"]


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(NAMES), threads=st.integers(1, 20), per_host=st.integers(1, 20))
def test_neither_threads_nor_order_change_the_index(
    server, tmp_path_factory, order, threads, per_host
):
    def table(urls, **parameters):
        place = Place(tmp_path_factory.mktemp("downloads"), server.url)
        rows = place.download(*urls, **parameters).rows
        facts = [(row.path, row.status, row.reason, row.bytes, row.sha256) for row in rows]
        return sorted(facts)

    assert table(order, threads=threads, per_host=per_host) == table(NAMES, threads=1)
