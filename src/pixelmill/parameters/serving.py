"""Parameters of the HTTP service."""

from typing import Annotated

from pydantic import Field, model_validator

from pixelmill.images.limits import Limits
from pixelmill.parameters._base import Count, Parameters, matching

Seconds = Annotated[float, Field(gt=0, le=3600)]
Host = Annotated[
    str, matching(r"\[[\da-fA-F:.]+\]|[^\s/:*]+", "a name without scheme, port and path")
]
Origin = Annotated[str, matching(r"\*|https?://[^/\s]+", "https://HOST without a path, or *")]


class ServingParameters(Parameters):
    """What requests may ask for, what they may take, and how their images are batched.

    Attributes:
        urls: Whether images may be given as URLs. Addresses that are not public are refused.
        cors_origins: Origins whose pages may call the service from a browser: `https://example.org`
            or `*`; none by default.
        hosts: Host names by which the service may be called; empty is any name, but where it
            listens on loopback only those of this machine. Health checks may use any.
        max_images: Images of one request.
        max_body_bytes: Bytes of one request.
        max_bytes_in_flight: Bytes of all requests that have not been answered.
        max_connections: Open connections; further ones are refused.
        max_pixels: Images with more pixels are refused before they are decoded.
        max_decoded_bytes: Images that take more memory to decode are refused from their header.
        max_seconds: Seconds in which an image must be answered; one that takes longer is refused.
        header_seconds: Seconds in which a client must have sent the header of a request.
        body_seconds: Seconds in which a client must have sent the body of a request, and in which
            it must have read an answer.
        keep_alive_seconds: Seconds after which an idle connection is closed.
        stop_seconds: Seconds that requests have to finish after SIGTERM.
        queue: Images that may be in work or wait for it; further requests are refused with 503.
        batch_size: Images that the network sees at once, at most.
        batch_wait: Milliseconds that an image waits at most for others to fill a batch.
        threads: Number of threads that decode images and run the network; null uses all cores.
        reload_seconds: Between two looks at the model and the index, which are taken up when they
            were replaced; 0 is never.
        thumbnail: Longest side of the thumbnails of `/similar` in pixels.
        log_requests: Whether the log has a line for each request.
    """

    urls: bool = False
    cors_origins: tuple[Origin, ...] = ()
    hosts: tuple[Host, ...] = ()
    max_images: Count = 32
    max_body_bytes: Count = 32_000_000
    max_bytes_in_flight: Count = 128_000_000
    max_connections: Count = 512
    max_pixels: Count = 50_000_000
    max_decoded_bytes: Count = 300_000_000
    max_seconds: Seconds = 60
    header_seconds: Seconds = 10
    body_seconds: Seconds = 30
    keep_alive_seconds: Seconds = 20
    stop_seconds: Seconds = 30
    queue: Count = 64
    batch_size: Annotated[int, Field(ge=1, le=64)] = 8
    batch_wait: Annotated[float, Field(ge=0, le=1000)] = 3
    threads: Count | None = None
    reload_seconds: Annotated[float, Field(ge=0, le=86_400)] = 10
    thumbnail: Annotated[int, Field(ge=16, le=512)] = 128
    log_requests: bool = False

    @model_validator(mode="after")
    def _a_request_fits_into_the_queue(self) -> "ServingParameters":
        if self.max_images > self.queue:
            raise ValueError(
                f"max_images is {self.max_images}, and only {self.queue} images fit into the "
                "queue: raise serving.queue, or lower serving.max_images"
            )
        if self.max_body_bytes > self.max_bytes_in_flight:
            raise ValueError(
                f"max_body_bytes is {self.max_body_bytes}, more than max_bytes_in_flight "
                f"({self.max_bytes_in_flight}): lower the one or raise the other"
            )
        return self

    @property
    def limits(self) -> Limits:
        """What refuses an image before it is decoded."""
        return Limits(self.max_pixels, self.max_decoded_bytes, max(1, int(self.max_seconds)))
