"""A server of photos, and a place for what is downloaded from it."""

import pyarrow.parquet as pq
import pytest

from pixelmill.parameters import IngestionParameters
from pixelmill.sources import find_source
from tests.sources.photo_server import PhotoServer


@pytest.fixture
def server():
    """Photos on loopback, and everything that goes wrong with them."""
    photos = PhotoServer()
    yield photos
    photos.stop()


class Place:
    """A list of URLs and the folder of its downloads."""

    def __init__(self, folder, base):
        self.folder = folder
        self.base = base

    def download(self, *urls, label=None, **parameters):
        """The index of a list: rows by path, or by URL where a label is asked for."""
        text = "".join(f"{self.absolute(url)}\n" for url in urls)
        (self.folder / "list.txt").write_text(text, newline="")
        return self.index(self.folder / "list.txt", label, **parameters)

    def absolute(self, url):
        return url if "//" in url else f"{self.base}/{url}"

    def source(self, table, **parameters):
        downloads = {"folder": str(self.folder / "downloads"), "retries": 1, "timeout": 5}
        downloads["private_addresses"] = True  # the server of the tests is this machine
        own = IngestionParameters.model_fields.keys() - {"downloads"}
        ingestion = {key: parameters.pop(key) for key in own & parameters.keys()}
        given = IngestionParameters(downloads=downloads | parameters, **ingestion)
        return find_source(str(table), given)

    def index(self, table, label=None, **parameters):
        images = self.source(table, **parameters).list_images()
        return images.index(label or (lambda path: path))

    @property
    def record(self):
        """The table of downloads, rows by path within the URL."""
        rows = pq.read_table(self.folder / "downloads" / "downloads.parquet").to_pylist()
        return {row["url"].removeprefix(f"{self.base}/"): row for row in rows}

    def reason(self, url):
        row = self.record[url]
        assert row["status"] == "failed"
        note = (self.folder / "downloads" / row["path"]).read_text()
        assert note == f"download failed: {row['reason']}\n"
        return row["reason"]

    def content(self, url):
        row = self.record[url]
        assert row["status"] in ("ok", "there already")
        data = (self.folder / "downloads" / row["path"]).read_bytes()
        assert len(data) == row["bytes"]
        return data


@pytest.fixture
def place(tmp_path, server):
    """No list yet, and nothing downloaded."""
    return Place(tmp_path, server.url)
