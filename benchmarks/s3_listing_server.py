"""A bucket that can only be listed: ListObjectsV2 over keys in memory, with a wait before answers.

moto sorts all of its keys for every page, which hides what a listing of a million costs.
"""

import time
from bisect import bisect_right
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

PAGE = 1000
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    "<Name>photos</Name><EncodingType>url</EncodingType>"
)
OBJECT = (
    "<Contents><Key>{}</Key><LastModified>2024-03-10T02:30:00.000Z</LastModified>"
    "<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag><Size>12345</Size>"
    "<StorageClass>STANDARD</StorageClass></Contents>"
)


class ListingServer(ThreadingHTTPServer):
    """Answers on loopback.

    Args:
        keys: Keys of the bucket, sorted.
        latency: Seconds before each answer.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, keys: list[str], latency: float) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.keys = keys
        self.latency = latency

    @property
    def url(self) -> str:
        """The endpoint for clients."""
        return f"http://127.0.0.1:{self.server_port}"

    def page(self, prefix: str, after: str) -> bytes:
        """One answer: up to 1,000 keys with a prefix that are greater than another."""
        start = max(bisect_right(self.keys, after), bisect_right(self.keys, prefix))
        if after < prefix and start and self.keys[start - 1] == prefix:
            start -= 1  # a key that is the prefix itself
        found = self.keys[start : start + PAGE + 1]
        listed = [key for key in found if key.startswith(prefix)]
        more, listed = len(listed) > PAGE, listed[:PAGE]
        token = quote(listed[-1]) if more else ""
        objects = "".join(OBJECT.format(quote(key)) for key in listed)
        truncated = (
            f"<KeyCount>{len(listed)}</KeyCount><IsTruncated>{str(more).lower()}</IsTruncated>"
        )
        go_on = f"<NextContinuationToken>{token}</NextContinuationToken>" if more else ""
        return f"{HEAD}{truncated}{go_on}{objects}</ListBucketResult>".encode()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: ListingServer

    def do_GET(self) -> None:
        query = {name: value[0] for name, value in parse_qs(urlsplit(self.path).query).items()}
        after = unquote(query.get("continuation-token", "")) or query.get("start-after", "")
        time.sleep(self.server.latency)
        body = self.server.page(query.get("prefix", ""), after)
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""
