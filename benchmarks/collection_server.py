"""A server of images for the benchmarks of collecting, in a process of its own.

It has JPEGs of 64 kB under 200 addresses of loopback, which count as 200 hosts, and waits 50 ms
before every answer; or it answers every URL at once by one byte. It counts what it is asked for.
"""

import asyncio
import contextlib
import multiprocessing
from collections.abc import Iterator
from io import BytesIO

import requests

DELAY = 0.05  # seconds before every answer
PORT = 8911
HOSTS = [f"127.0.1.{number}" for number in range(1, 201)]
SIZE = 64_000  # bytes of an image


@contextlib.contextmanager
def serving(*, tiny: bool) -> Iterator[None]:
    """Run the server; with `tiny` every answer is one byte."""
    method = multiprocessing.get_context("spawn")
    ready = method.Event()
    server = method.Process(target=serve, args=(ready,), kwargs={"tiny": tiny}, daemon=True)
    server.start()
    ready.wait(60)
    try:
        yield
    finally:
        server.terminate()


def asked() -> int:
    """Return how many URLs the server was asked for."""
    return int(requests.get(f"http://{HOSTS[0]}:{PORT}/asked", timeout=60).text)


def jpeg() -> bytes:
    """A JPEG of the size that all images have: noise, and a comment that fills it up."""
    import numpy as np
    from PIL import Image

    pixels = np.random.default_rng(1).integers(0, 255, (190, 250, 3), np.uint8)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=85)
    data = file.getvalue()
    filler = SIZE - len(data) - 4
    assert 0 <= filler < 65_000, len(data)
    return data[:2] + b"\xff\xfe" + (filler + 2).to_bytes(2, "big") + bytes(filler) + data[2:]


def serve(ready: "multiprocessing.synchronize.Event", *, tiny: bool) -> None:
    """The server: each image differs in the bytes that name it, so that none is stored twice."""
    image, count = b"x" if tiny else jpeg(), 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal count
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1]
                if path == b"/robots.txt":
                    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                    continue
                if path == b"/asked":
                    body = b"%d" % count
                    writer.write(
                        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
                    )
                    continue
                count += 1
                if not tiny:
                    await asyncio.sleep(DELAY)
                kind = b"text/plain" if tiny else b"image/jpeg"
                said = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
                body = image if tiny else image[:6] + path[1:].ljust(12, b"_") + image[18:]
                writer.write(said % (kind, len(body)) + body)
                await writer.drain()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, HOSTS, PORT, backlog=4096)
        ready.set()
        await server.serve_forever()

    asyncio.run(run())
