"""A server of photos, and places for what is downloaded from it: without Spark, and with it."""

from types import SimpleNamespace

import pytest

from pixelmill.collection.downloading import download_all
from pixelmill.collection.results import UrlRequest
from pixelmill.collection.url_lists import find_urls
from pixelmill.collection.writing import ImageWriter
from pixelmill.datasets.collected import CollectedTable, DownloadsTable
from pixelmill.datasets.url_list import UrlListTable
from pixelmill.ingestion.listing import list_images
from pixelmill.parameters import CollectionParameters, IngestionParameters
from pixelmill.pipelines.collection.nodes import (
    download_images,
    join_collected,
    list_urls,
    sum_up_collection,
)
from pixelmill.spark.tables import is_in_memory
from pixelmill.storage import open_storage
from tests.collection.photo_server import PhotoServer
from tests.collection.raw_server import RawServer

# The server of the tests is this machine, has no robots.txt, and is in a hurry.
OWN_SERVER = {
    "private_addresses": True, "robots": False, "requests_per_second": 10_000,
    "retries": 1, "timeout": 5,
}  # fmt: skip


@pytest.fixture
def server():
    """Photos on loopback, and everything that goes wrong with them."""
    photos = PhotoServer()
    yield photos
    photos.stop()


@pytest.fixture
def elsewhere(server):
    """Another host, which `/elsewhere/…` of the server leads to."""
    photos = PhotoServer()
    server.elsewhere = photos.url
    yield photos
    photos.stop()


class Place:
    """A list of URLs and the folder of its downloads; each download asks for all URLs again.

    Attributes:
        record: What came of the URLs, by path within the URL.
    """

    def __init__(self, folder, base):
        self.folder = folder
        self.base = base
        self.record = {}

    def download(self, *urls, **parameters):
        """What came of a text of URLs."""
        text = "".join(f"{self.absolute(url)}\n" for url in urls)
        (self.folder / "list.txt").write_text(text, newline="")
        return self.index(self.folder / "list.txt", **parameters)

    def absolute(self, url):
        return url if "//" in url else f"{self.base}/{url}"

    def parameters(self, **changed):
        folder = {"folder": str(self.folder / "downloads")}
        return CollectionParameters(**OWN_SERVER | folder | changed)

    def index(self, table, **parameters):
        """The rows in the list's order, and what was left out."""
        exclude, share = parameters.pop("exclude", ()), parameters.pop("share", 1)
        given = self.parameters(**parameters)
        listed = find_urls(str(table), IngestionParameters(exclude=exclude))
        urls = {}
        for batch in listed.batches():
            for row in batch.to_pylist():
                urls.setdefault(row["url_id"], row["url"])
        wanted = [UrlRequest(url, name) for name, url in urls.items()]
        came = download_all(
            wanted, ImageWriter(open_storage(given.folder), given), given, share=share
        )
        rows = {row.url_id: row for part in came for row in part}
        assert len(rows) == len(urls)
        self.record = {self._short(rows[name].url): rows[name] for name in urls}
        return SimpleNamespace(count=len(rows), rows=[rows[name] for name in urls], listed=listed)

    def _short(self, url):
        return url.removeprefix(f"{self.base}/")

    def reason(self, url):
        row = self.record[url]
        assert (row.status, row.bytes, row.sha256) == ("failed", 0, None)
        note = (self.folder / "downloads" / row.path).read_text()
        assert note == f"download failed: {row.reason}\n"
        return row.reason

    def content(self, url):
        row = self.record[url]
        assert row.status == "ok"
        data = (self.folder / "downloads" / row.path).read_bytes()
        assert len(data) == row.bytes
        return data


@pytest.fixture
def place(tmp_path, server):
    """No list yet, and nothing downloaded."""
    return Place(tmp_path, server.url)


class Storage:
    """What the pipelines `collection` and `ingestion` do, in this process and with one Spark."""

    def __init__(self, folder, base):
        self.folder = folder
        self.base = base
        self.url_list = UrlListTable(filepath=f"{folder}/url_list")
        self.downloads = DownloadsTable(filepath=f"{folder}/rows")
        self.table = CollectedTable(filepath=f"{folder}/collected")
        self.facts = {}

    def write(self, *rows, name="list.csv"):
        """A list with a header."""
        (self.folder / name).write_text("\n".join(rows).replace("BASE", self.base) + "\n")
        return str(self.folder / name)

    def collect(self, images, ingestion=None, chunks=None, **parameters):
        """The rows of `collected` by their URLs; with `chunks`, a run that is killed after them."""
        ingestion = ingestion or IngestionParameters(label="none")
        given = {"folder": f"{self.folder}/downloads"} | OWN_SERVER | parameters
        collection = CollectionParameters(**given)
        self.url_list.save(list_urls(images, collection, ingestion))
        stored = self.downloads.load()
        steps = download_images(self.url_list.load(), stored, collection, ingestion)
        for number, rows in enumerate(steps, 1):
            self.downloads.save(rows)
            if number == chunks:
                return None
        common = collection, ingestion
        self.table.save(join_collected(self.url_list.load(), self.downloads.load(), *common))
        self.facts = sum_up_collection(self.url_list.load(), self.table.load(), *common)
        self.url_list.release()
        collected = self.table.load()
        rows = collected.collect() if collected else []
        return {row["url"].removeprefix(f"{self.base}/"): row.asDict() for row in rows}

    def index(self, images, **ingestion):
        """The image index of what was collected, and its source."""
        index, source = list_images(
            images, "shop", IngestionParameters(**ingestion), self.facts, self.table.load()
        )
        rows = index if is_in_memory(index) else index.toArrow()
        return {row["path"]: row for row in rows.to_pylist()}, source


@pytest.fixture
def storage(tmp_path, server, spark):
    """Nothing collected yet."""
    return Storage(tmp_path, server.url)


@pytest.fixture(scope="module")
def raw():
    """A server that sends whatever a test sets."""
    server = RawServer()
    yield server
    server.shutdown()
    server.server_close()
