"""A server that sends what a test has put there."""

import itertools
import socketserver
import threading

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


def answer(*headers, body=b"", status=b"200 OK"):
    head = b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers])
    return head + b"\r\n\r\n" + body
