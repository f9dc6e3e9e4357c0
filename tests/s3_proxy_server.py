"""The process behind `S3Proxy`; `python -m tests.s3_proxy_server URL` prints its own URL."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import resource
import sys
from collections import Counter
from urllib.parse import unquote, urlsplit

from tests.http_wire import HEAD_LIMIT, Message, read_answer, read_request
from tests.s3_proxy import IN_THE_BODY, REFUSALS, Fault


class DroppedError(Exception):
    """A fault ends the connection."""


class _Faults:
    """Those that are switched on, and how many requests each has met."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.switch([])

    def switch(self, faults: list[Fault]) -> None:
        self._random = random.Random(self._seed)
        self._faults = faults
        self._met = [0] * len(faults)
        self._struck = [0] * len(faults)

    def striking(self, request: Message) -> list[Fault]:
        return [
            fault
            for number, fault in enumerate(self._faults)
            if _concerns(fault, request) and self._strikes(number, fault)
        ]

    def _strikes(self, number: int, fault: Fault) -> bool:
        self._met[number] += 1
        over = fault.first is not None and self._struck[number] >= fault.first
        if over or self._met[number] <= fault.after or self._random.random() >= fault.share:
            return False
        self._struck[number] += 1
        return True


def _concerns(fault: Fault, request: Message) -> bool:
    path = unquote(urlsplit(request.target).path)
    fits = not fault.methods or re.fullmatch(fault.methods, request.method)
    if fault.kind == "without_md5" and (not request.body or request.header("content-md5")):
        return False
    return bool(fits) and re.search(fault.keys, path) is not None


class _Server:
    """One connection after another, one request after another on each."""

    def __init__(self, upstream: str, seed: int, memory: bool) -> None:
        self._upstream = _address_of(upstream)
        self._faults = _Faults(seed)
        self._memory: dict[tuple[str, str | None], Message] | None = {} if memory else None
        self._counts: Counter[str] = Counter()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._counts["connections"] += 1
        try:
            while request := await read_request(reader, writer):
                await self._answer(request, reader, writer)
        except (DroppedError, ConnectionError, asyncio.IncompleteReadError):
            writer.transport.abort()
        finally:
            writer.close()

    async def _answer(
        self, request: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if request.target.startswith("/-/"):
            writer.write(self._steer(request))
            return
        self._counts["requests"] += 1
        self._counts[_kind(request)] += 1
        faults = self._faults.striking(request)
        refusal = next((fault.kind for fault in faults if fault.kind in REFUSALS), None)
        await self._before(faults)
        if reader.at_eof():  # what its client gave up would be written during a later test
            raise DroppedError
        if refusal:
            self._counts[refusal] += 1
            answer = _refusal(*REFUSALS[refusal], request.target)
        else:
            answer = await self._fetch(request)
        await self._send(answer, request.method == "HEAD", faults, writer)

    async def _before(self, faults: list[Fault]) -> None:
        for fault in faults:
            if fault.kind in ("latency", "stall", "reset"):
                self._counts[fault.kind] += 1
                await asyncio.sleep(fault.seconds)
            if fault.kind == "reset":
                raise DroppedError

    async def _send(
        self, answer: Message, bodiless: bool, faults: list[Fault], writer: asyncio.StreamWriter
    ) -> None:
        body = b"" if bodiless else answer.body
        fault = next((fault for fault in faults if fault.kind in IN_THE_BODY and body), None)
        if fault is None:
            self._counts["bytes"] += len(body)
            writer.write(answer.head() + body)
            await writer.drain()
            return
        self._counts[fault.kind] += 1
        await _send_badly(answer, fault, writer)

    async def _fetch(self, request: Message) -> Message:
        known = request.target, request.header("range")
        if self._memory is None or request.method != "GET":
            if self._memory and request.method not in ("GET", "HEAD"):
                self._memory.clear()
            return await self._forward(request)
        if known not in self._memory:
            answer = await self._forward(request)
            if " 20" not in answer.start:
                return answer
            self._memory[known] = answer
        return self._memory[known]

    async def _forward(self, request: Message) -> Message:
        reader, writer = await asyncio.open_connection(*self._upstream, limit=HEAD_LIMIT)
        try:
            headers = [*request.without("connection", "expect"), ("Connection", "close")]
            writer.write(Message(request.start, headers, b"").head() + request.body)
            await writer.drain()
            return await read_answer(reader, request.method == "HEAD")
        finally:
            writer.close()

    def _steer(self, request: Message) -> bytes:
        if request.method == "PUT" and request.target.endswith("/counts"):
            self._counts.clear()
        elif request.method == "PUT" and request.target.endswith("/upstream"):
            self._upstream = _address_of(json.loads(request.body))
        elif request.method == "PUT":
            self._faults.switch([Fault(**fault) for fault in json.loads(request.body)])
        used = resource.getrusage(resource.RUSAGE_SELF)
        content = json.dumps(self._counts | {"cpu_seconds": used.ru_utime + used.ru_stime}).encode()
        return Message("HTTP/1.1 200 OK", [("Content-Length", str(len(content)))], b"").head() + (
            content
        )


def _address_of(url: str) -> tuple[str, int]:
    address = urlsplit(url)
    return address.hostname or "127.0.0.1", address.port or 80


def _kind(request: Message) -> str:
    path, _, query = request.target.partition("?")
    lists = request.method == "GET" and (path.count("/") == 1 or "list-type" in query)
    return "LIST" if lists else request.method


async def _send_badly(answer: Message, fault: Fault, writer: asyncio.StreamWriter) -> None:
    half = answer.body[: len(answer.body) // 2]
    if fault.kind == "short":
        headers = [
            *answer.without("content-length", "transfer-encoding"),
            ("Content-Length", str(len(half))),
        ]
        writer.write(Message(answer.start, headers, b"").head() + half)
        await writer.drain()
        return
    writer.write(answer.head() + half)
    await writer.drain()
    await asyncio.sleep(fault.seconds or 0.05)  # what was sent arrives before the end does
    if fault.kind == "stall_body":
        writer.write(answer.body[len(half) :])
        await writer.drain()
    elif fault.kind == "break":
        raise DroppedError
    else:
        writer.close()
        raise ConnectionError


def _refusal(status: int, code: str, message: str, resource_name: str) -> Message:
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}'
        f"</Message><Resource>{urlsplit(resource_name).path}</Resource>"
        "<RequestId>0000000000000000</RequestId></Error>"
    ).encode()
    headers = [("Content-Type", "application/xml"), ("Content-Length", str(len(content)))]
    return Message(f"HTTP/1.1 {status} {code}", headers, content)


async def _serve(upstream: str, port: int, seed: int, memory: bool) -> None:
    connected = _Server(upstream, seed, memory).connected
    server = await asyncio.start_server(
        connected, "127.0.0.1", port, limit=HEAD_LIMIT, backlog=1024
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201
    # The parent holds the other end of stdin: it closes when that process ends, however it does.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("upstream")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    asyncio.run(_serve(given.upstream, given.port, given.seed, given.memory))


if __name__ == "__main__":
    _main()
