"""Lists and servers that mean harm: every URL becomes a row, and no secret is written."""

import json
import logging
import time
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixelmill.parameters import IngestionParameters
from pixelmill.pipelines.collection.nodes import _warn_of_proxies
from pixelmill.untrusted_text import safe_text
from tests.collection.conftest import Place, Storage
from tests.collection.photo_server import picture
from tests.collection.raw_server import answer


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
    assert reasons["comments"].startswith("no image came: it begins with '<!---")
    unpacked = "the answer cannot be unpacked: Can not decode content-encoding: gzip"
    assert reasons["no gzip"] == unpacked
    assert reasons["a year of no calendar"] == "HTTP 503 Service Unavailable"


def test_a_header_as_long_as_sites_send_them_is_read(raw, tmp_path):
    policy = b"Content-Security-Policy: " + b"img-src https://a.example; " * 1000
    [row] = rows_of(tmp_path, raw, [answer(policy, body=picture(1))])
    assert row.status == "ok"


@pytest.mark.parametrize("missing", [0, 1])  # bytes, so that the connection breaks
def test_a_body_of_no_use_is_forgotten_before_the_next_one_comes(raw, tmp_path, missing):
    size = 8_000_000
    urls = raw.urls([answer(body=bytes(size))[: -missing or None]] * 4)
    place = Place(tmp_path, raw.url)
    place.download("good")  # loads the libraries
    tracemalloc.start()
    try:
        place.download("good", *urls, threads=1, per_host=1, timeout=60)
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
def test_every_answer_of_a_server_is_a_row(raw, tmp_path_factory, answers):
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


def test_no_secret_of_a_url_is_written_or_shown(raw, tmp_path, spark, caplog):
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
