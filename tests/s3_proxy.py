"""A reverse proxy before an S3 server that makes the faults which a test asks for.

    with S3Proxy("http://127.0.0.1:5000") as proxy:  # proxy.url is the endpoint for all clients
        proxy.set(Fault("latency", seconds=0.03), Fault("slow_down", share=0.05))
        ...
        print(proxy.counts())

It is a process of its own, which ends with the one that started it. Faults are switched by HTTP
too (`PUT /-/faults` with a JSON list, `GET /-/counts`), so that any process can do it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

ROOT = Path(__file__).parents[1]

REFUSALS = {
    "slow_down": (503, "SlowDown", "Please reduce your request rate."),
    "internal_error": (500, "InternalError", "We encountered an internal error."),
    "expired": (400, "ExpiredToken", "The provided token has expired."),
    "denied": (403, "AccessDenied", "Access Denied"),
    "no_bucket": (404, "NoSuchBucket", "The specified bucket does not exist"),
    "without_md5": (400, "MissingContentMD5", "Missing required header for this request."),
}
# Before an answer: latency, stall, reset. In the middle of its body: stall_body, break, truncate.
# A body that is whole by its Content-Length, but not the object: short.
KINDS = {"latency", "stall", "stall_body", "reset", "break", "truncate", "short", *REFUSALS}
IN_THE_BODY = ("stall_body", "break", "truncate", "short")
HEAD_LIMIT = 1 << 20
DIRECTLY = build_opener(ProxyHandler({}))  # past any proxy of the environment


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and with which requests.

    Attributes:
        kind: `latency` and `stall` wait before the answer, `stall_body` in the middle of it;
            `reset` closes without an answer, `break` aborts the connection in the middle of the
            body, `truncate` ends it there in an orderly way; `short` sends half of the body under
            a Content-Length that fits; `without_md5` refuses what has a body and no Content-MD5;
            the others refuse with S3's own error.
        seconds: How long `latency`, `stall` and `stall_body` wait.
        share: Share of the requests that it strikes, chosen by chance.
        after: Requests that pass before it begins to strike.
        first: How many requests it strikes in all; None for no end.
        methods: Regular expression of whole methods, such as 'GET|HEAD'; '' for all.
        keys: Regular expression found in '/bucket/key' or, for a listing, in '/bucket'; the text
            of the query is not part of it.
    """

    kind: str
    seconds: float = 0.0
    share: float = 1.0
    after: int = 0
    first: int | None = None
    methods: str = ""
    keys: str = ""


class S3Proxy:
    """The proxy's process, and the means to steer it.

    Args:
        upstream: URL of the S3 server.
        seed: Of what is chosen by chance.
        memory: Whether GETs are answered from memory the second time, so that a slow server
            costs a benchmark no CPU. A request that changes anything empties the memory.
        port: To listen on; 0 for a free one.
    """

    def __init__(
        self, upstream: str, *, seed: int = 0, memory: bool = False, port: int = 0
    ) -> None:
        self._upstream = upstream
        self._command = [
            sys.executable,
            "-m",
            "tests.s3_proxy_server",
            upstream,
            "--seed",
            str(seed),
        ]
        self._command += ["--port", str(port), *(["--memory"] if memory else [])]

    def __enter__(self) -> S3Proxy:
        """Starts the process and waits until it listens."""
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url, "the proxy did not start"
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the process."""
        self._process.terminate()
        self._process.communicate()

    def set(self, *faults: Fault) -> None:
        """These faults from now on, instead of earlier ones; none is a sound server."""
        unknown = {fault.kind for fault in faults} - KINDS
        assert not unknown, unknown
        self._call("PUT", "faults", [asdict(fault) for fault in faults])

    def renew(self) -> None:
        """A sound server from now on, that has counted nothing."""
        self.set()
        self._call("PUT", "counts")

    def lead_to(self, upstream: str) -> None:
        """Sends requests to another server from now on, under the same URL.

        Args:
            upstream: URL of that server.
        """
        self._call("PUT", "upstream", upstream)

    def lead_back(self) -> None:
        """Sends requests to the first server again."""
        self.lead_to(self._upstream)

    def counts(self) -> Counter[str]:
        """What happened since the start or `renew`: `requests`; requests by kind (GET, HEAD, PUT,
        …, LIST); faults by kind; `bytes` of bodies sent; `connections`; `cpu_seconds` of the
        process.
        """
        return Counter(self._call("GET", "counts"))

    def _call(self, method: str, what: str, content: object = None) -> dict[str, int]:
        data = json.dumps(content).encode()
        call = Request(f"{self.url}/-/{what}", data, method=method)  # noqa: S310
        with DIRECTLY.open(call, timeout=10) as answer:
            known: dict[str, int] = json.load(answer)
        return known
