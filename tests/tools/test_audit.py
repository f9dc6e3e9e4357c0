"""The audit of the lock against a server that answers as OSV does, or does not."""

import importlib.util
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

PLACE = Path(__file__).parents[2] / "tools" / "audit.py"


@pytest.fixture(scope="module")
def audit():
    spec = importlib.util.spec_from_file_location("audit", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Osv(BaseHTTPRequestHandler):
    """Knows of a vulnerability of numpy."""

    def do_POST(self):
        queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        results = [
            {"vulns": [{"id": "GHSA-1"}]} if query["package"]["name"] == "numpy" else {}
            for query in queries
        ]
        if self.path == "/short":
            results = results[1:]
        content = b"<html>" if self.path == "/page" else json.dumps({"results": results}).encode()
        self.send_response(500 if self.path == "/broken" else 200)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def url():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Osv)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_what_is_known_is_printed_and_fails_only_where_that_is_asked_for(audit, url, capsys):
    assert audit.main(["--url", f"{url}/v1"]) == 0
    printed = capsys.readouterr().out
    assert "audit: numpy 2." in printed
    assert "GHSA-1" in printed
    assert f"1 of {len(audit.locked(audit.LOCK))} packages" in printed
    assert audit.main(["--strict", "--url", f"{url}/v1"]) == 1


@pytest.mark.parametrize("path", ["/short", "/page", "/broken"])
def test_an_invalid_answer_is_reported_and_no_failure(audit, url, path, capsys):
    assert audit.main(["--url", url + path]) == 0
    assert "not audited" in capsys.readouterr().out
    assert audit.main(["--strict", "--url", url + path]) == 1


def test_a_server_that_is_not_there_costs_no_time(audit, capsys):
    assert audit.main(["--url", "http://127.0.0.1:1/v1"]) == 0
    assert "not audited" in capsys.readouterr().out
