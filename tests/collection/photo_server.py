"""An HTTP server on loopback that has photos, and everything that goes wrong with them."""

import gzip
import threading
import time
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from urllib.parse import unquote

from PIL import Image

PAGE = b"<!DOCTYPE html>\n<html><body>Please log in</body></html>"


def picture(number, kind="JPEG"):
    """The bytes of a small image; each number has its own colour."""
    file = BytesIO()
    Image.new("RGB", (32, 24), (number % 256, number // 256 % 256, 99)).save(file, kind)
    return file.getvalue()


def photo():
    """The bytes of a JPEG of some KB, most of which are pixels."""
    file = BytesIO()
    Image.effect_noise((200, 150), 80).save(file, "JPEG")
    return file.getvalue()


class PhotoServer:
    """What was asked of the server, and what it answers.

    Attributes:
        asked: How often each path was asked for.
        connections: How many were opened.
        most_at_once: Requests that waited for their answer at the same time, at most.
        agents: The User-Agents.
        photo: What `/halved` sends half of, as often as `halves` says.
        moments: When each path was asked for, by `time.monotonic`.
        unchanged: How often the answer was 304.
        robots: Status and text of robots.txt; None for a photo, which has no rules.
        elsewhere: URL of the server that `/elsewhere` leads to.
    """

    def __init__(self):
        self.asked = Counter()
        self.agents = set()
        self.moments = {}
        self.most_at_once = self._at_once = 0
        self.connections = 0
        self.delay = 0.0
        self.halves = 2
        self.unchanged = 0
        self.robots = None
        self.elsewhere = ""
        self.photo = photo()
        self._lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are written apart

            def setup(self):
                server.connections += 1
                super().setup()

            def do_GET(self):
                with server.counted(self):
                    server.answer(self)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @contextmanager
    def counted(self, request):
        with self._lock:
            self.asked[request.path] += 1
            self.moments.setdefault(request.path, []).append(time.monotonic())
            self.agents.add(request.headers["User-Agent"])
        try:
            yield
        except OSError:  # the client has gone
            request.close_connection = True

    def wait(self):
        """Counts until the answer begins: its client may send the next request before it ends."""
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        time.sleep(self.delay)
        with self._lock:
            self._at_once -= 1

    def answer(self, request):
        self.wait()
        name = unquote(request.path.split("?")[0]).strip("/").split("/")[0]
        if name == "robots.txt" and self.robots is not None:
            name = "robots_txt"
        getattr(self, f"_{name}", self._photo)(request)

    def send(self, request, body, status=200, kind="image/jpeg", **headers):
        request.send_response(status)
        given = {"Content-Type": kind, "Content-Length": str(len(body))} | {
            key.replace("_", "-"): value for key, value in headers.items()
        }
        for key, value in given.items():
            if value is not None:
                request.send_header(key, value)
        request.end_headers()
        request.wfile.write(body)

    def times(self, request):
        return self.asked[request.path]

    def _photo(self, request):
        digits = "".join(filter(str.isdigit, request.path)) or "0"
        self.send(request, picture(int(digits)))

    def _missing(self, request):
        self.send(request, b"no", 404, "text/plain")

    def _shaky(self, request):
        """500 once, then a photo."""
        first = self.times(request) == 1
        self.send(request, b"oops" if first else picture(1), 500 if first else 200)

    def _down(self, request):
        self.send(request, b"oops", 500)

    def _busy(self, request):
        if self.times(request) == 1:
            self.send(request, b"", 429, Retry_After="1")
        else:
            self._photo(request)

    def _tomorrow(self, request):
        self.send(request, b"", 503, Retry_After="86400")

    def _slow(self, request):
        """A byte now and then, for ever."""
        self._head(request, "100000")
        for _ in range(300):
            request.wfile.write(b"\xff")
            request.wfile.flush()
            time.sleep(0.1)

    def _drip(self, request):
        """The head itself comes a byte at a time."""
        for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100:
            request.wfile.write(bytes([byte]))
            request.wfile.flush()
            time.sleep(0.1)

    def _cut(self, request):
        """Half a body; whole when asked for the second time."""
        if self.times(request) > 1:
            return self._photo(request)
        self._head(request, "1000")
        request.wfile.write(picture(1)[:100])
        request.close_connection = True
        return None

    def _halved(self, request):
        """Half a photo and no word on its length; whole from the third time on."""
        whole = self.times(request) > self.halves
        request.close_connection = True
        self._head(request, None)
        request.wfile.write(self.photo if whole else self.photo[: len(self.photo) // 2])

    def _ticket(self, request):
        """A photo for those who bring the cookie that the redirect has given them."""
        if "ticket=7" in (request.headers["Cookie"] or ""):
            self._photo(request)
        else:
            self.send(request, b"", 302, Location=request.path, Set_Cookie="ticket=7; Path=/")

    def _browsers(self, request):
        agent = request.headers["User-Agent"]
        self._photo(request) if "Mozilla" in agent else self.send(request, b"no", 403, "text/plain")

    def _svg(self, request):
        self.send(request, b'<svg xmlns="http://www.w3.org/2000/svg"/>', kind="image/svg+xml")

    def _tagged(self, request):
        """A photo with an ETag; the second time the same, another, or none for now."""
        kind, again = request.path.split("/")[2], self.times(request) > 1
        if again and kind == "gone":
            self.send(request, b"oops", 500)
        elif again and kind == "same" and request.headers["If-None-Match"] == '"1"':
            self.unchanged += 1
            request.send_response(304)
            request.send_header("ETag", '"1"')
            request.end_headers()
        else:
            self.send(request, picture(7 if again else len(kind)), ETag='"1"')

    def _reserved(self, request):
        """A photo that its server does not want to be kept."""
        said = {
            "ai": {"X_Robots_Tag": "noai"},
            "other": {"X_Robots_Tag": "otherbot: noai"},
            "tdm": {"TDM_Reservation": "1", "TDM_Policy": "http://a.org/p?k=hunter2"},
        }
        self.send(request, picture(1), **said[request.path.split("/")[2]])

    def _robots_txt(self, request):
        status, text = self.robots
        self.send(request, text.encode(), status, "text/plain")

    def _gone(self, request):
        """No answer at all."""
        request.close_connection = True

    def _moved(self, request):
        self.send(request, b"", 302, Location="/photo/7.jpg")

    def _elsewhere(self, request):
        """A redirect to the same path of another server, without its first folder."""
        place = request.path.removeprefix("/elsewhere")
        self.send(request, b"", 302, Location=f"{self.elsewhere}{place}")

    def _loop(self, request):
        self.send(request, b"", 302, Location=request.path)

    def _file(self, request):
        self.send(request, b"", 302, Location="file:///etc/hostname")

    def _page(self, request):
        self.send(request, PAGE, kind="text/html; charset=utf-8")

    def _disguised(self, request):
        self.send(request, PAGE, kind="image/jpeg")

    def _json(self, request):
        self.send(request, b'{"error": 1}', kind="application/json")

    def _wrong(self, request):
        """A PNG by another name."""
        self.send(request, picture(3, "PNG"), kind="text/plain")

    def _untyped(self, request):
        self.send(request, picture(4, "WEBP"), kind=None)

    def _empty(self, request):
        self.send(request, b"")

    def _huge(self, request):
        self._head(request, str(10**12))

    def _endless(self, request):
        request.close_connection = True
        self._head(request, None)
        while True:
            request.wfile.write(picture(1) * 1000)

    def _zipped(self, request):
        self.send(request, gzip.compress(picture(5)), Content_Encoding="gzip")

    def _bomb(self, request):
        self.send(request, gzip.compress(bytes(200_000_000), 1), Content_Encoding="gzip")

    def _head(self, request, length):
        request.send_response(200)
        request.send_header("Content-Type", "image/jpeg")
        if length is not None:
            request.send_header("Content-Length", length)
        request.end_headers()
