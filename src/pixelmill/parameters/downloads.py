"""How images that are given as URLs are downloaded."""

from typing import Annotated

from pydantic import Field

from pixelmill.parameters._base import Count, Parameters


class DownloadsParameters(Parameters):
    """How images that are given as URLs are downloaded.

    Attributes:
        threads: Downloads under way at once, each of which a thread checks and writes.
        per_host: Of these, how many ask the same host.
        timeout: Seconds for one attempt, from the look-up of the host to the last byte.
        retries: Further attempts where the host is busy or the connection breaks.
        max_bytes: Larger files are refused, at the latest where they exceed it.
        user_agent: What servers are told of the program that asks; null is pixelmill and its
            version.
        private_addresses: Whether servers of the own network and machine may be asked. If not, an
            address that is not public is refused, also behind a redirect: a list of URLs must not
            reach what only this machine can.
        proxy: URL of the proxy that is asked for every image; null is none. Variables of the
            environment and .netrc are not read.
        folder: On disk or S3, where the images come to lie.
    """

    threads: Annotated[int, Field(ge=1, le=512)] = 32
    per_host: Annotated[int, Field(ge=1, le=512)] = 8
    timeout: Annotated[float, Field(gt=0, le=3600)] = 20
    retries: Annotated[int, Field(ge=0, le=20)] = 2
    max_bytes: Count = 50_000_000
    user_agent: Annotated[str, Field(pattern=r"^[\x20-\x7e]+$")] | None = None
    private_addresses: bool = False
    proxy: Annotated[str, Field(pattern=r"^https?://[\x21-\x7e]+$")] | None = None
    folder: str = "data/01_raw/downloads"
