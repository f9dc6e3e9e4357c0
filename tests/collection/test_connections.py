"""What a server sends between two requests."""

import socketserver
import threading
import time

import pytest

from tests.collection.conftest import Place
from tests.collection.photo_server import picture
from tests.collection.raw_server import answer


class Repeating(socketserver.StreamRequestHandler):
    """Keeps its connections open, and sends another photo a while after each answer."""

    def handle(self):
        while head := self.rfile.readline():
            while self.rfile.readline().strip():
                pass
            number = int(head.split()[1].decode().rpartition("/")[2])
            self.wfile.write(answer(body=picture(number)))
            time.sleep(0.05)
            self.wfile.write(answer(body=picture(99)))


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # the client has gone


@pytest.fixture
def repeating():
    server = Server(("127.0.0.1", 0), Repeating)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_what_comes_unasked_is_not_the_answer_to_the_next_request(repeating, tmp_path):
    place = Place(tmp_path, repeating)
    urls = [f"photo/{number}" for number in range(6)]
    place.download(*urls, per_host=1, requests_per_second=4)
    assert [place.content(url) for url in urls] == [picture(number) for number in range(6)]
