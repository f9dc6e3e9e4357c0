"""What a request must pass: host, key, and the size and time of its header and body."""

import base64
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

BODY_SECONDS = 1.5
A_ROUND = 0.002  # seconds; uvloop counts whole milliseconds from the start of a round of its loop


@pytest.fixture(scope="module")
def guarded(pets, start_service):
    """A service with a key and small limits, without an index."""
    limits = {
        "max_body_bytes": 400_000,
        "max_bytes_in_flight": 400_000,
        "body_seconds": BODY_SECONDS,
        "header_seconds": BODY_SECONDS,
        "max_connections": 20,
        "cors_origins": "[https://example.org]",
        "log_requests": "true",
    }
    changes = [f"--set={name}={value}" for name, value in limits.items()]
    alone = pets.export(pets.storage / "alone")
    service = start_service(alone, *changes, PIXELMILL_API_KEY="secret-é")
    service.session.headers["X-API-Key"] = "secret-é".encode()
    return service


def connect(service):
    host, port = service.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def read_all(connection):
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def test_a_key_is_asked_for(guarded, pets):
    assert guarded.post("/classify", pets.photo(0)).status_code == 200
    bearer = {"X-API-Key": None, "Authorization": "Bearer secret-é".encode()}
    assert guarded.get("/model", headers=bearer).status_code == 200
    for wrong in (None, b"", b"secret", b"secret-\xc3\xa9\xc3\xa9", b"\xff"):
        answer = guarded.get("/model", headers={"X-API-Key": wrong})
        assert answer.status_code == 401
        assert answer.json()["detail"].startswith("send the key of this service in the header")
    for path in ("/", "/docs", "/openapi.json", "/health/live", "/health/ready", "/page/page.js"):
        assert guarded.get(path, headers={"X-API-Key": None}).status_code == 200
    for path in ("/metrics", "/model", "/page/../model", "//model"):
        assert guarded.get(path, headers={"X-API-Key": None}).status_code in (401, 404)


def test_a_service_of_this_machine_answers_to_its_own_names_only(guarded):
    for name in ("evil.example", "evil.example:9797", "", "localhost.evil.example"):
        answer = guarded.get("/model", headers={"Host": name})
        assert answer.status_code in (400, 421)
    for name in ("localhost", "LOCALHOST:1", "127.0.0.1:9797", "[::1]:9797"):
        assert guarded.get("/model", headers={"Host": name}).status_code == 200


def test_health_checks_call_a_service_by_any_name(guarded):
    for path in ("/health/live", "/health/ready"):
        assert guarded.get(path, headers={"Host": "172.31.4.5:80"}).status_code == 200


def test_origins_that_are_named_may_call_from_a_browser(guarded):
    allowed = guarded.get("/model", headers={"Origin": "https://example.org"})
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://example.org"
    other = guarded.get("/model", headers={"Origin": "https://example.com"})
    assert "Access-Control-Allow-Origin" not in other.headers
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    preflight = guarded.session.options(
        f"{guarded.url}/classify", headers=asked | {"X-API-Key": None}, timeout=20
    )
    assert preflight.status_code == 200


def test_pages_of_named_origins_read_refusals_and_headers(guarded, pets):
    origin = {"Origin": "https://example.org"}
    refused = guarded.get("/model", headers=origin | {"X-API-Key": None})
    large = guarded.post("/classify", bytes(500_000), headers=origin)
    binary = origin | {"Accept": "application/octet-stream"}
    answer = guarded.post("/features", pets.photo(0), headers=binary)
    for one, status in ((refused, 401), (large, 413), (answer, 200)):
        assert one.status_code == status
        assert one.headers["Access-Control-Allow-Origin"] == "https://example.org"
    shown = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    assert shown == {"X-Shape", "X-Errors", "Retry-After"}


def test_without_an_index_there_are_no_similar_images(guarded, pets):
    assert guarded.get("/model").json()["index"] is None
    answer = guarded.post("/similar", pets.photo(0))
    assert (answer.status_code, answer.json()["detail"]) == (
        404,
        "this service has no index of images",
    )


@pytest.mark.parametrize("size", [500_000, 20_000_000])
def test_a_body_that_is_too_large_is_refused(guarded, size):
    answer = guarded.post("/classify", bytes(size))
    assert answer.status_code == 413
    assert "more than 400,000 bytes" in answer.json()["detail"]


def test_a_body_that_hides_its_size_is_refused_as_it_comes(guarded):
    with connect(guarded) as connection:
        head = "POST /classify HTTP/1.1\r\nHost: localhost\r\nX-API-Key: secret-é\r\n"
        connection.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
        part = b"10000\r\n" + bytes(65_536) + b"\r\n"
        for _ in range(8):
            connection.sendall(part)
        assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")
        assert _send_until_refused(connection, part, 200, pause=0.05) < 200  # taken for 2 s more
    assert guarded.get("/health/ready").status_code == 200


def _send_until_refused(connection, part, most, pause=0.0):
    """Sends the same over and over; returns how often the other side took it."""
    for number in range(most):
        try:
            connection.sendall(part)
        except OSError:
            return number
        time.sleep(pause)
    return most


def test_a_slow_body_ends_with_408(guarded):
    began = time.monotonic()
    with connect(guarded) as connection:
        head = "POST /classify HTTP/1.1\r\nHost: localhost\r\nX-API-Key: secret-é\r\n"
        connection.sendall(head.encode() + b"Content-Length: 1000\r\n\r\nx")
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"did not arrive within 1.5 s" in answer
    assert BODY_SECONDS - A_ROUND <= time.monotonic() - began < BODY_SECONDS + 10


