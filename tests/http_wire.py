"""Messages of HTTP/1.1 as they come over the wire, read whole."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

HEAD_LIMIT = 1 << 20


@dataclass
class Message:
    """A request or an answer: its first line, its headers as they came, and its body."""

    start: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name), None)

    def without(self, *names: str) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.headers if name.lower() not in names]

    def head(self) -> bytes:
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    @property
    def method(self) -> str:
        return self.start.split(" ", 1)[0]

    @property
    def target(self) -> str:
        return self.start.split(" ", 2)[1]


async def _read_head(reader: asyncio.StreamReader) -> Message | None:
    try:
        text = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    start, *lines = text[:-4].split("\r\n")
    return Message(start, [_pair(line) for line in lines], b"")


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.strip()


async def read_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Message | None:
    request = await _read_head(reader)
    if request is None:
        return None
    if (request.header("expect") or "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if "chunked" in (request.header("transfer-encoding") or "").lower():
        request.body = await _read_chunks(reader)
    else:
        request.body = await reader.readexactly(int(request.header("content-length") or 0))
    return request


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    """As they came, so that they can be sent on."""
    parts = []
    while True:
        size = await reader.readline()
        length = int(size.split(b";")[0], 16)
        parts += [size, await reader.readexactly(length + 2)]
        if not length:
            return b"".join(parts)


async def read_answer(reader: asyncio.StreamReader, bodiless: bool) -> Message:
    answer = await _read_head(reader)
    if answer is None:
        raise ConnectionError
    length, chunked = answer.header("content-length"), answer.header("transfer-encoding")
    answer.headers = answer.without("connection")
    if bodiless:
        return answer
    answer.body = await (reader.readexactly(int(length)) if length else reader.read())
    if not length and not chunked:  # its end was the end of the connection, which now stays
        answer.headers.append(("Content-Length", str(len(answer.body))))
    return answer
