"""Lists and servers that mean harm: every URL becomes a row, and nothing private is reached."""

import asyncio
import itertools
import json
import logging
import socket
import socketserver
import threading
import time
import tracemalloc

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixelmill.collection.addresses import public_socket
from pixelmill.collection.attempt import get, open_session
from pixelmill.collection.memory import BytesInFlight
from pixelmill.collection.reasons import AttemptError
from pixelmill.parameters import CollectionParameters, IngestionParameters
from pixelmill.pipelines.collection.nodes import _warn_of_proxies
from pixelmill.untrusted_text import safe_text
from tests.collection.conftest import Place, Storage
from tests.collection.photo_server import picture

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(picture(1)) + picture(1)


class RawServer(socketserver.ThreadingTCPServer):
    """Answers a path with the bytes that a test has put there, and hangs up."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), None)
        self.answers = {"/good": GOOD}
        self.heads = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._numbers = itertools.count()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def finish_request(self, request, _):
        lines = iter(request.makefile("rb").readline, b"")
        head = list(itertools.takewhile(bytes.strip, lines))
        self.heads.append(b"".join(head))
        path = head[0].split()[1].decode() if head else ""
        with request.makefile("wb") as answer:
            answer.write(self.answers.get(path, GOOD))

    def handle_error(self, request, client_address):
        pass  # the client has gone

    def urls(self, answers):
        """A URL for each of the answers."""
        sent = {f"/{next(self._numbers)}": answer for answer in answers}
        self.answers |= sent
        return [self.url + path for path in sent]


@pytest.fixture(scope="module")
def raw():
    """A server that sends whatever it is told to."""
    server = RawServer()
    yield server
    server.shutdown()
    server.server_close()


def rows_of(folder, server, answers):
    """The records of the answers, each asked for once."""
    place = Place(folder, server.url)
    place.download("good", *server.urls(answers), timeout=2, retries=0)
    good, *rows = place.record.values()
    assert good.status == "ok"
    assert len(rows) == len(answers)
    for row in rows:
        reason = row.reason
        assert (row.status == "ok") == (reason is None)
        if reason is not None:
            assert safe_text(reason, 600) == reason
            note = (folder / "downloads" / row.path).read_bytes()
            assert note == f"download failed: {reason}\n".encode()
    return rows


def answer(*headers, body=b"", status=b"200 OK"):
    head = b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers])
    return head + b"\r\n\r\n" + body


SEEN = {
    "Latin-1 as a type": answer(b"Content-Type: caf\xe9", body=b"x"),
    "Latin-1 as a type of an image": answer(b"Content-Type: image/\xe9", body=b"x"),
    "Latin-1 as a redirect": answer(b"Location: http://127.0.0.1/\xe9\xff", status=b"302 Found"),
    "a redirect to no host": answer(b"Location: http://[domain]/x", status=b"302 Found"),
    "a redirect to half a bracket": answer(b"Location: http://[::1", status=b"302 Found"),
    "a redirect to no port": answer(b"Location: http://127.0.0.1:x/", status=b"302 Found"),
    "a year of no calendar": answer(
        b"Retry-After: Mon, 01 Jan 999999999999999999999 00:00:00 GMT", status=b"503 Busy"
    ),
    "the last year": answer(
        b"Retry-After: Fri, 31 Dec 9999 23:59:59 -2359", status=b"429 Too Many"
    ),
    "a wait of many digits": answer(b"Retry-After: " + b"9" * 5000, status=b"503 Busy"),
    "comments": answer(body=b"<!---->" * 142),
    "comments and more": answer(body=b"<?xml version='1.0'?>" + b"<!-- -->\n" * 100 + b"<"),
    "a reason with colours": b"HTTP/1.1 200 \x1b[31m\xe2\x80\xae\r\n\r\n",
    "a cookie of control characters": answer(b"Set-Cookie: a=\x01\xff; Expires=\xe9", body=b"x"),
    "no gzip": answer(b"Content-Encoding: gzip", body=b"no gzip at all"),
    "no brotli": answer(b"Content-Encoding: br", body=b"no brotli at all"),
    "a length of letters": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
    "a length of many digits": b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "no chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "many headers": answer(*[b"X-%d: y" % number for number in range(5000)]),
    "a long header": answer(b"X: " + b"y" * 100_000),
    "switching protocols": b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    "endless continue": b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "nothing": b"",
}


def test_answers_that_once_ended_a_run_are_rows(raw, tmp_path):
    began = time.monotonic()
    rows = rows_of(tmp_path, raw, SEEN.values())
    assert time.monotonic() - began < 10
    reasons = {name: row.reason for name, row in zip(SEEN, rows, strict=True)}
    assert all(reasons.values()), reasons
    assert reasons["Latin-1 as a type"].endswith(r"its type is caf\xe9")
    assert reasons["comments"].startswith("no image came: it begins with b'<!---")
    assert reasons["a year of no calendar"] == "HTTP 503 Service Unavailable"


def test_a_body_of_no_use_is_forgotten_before_the_next_one_comes(raw, tmp_path):
    size = 8_000_000
    urls = raw.urls([answer(body=bytes(size))] * 4)
    tracemalloc.start()
    try:
        Place(tmp_path, raw.url).download("good", *urls, threads=1, per_host=1, timeout=60)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 2.6 * size  # its parts, and the whole


ODD = st.sampled_from(
    [b"\xe9", b"\xff\xfe", b"\x00", b"\x1b[2J", b"\xe2\x80\xae", b"=cmd|", b"%s%n", b"9" * 400,
     b"<!---->" * 30, b"[", b"]", b"@", b":", b"//", b"http://127.0.0.1:1/", b"image/", b"gzip"]
)  # fmt: skip
VALUES = st.lists(ODD | st.binary(max_size=8), max_size=4).map(b"".join)
HEADERS = st.tuples(
    st.sampled_from([b"Content-Type", b"Content-Encoding", b"Retry-After", b"Set-Cookie", b"Date",
                     b"Transfer-Encoding", b"Content-Length", b"Connection", b"X"]),
    VALUES,
).map(b": ".join)  # fmt: skip
REDIRECTS = VALUES.map(lambda value: b"Location: http://127.0.0.1:1/" + value)
STATUS = st.sampled_from([b"200 OK", b"302 Found", b"429 Busy", b"503 \xe9", b"999 ", b"-1", b"\0"])
BODIES = st.sampled_from([picture(1), picture(2, "PNG")[:60], b"", b"\0"]) | VALUES
ANSWERS = st.binary(max_size=200) | st.builds(
    lambda headers, body, status: answer(*headers, body=body, status=status),
    st.lists(HEADERS | REDIRECTS, max_size=4), BODIES, STATUS,
)  # fmt: skip


SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=15, deadline=None, suppress_health_check=SLOW)
@given(answers=st.lists(ANSWERS, min_size=10, max_size=20))
def test_whatever_a_server_sends_is_a_row(raw, tmp_path_factory, answers):
    rows = rows_of(tmp_path_factory.mktemp("raw"), raw, answers)
    assert len(rows) == len(answers)


MALFORMED = [
    "http://[domain]/x", "http://a]b/", "http://[::1", "http://[::1/#a", "http://[v1.x]/",
    "http://a:b/", "http://a:99999/", "http://a\u2100b/x", "http://\u2460@/x", "http://%zz/",
    "http://.../x", "http://" + "a" * 300 + "/", "http://a\x01b/\x1b[31m",
    "http://\u202emoc.elgoog/", "http://xn--\u00e9/",
]  # fmt: skip


def test_urls_that_are_none_are_rows(raw, tmp_path):
    place = Place(tmp_path, raw.url)
    urls = [*MALFORMED, f"{raw.url}/good"]
    (tmp_path / "list.csv").write_text("url\n" + "".join(f'"{url}"\n' for url in urls))
    for _ in range(2):  # a repeat too
        index = place.index(tmp_path / "list.csv", timeout=2, retries=0)
        assert index.count == len(urls)
        *failed, good = place.record.values()
        assert [row.status for row in failed] == ["failed"] * len(MALFORMED)
        assert all(safe_text(row.reason, 600) == row.reason for row in failed)
        assert good.reason is None


LOOPBACK = ["127.0.0.1", "127.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "017700000001",
            "0177.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.0.0.1.", "[::1]",
            "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "①②⑦.⓪.⓪.①",
            "127。0。0。1", "\uff1127.0.0.1", "0", "0.0", "me:pw@127.0.0.1"]  # fmt: skip


def test_this_machine_is_not_reached_however_it_is_spelled(place, server):
    port = server.url.rpartition(":")[2]
    urls = [f"http://{host}:{port}/photo/1.jpg" for host in LOOPBACK]
    came = place.download(*urls, private_addresses=False)
    assert server.asked.total() == 0
    reasons = [row.reason for row in came.rows]
    assert len(reasons) == len(LOOPBACK)
    refused = [reason for reason in reasons if "private_addresses=true" in reason]
    others = [reason for reason in reasons if reason not in refused]
    assert len(refused) >= 10
    assert all(why.startswith(("no connection", "the URL")) for why in others), others


@pytest.mark.parametrize(
    "place_of",
    ["http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/", "http://10.0.0.1/",
     "http://192.168.0.1/", "http://100.100.100.200/", "http://168.63.129.16/"],
)  # fmt: skip
def test_services_of_clouds_and_the_own_network_are_refused(place_of):
    parameters = CollectionParameters(timeout=2)
    problem = outcome(place_of, parameters)
    assert problem.reason.endswith(
        "is not a public address: set collection.private_addresses=true to download "
        "from servers of your own network"
    )
    assert problem.reached is None
    assert not problem.passing


def outcome(url, parameters, session=None):
    async def try_it():
        async with session() if session else open_session(parameters) as shared:
            await get(shared, url, parameters, BytesInFlight().body())

    with pytest.raises(AttemptError) as caught:
        asyncio.run(try_it())
    return caught.value


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_no_redirect_leads_to_this_machine(raw, server, host):
    """The sockets of the first server are let through, as if its address were public."""

    def as_if_public(info):
        first = info[4][1] == raw.server_address[1]
        return socket.socket(*info[:3]) if first else public_socket(info)

    def session():
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(socket_factory=as_if_public))

    port = server.url.rpartition(":")[2]
    location = f"Location: http://{host}:{port}/photo/1.jpg".encode()
    [url] = raw.urls([answer(location, status=b"302 Found")])
    problem = outcome(url, CollectionParameters(timeout=2), session)
    assert "is not a public address" in problem.reason
    assert server.asked.total() == 0


def test_a_list_of_private_addresses_keeps_no_other_image(raw, tmp_path):
    """They tell nothing of the network: nothing is given up for them."""
    urls = [f"http://10.0.{number}.1/" for number in range(50)]
    place = Place(tmp_path, raw.url)
    index = place.download(*urls, "good", retries=0)
    assert index.count == 51
    assert place.record["good"].status == "ok"


def test_a_proxy_is_asked_where_one_is_given(place, server):
    place.download("http://photos.example/photo/1.jpg", proxy=server.url, private_addresses=False)
    assert server.asked == {"http://photos.example/photo/1.jpg": 1}


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "0x7f.1", "localhost", "intranet", "[::1]", "169.254.169.254", "10.0.0.1"],
)
def test_a_proxy_is_asked_for_nothing_private(raw, tmp_path, host):
    """Neither by a list nor by a redirect."""
    location = f"Location: http://{host}/inner".encode()
    raw.answers["http://photos.example/moved"] = answer(location, status=b"302 Found")
    raw.heads.clear()
    urls = [f"http://{host}/inner", "http://photos.example/moved"]
    came = Place(tmp_path, raw.url).download(*urls, proxy=raw.url, private_addresses=False)
    assert all("is not a public address" in row.reason for row in came.rows)
    assert [head.split()[1] for head in raw.heads] == [b"http://photos.example/moved"]


def test_neither_proxies_nor_passwords_are_taken_from_the_environment(
    raw, tmp_path, monkeypatch, caplog
):
    place = Place(tmp_path, raw.url)
    (place.folder / "netrc").write_text("default login me password hunter2\n")
    (place.folder / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(place.folder / "netrc"))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    raw.heads.clear()
    with caplog.at_level(logging.WARNING):
        _warn_of_proxies(place.parameters())
    place.download(f"{raw.url}/good")
    assert "set collection.proxy" in caplog.text
    assert place.content("good") == picture(1)
    [head] = raw.heads
    assert b"uthorization" not in head


SECRET = "hunter2"
SIGNED = [
    "http://me:{0}@{1}/good", "http://{0}@{1}/good?a", "http://{1}/good?X-Amz-Signature={0}",
    "http://{1}/good?{0}", "http://{1}/good;jsessionid={0}", "http://{1}/good#access_token={0}",
    "http://me:{0}@[domain]/x?{0}", "http://me:{0}@[::1/x", "http://me:x/{0}@{1}/good",
    "http://me:x?{0}@{1}/good", "http://me:{0}@nowhere.invalid/x", "http://me:{0}@{1}:99999/x",
    "http://me:{0}@/x", "http://me:{0}@{1}/small.jpg?{0}", "ftp://me:{0}@{1}/x", "//me:{0}@{1}/x",
    "http:me:{0}@{1}/x", "http://me:{0}@127.1/x",
]  # fmt: skip
LEADING_ON = [
    "http://me:{0}@[domain]/x", "file://me:{0}@h/x", "http://h.invalid/?{0}", "//me:{0}@[/x",
    "http://me:{0}@127.0.0.1:1/", "x:{0}@h", "http://me:x/{0}@h/",
]  # fmt: skip


def test_no_secret_of_a_url_is_written_or_told(raw, tmp_path, spark, caplog):
    """Neither of the list nor of a redirect; a repeat finds its images all the same."""
    host = raw.url.removeprefix("http://")
    signed = [url.format(SECRET, host) for url in SIGNED]
    moved = raw.urls(
        answer(f"Location: {place.format(SECRET)}".encode(), status=b"302 Found")
        for place in LEADING_ON
    )
    rows = [*signed, signed[2], *moved]
    (tmp_path / "list.csv").write_text(
        "url,label,thumbnail\n"
        + "".join(f'"{url}",{number},"{url}"\n' for number, url in enumerate(rows))
    )
    given = IngestionParameters(label="column", column="label", exclude=["small.*"])
    storage, images = Storage(tmp_path / "storage", raw.url), str(tmp_path / "list.csv")
    with caplog.at_level(logging.DEBUG):
        first = storage.collect(images, given, retries=0)
        raw.heads.clear()
        again = storage.collect(images, given, retries=0)
    _, source = storage.index(images, label="column", column="label")
    assert storage.facts["skipped"] == {"duplicate URL": 1, "no URL": 3, "excluded": 1}
    assert len(storage.facts["contradictions"]) == 1
    assert first.keys() == again.keys()
    assert b"/good" not in b"".join(raw.heads)
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("downloads/**/*.*"))
    output = json.dumps(source) + caplog.text + str(again) + str(storage.downloads.load().collect())
    assert SECRET.encode() not in written
    assert SECRET not in output
    assert not (tmp_path / "storage" / "url_list").exists()