@pytest.mark.parametrize("start", [b"", b"POST /classify HT", b"GET / HTTP/1.1\r\nHost: loc"])
def test_a_slow_header_ends_with_its_connection(guarded, start):
    began = time.monotonic()
    with connect(guarded) as connection:
        connection.sendall(start)
        assert read_all(connection) == b""
    assert BODY_SECONDS - A_ROUND <= time.monotonic() - began < BODY_SECONDS + 10


def test_an_endless_header_ends_with_its_connection(guarded):
    with connect(guarded) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
        # What the buffers of both sides hold is not read.
        assert _send_until_refused(connection, b"A" * 65_536, 1500) < 600


def test_endless_trailers_end_with_their_connection(guarded):
    head = "POST /classify HTTP/1.1\r\nHost: localhost\r\nX-API-Key: secret-é\r\n"
    head += "Transfer-Encoding: chunked\r\n\r\n"
    for start, part in ((b"0\r\n", b"a: b\r\n" * 10_000), (b"0\r\na: ", b"A" * 65_536)):
        with connect(guarded) as connection:
            connection.sendall(head.encode() + start)
            assert _send_until_refused(connection, part, 1500) < 600


def test_line_breaks_keep_no_connection(guarded):
    began = time.monotonic()
    with connect(guarded) as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answer = b""
        while not answer.endswith(b'{"status":"live"}'):
            answer += connection.recv(1000)
        connection.sendall(b"\r\n")
        assert read_all(connection) == b""
    assert BODY_SECONDS - A_ROUND <= time.monotonic() - began < BODY_SECONDS + 10


@pytest.mark.parametrize("chunked", [False, True])
def test_a_wish_for_http_2_is_answered_in_http_1(guarded, pets, chunked):
    """Java's client and `curl --http2` ask so for every request that is not encrypted."""
    body = json.dumps({"images": [base64.b64encode(pets.photo(0)).decode()]}).encode()
    size = f"Content-Length: {len(body)}"
    if chunked:
        body, size = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body), "Transfer-Encoding: chunked"
    headers = ["Host: localhost", "X-API-Key: secret-é", "Content-Type: application/json", size]
    headers += ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"]
    head = "\r\n".join(["POST /classify?k=1 HTTP/1.1", *headers, "", ""])
    with connect(guarded) as connection:
        connection.sendall(head.encode())
        time.sleep(0.1)
        connection.sendall(body)
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b'"label":"Abyssinian"' in answer
    assert b"Traceback" not in guarded.log.read_bytes()


def test_an_answer_that_nobody_reads_ends_with_its_connection(guarded):
    asked = b"GET /swagger/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.socket() as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, port = guarded.url.removeprefix("http://").split(":")
        silent.connect((host, int(port)))
        silent.sendall(asked * 100)
        time.sleep(0.5)
        assert _holds(guarded, silent)
        deadline = time.monotonic() + BODY_SECONDS + 10
        while _holds(guarded, silent):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def _holds(service, connection):
    """Whether the process that speaks HTTP has its end of a connection."""
    port = f":{connection.getsockname()[1]:04X}"
    rows = map(str.split, Path("/proc/net/tcp").read_text().splitlines())
    inodes = {row[9] for row in rows if row[2].endswith(port)}
    files = Path(f"/proc/{service.process.pid}/fd").iterdir()
    return not inodes.isdisjoint(str(file.readlink())[len("socket:[") : -1] for file in files)


def test_connections_beyond_the_limit_get_an_answer(guarded):
    idle = [connect(guarded) for _ in range(30)]
    try:
        time.sleep(0.2)
        refused = [one for one in idle if b"503 Service Unavailable" in _peek(one)]
        assert len(refused) >= 10
    finally:
        for one in idle:
            one.close()
    time.sleep(0.2)
    assert guarded.get("/health/ready").status_code == 200


def _peek(connection):
    connection.setblocking(False)
    try:
        return connection.recv(1000)
    except BlockingIOError:
        return b""


def test_bytes_of_all_requests_together_are_bounded(guarded, pets):
    with connect(guarded) as connection:
        head = "POST /classify HTTP/1.1\r\nHost: localhost\r\nX-API-Key: secret-é\r\n"
        connection.sendall(head.encode() + b"Content-Length: 390000\r\n\r\n" + bytes(380_000))
        time.sleep(0.3)
        answer = guarded.post("/classify", pets.photo(0))
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert "fill the memory" in answer.json()["detail"]
    time.sleep(0.3)
    assert guarded.post("/classify", pets.photo(0)).status_code == 200


def test_too_much_to_do_is_refused_and_what_is_accepted_is_answered(pets, start_service):
    service = start_service(pets.model, "--set=queue=4", "--set=max_images=4")
    photo = pets.photo(0)
    with ThreadPoolExecutor(24) as threads:
        answers = list(threads.map(lambda _: service.post("/classify", photo), range(96)))
    statuses = {answer.status_code for answer in answers}
    assert statuses == {200, 503}
    for answer in answers:
        if answer.status_code == 503:
            assert 1 <= int(answer.headers["Retry-After"]) <= 60
            assert "images wait already" in answer.json()["detail"]
    assert service.post("/classify", photo).status_code == 200


def test_requests_are_logged_in_one_line_each(guarded):
    guarded.get("/model%0aINFO%20forged", headers={"X-API-Key": None})
    guarded.get("/model")
    log = guarded.log.read_text()
    assert "\nINFO forged" not in log
    assert "127.0.0.1 GET /model\\nINFO forged 401 " in log
    assert "127.0.0.1 GET /model 200 " in log
