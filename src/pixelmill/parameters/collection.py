"""Parameters of the collection."""

from typing import Annotated

from pydantic import Field

from pixelmill.parameters._base import Count, Parameters, matching

Seconds = Annotated[float, Field(gt=0, le=3600)]
AtOnce = Annotated[int, Field(ge=1, le=512)]
Retries = Annotated[int, Field(ge=0, le=20)]
Agent = Annotated[str, matching(r"[\x20-\x7e]+", "a text of printable ASCII characters")]
Proxy = Annotated[str, matching(r"https?://[\x21-\x7e]+", "http://HOST:PORT")]
OPT_OUTS = ("noai", "noimageai", "noindex", "noimageindex", "tdm-reservation")


class CollectionParameters(Parameters):
    """How images that are given as URLs are collected.

    Attributes:
        threads: Downloads under way at once in all tasks together.
        per_host: Maximum number of simultaneous requests to the same host.
        requests_per_second: Requests to one host each second, `per_host` of them at once.
        timeout: Seconds for one attempt, from the look-up of the host to the last byte. Redirects
            are part of it; waiting for the turn of their hosts is not.
        connect_timeout: Seconds until a connection is open.
        header_timeout: Seconds until the header has come, of each redirect too.
        read_timeout: Seconds between two parts of a body.
        retries: Further attempts where the host is busy or the connection breaks.
        max_bytes: Larger files are refused, at the latest where they exceed it.
        user_agent: User agent that servers are sent; null is pixelmill and its
            version. Its first word is the name that robots.txt is searched for.
        robots: Whether robots.txt and its Crawl-delay are obeyed.
        opt_outs: Directives of `X-Robots-Tag` with which an image is not kept; `tdm-reservation`
            means the header of that name with the value 1.
        private_addresses: Whether servers of the own network and machine may be asked. If not, an
            address that is not public is refused, also behind a redirect: a list of URLs must not
            reach what only this machine can.
        proxy: URL of the proxy that is asked for every image; null means none. Variables of the
            environment and .netrc are not read.
        refresh: Whether images that are there are asked for again, if they have changed.
        chunk_size: URLs whose rows are saved at once: what a killed run loses at most.
        chunk_seconds: Seconds after which the rows so far are saved, and the rest of the chunk is
            another one; downloads that are under way are finished before.
        folder: Folder of the images, on disk or S3.
        gallery: Collector of the gallery whose address `images` is, a YAML file.
        gallery_folder: Folder of the list of a gallery and of its progress, on disk or S3.
        browser: Path of Chromium or Google Chrome; null is `PIXELMILL_CHROMIUM`, then the usual
            places.
    """

    threads: AtOnce = 32
    per_host: AtOnce = 8
    requests_per_second: Annotated[float, Field(gt=0, le=10_000)] = 20
    timeout: Seconds = 20
    connect_timeout: Seconds = 10
    header_timeout: Seconds = 15
    read_timeout: Seconds = 10
    retries: Retries = 2
    max_bytes: Count = 50_000_000
    user_agent: Agent | None = None
    robots: bool = True
    opt_outs: tuple[str, ...] = OPT_OUTS
    private_addresses: bool = False
    proxy: Proxy | None = None
    refresh: bool = False
    chunk_size: Count = 20_000
    chunk_seconds: Seconds = 600
    folder: str = "data/01_raw/downloads"
    gallery: str | None = None
    gallery_folder: str = "data/01_raw/gallery"
    browser: str | None = None


class DownloadsParameters(Parameters):
    """The names that parameters of the collection had as `ingestion.downloads`; each still counts.

    Attributes:
        threads: `collection.threads`; null, as for all others, leaves it as it is.
        per_host: `collection.per_host`.
        timeout: `collection.timeout`.
        retries: `collection.retries`.
        max_bytes: `collection.max_bytes`.
        user_agent: `collection.user_agent`.
        private_addresses: `collection.private_addresses`.
        proxy: `collection.proxy`.
        folder: `collection.folder`.
    """

    threads: AtOnce | None = None
    per_host: AtOnce | None = None
    timeout: Seconds | None = None
    retries: Retries | None = None
    max_bytes: Count | None = None
    user_agent: Agent | None = None
    private_addresses: bool | None = None
    proxy: Proxy | None = None
    folder: str | None = None

    def applied_to(self, collection: CollectionParameters) -> CollectionParameters:
        """Return the parameters of the collection with those that are set here.

        Args:
            collection: Parameters of the collection.
        """
        return collection.model_copy(update=self.model_dump(exclude_none=True))
