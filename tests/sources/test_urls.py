"""Tables of URLs, downloaded from a real server."""

import asyncio
import logging
import subprocess
import sys
import time

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.sources import find_source
from tests.sources.photo_server import PhotoServer, picture

JSON, JSON_TYPE = b'{"error": 1}', "application/json"


@pytest.fixture
def server():
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
        ingestion = {key: parameters.pop(key) for key in ("path_column", "label", "column", "sheet")
                     if key in parameters}  # fmt: skip
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
    return Place(tmp_path, server.url)


def test_a_text_of_urls_becomes_an_index_of_files(place, server):
    index = place.download("photo/1.jpg", "photo/2.jpg", "a/photo%203.jpg?size=big")
    rows = index.table.to_pylist()
    assert (index.count, index.labels, index.unlabelled) == (3, 3, 0)
    assert {row["label"] for row in rows} == {"photo/1.jpg", "photo/2.jpg", "a/photo 3.jpg"}
    assert [row["path"] for row in rows] == sorted(row["path"] for row in rows)
    for row in rows:
        file = place.folder / "downloads" / row["path"]
        assert row["size"] == file.stat().st_size
        assert row["modified"].timestamp() == pytest.approx(file.stat().st_mtime, abs=1e-5)
        assert file.suffix == ".jpg"
        assert file.parent.name == file.name[:2]
    assert place.content("photo/2.jpg") == picture(2)
    assert [agent.partition("/")[0] for agent in server.agents] == ["pixelmill"]


def test_the_record_has_a_row_for_every_url_in_the_lists_order(place):
    place.download("photo/1.jpg", "missing/2.jpg")
    good, bad = place.record.values()
    assert list(good) == ["url", "path", "status", "reason", "bytes", "seconds", "label"]
    assert (good["url"], good["status"], good["reason"]) == (
        f"{place.base}/photo/1.jpg",
        "ok",
        None,
    )
    assert good["seconds"] > 0
    assert good["label"] == "photo/1.jpg"
    assert (bad["status"], bad["reason"], bad["bytes"]) == ("failed", "HTTP 404 Not Found", 0)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("missing/1.jpg", "HTTP 404 Not Found"),
        ("down/1.jpg", "HTTP 500 Internal Server Error"),
        ("tomorrow/1.jpg", "HTTP 503 Service Unavailable: the server asks to wait 86400 s"),
        ("gone/1.jpg", "the connection broke: Server disconnected"),
        ("loop/1.jpg", "too many redirects"),
        ("page/1.jpg", "a web page came, no image"),
        ("disguised/1.jpg", "a web page came, no image"),
        ("json/1.jpg", f"no image came: it begins with {JSON[:8]}, and its type is {JSON_TYPE}"),
        ("empty/1.jpg", "the answer is empty"),
        ("huge/1.jpg", "too large: 1,000,000,000,000 bytes, max_bytes is 50,000,000"),
    ],
)  # fmt: skip
def test_a_failure_is_a_row_and_an_image_with_its_reason(place, url, reason):
    index = place.download(url, "photo/1.jpg")
    assert index.count == 2
    assert place.reason(url) == reason
    [row] = [row for row in index.table.to_pylist() if row["path"].endswith(".failed")]
    assert row["size"] == len(f"download failed: {reason}\n")


@pytest.mark.parametrize("url", ["shaky/1.jpg", "busy/1.jpg", "cut/1.jpg"])
def test_what_passes_is_tried_again(place, server, url):
    place.download(url)
    assert place.content(url) == picture(1)
    assert server.asked[f"/{url}"] == 2


@pytest.mark.parametrize("url", ["shaky/1.jpg", "busy/1.jpg", "cut/1.jpg"])
def test_nothing_is_tried_again_where_no_retries_are_wanted(place, server, url):
    place.download(url, "photo/2.jpg", retries=0)
    assert place.reason(url)
    assert server.asked[f"/{url}"] == 1


@pytest.mark.parametrize("url", ["missing/1.jpg", "page/1.jpg", "huge/1.jpg", "loop/1.jpg"])
def test_what_stays_is_not_tried_again(place, server, url):
    place.download(url, "photo/2.jpg", retries=3)
    assert server.asked[f"/{url}"] == (10 if url == "loop/1.jpg" else 1)


def test_a_busy_host_is_left_alone_as_long_as_it_asks(place, server):
    urls = [f"photo/{number}.jpg" for number in range(20)]
    place.download("busy/1.jpg", *urls, per_host=1)
    asked, again = server.moments.pop("/busy/1.jpg")
    assert again - asked > 0.99
    others = [moment for [moment] in server.moments.values()]
    assert len(others) == 20
    assert not any(asked < moment < asked + 0.99 for moment in others)


@pytest.mark.parametrize("url", ["slow/1.jpg", "drip/1.jpg"])
def test_an_attempt_ends_with_its_time_however_the_bytes_trickle(place, url):
    began = time.monotonic()
    place.download(url, "photo/1.jpg", timeout=1)
    assert time.monotonic() - began < 4
    assert place.reason(url) == "not finished within 1 s"


@pytest.mark.parametrize("url", ["endless/1.jpg", "bomb/1.jpg"])
def test_a_body_without_end_is_left_where_it_exceeds_the_limit(place, url):
    place.download(url, "photo/1.jpg", max_bytes=1_000_000)
    assert place.reason(url) == "too large: more bytes, max_bytes is 1,000,000"


def test_only_web_addresses_are_followed(place):
    place.download("moved/1.jpg", "file/1.jpg")
    assert place.content("moved/1.jpg") == picture(7)
    assert place.reason("file/1.jpg") == (
        "the redirect leads to no http or https address: file:///etc/hostname"
    )


def test_the_ending_is_that_of_the_bytes(place):
    place.download("wrong/1.jpg", "untyped/1", "zipped/1.jpg", "photo")
    endings = [row["path"].rpartition(".")[2] for row in place.record.values()]
    assert endings == ["png", "webp", "jpg", "jpg"]
    assert place.content("zipped/1.jpg") == picture(5)


def test_odd_urls_are_asked_for_as_they_stand(place, server):
    odd = [
        "photo/a\"b'<script>1.jpg", "photo/ü 日本2.jpg", "photo/%C3%BC%203.jpg?x=%2f&y=a+b",
        "photo/[4]{}|.jpg", "photo/5.jpg#part",
    ]  # fmt: skip
    index = place.download(*odd)
    assert index.count == 5
    assert {row["status"] for row in place.record.values()} == {"ok"}
    assert server.asked["/photo/%C3%BC%203.jpg?x=%2f&y=a+b"] == 1  # a signature stays valid
    assert server.asked["/photo/5.jpg"] == 1


def test_a_url_with_a_line_break_in_a_csv(place, server):
    (place.folder / "list.csv").write_text(f'url\n"{place.base}/photo/new\nline 1.jpg"\n')
    assert place.index(place.folder / "list.csv").count == 1
    assert [row["status"] for row in place.record.values()] == ["ok"]


def test_the_same_url_twice_is_one_image(place, server):
    url = f"{place.base}/photo/1.jpg"
    (place.folder / "list.txt").write_text(f"{url}\n  {url} \n{url}#top\n\njunk\n")
    index = place.index(place.folder / "list.txt")
    assert index.count == 1
    assert index.skipped == {"duplicate URL": 2, "no URL": 2}
    assert index.skipped_examples == [url, url, "", "junk"]
    assert server.asked["/photo/1.jpg"] == 1


def test_a_second_run_downloads_only_what_is_missing_or_failed(place, server):
    first = place.download("photo/1.jpg", "missing/2.jpg", "shaky/3.jpg", retries=0)
    times = {row["path"]: row["modified"] for row in first.table.to_pylist()}
    again = place.download("photo/1.jpg", "missing/2.jpg", "shaky/3.jpg", "photo/4.jpg")
    assert [row["status"] for row in place.record.values()] == [
        "there already", "failed", "ok", "ok",
    ]  # fmt: skip
    assert server.asked["/photo/1.jpg"] == 1
    assert server.asked["/missing/2.jpg"] == 2
    same = [row for row in again.table.to_pylist() if row["path"] in times]
    assert len(same) == 2  # the note of the failure too: nothing is featurized again
    assert all(times[row["path"]] == row["modified"] for row in same)
    assert again.count == 4


def test_a_killed_run_loses_nothing_that_is_complete(place, server):
    server.delay = 0.1
    urls = [f"{place.base}/photo/{number}.jpg" for number in range(200)]
    (place.folder / "list.txt").write_text("\n".join(urls))
    downloads = {"folder": str(place.folder / "downloads")}
    script = f"""
from pixelmill.parameters import IngestionParameters
from pixelmill.sources import find_source
given = IngestionParameters(downloads={downloads!r})
find_source({str(place.folder / "list.txt")!r}, given).list_images().index(lambda path: path)
"""
    process = subprocess.Popen([sys.executable, "-c", script])
    while len(server.asked) < 60:
        time.sleep(0.01)
    process.kill()
    process.wait()
    kept = [file for file in (place.folder / "downloads").rglob("*.jpg") if file.name[0] != "."]
    assert 30 < len(kept) < 100
    numbers = {picture(number) for number in range(200)}
    assert all(file.read_bytes() in numbers for file in kept)
    asked = server.asked.total()
    server.delay = 0
    index = place.index(place.folder / "list.txt")
    assert index.count == 200
    assert server.asked.total() - asked == 200 - len(kept)


def test_one_host_is_asked_by_few_at_once(place, server):
    server.delay = 0.05
    place.download(*(f"photo/{number}.jpg" for number in range(30)), per_host=3, threads=16)
    assert server.most_at_once == 3


def test_all_hosts_together_are_asked_by_no_more_than_the_threads(place, server):
    server.delay = 0.05
    port = server.url.rpartition(":")[2]
    hosts = ["127.0.0.1", "localhost"]
    urls = [f"http://{hosts[n % 2]}:{port}/photo/{n}.jpg" for n in range(30)]
    place.download(*urls, per_host=8, threads=5)
    assert server.most_at_once == 5


def test_a_host_without_an_answer_keeps_no_other_waiting(place, server):
    slow = [f"slow/{number}.jpg" for number in range(10)]
    other = server.url.replace("127.0.0.1", "localhost")
    urls = [f"{other}/photo/{number}.jpg" for number in range(50)]
    place.download(*slow, *urls, per_host=2, threads=8, timeout=1)
    took = max(server.moments[f"/photo/{number}.jpg"][0] for number in range(50))
    assert took - min(map(min, server.moments.values())) < 1
    assert sum(row["status"] == "ok" for row in place.record.values()) == 50


def test_where_no_host_can_be_reached_it_ends_with_one_sentence(place):
    urls = [f"http://127.0.0.{number % 7 + 1}:9/{number}.jpg" for number in range(3000)]
    began = time.monotonic()
    sentence = r"None of the 3000 URLs that .*list\.txt lists can be reached \(no connection: "
    with pytest.raises(InputError, match=sentence):
        place.download(*urls)
    assert time.monotonic() - began < 10


def test_hosts_without_a_name_are_out_of_reach(place):
    with pytest.raises(InputError, match=r"could be downloaded: 2 times no connection"):
        place.download("http://nowhere.invalid/1.jpg", "http://nowhere.invalid/2.jpg", retries=0)


def test_without_the_network_what_is_there_goes_on(place, server, caplog):
    place.download("photo/1.jpg")
    urls = [f"http://127.0.0.1:9/{number}.jpg" for number in range(100)]
    with caplog.at_level(logging.WARNING):
        index = place.download("photo/1.jpg", *urls)
    assert "No host can be reached" in caplog.text
    assert index.count == 101
    assert sum("not tried" in (row["reason"] or "") for row in place.record.values()) > 50


def test_where_nothing_could_be_downloaded_the_record_says_why(place):
    sentence = (
        r"None of the 2 images that .*list\.txt lists could be downloaded: "
        r"2 times HTTP 404 Not Found; .*downloads\.parquet has the reason of each\."
    )
    with pytest.raises(InputError, match=sentence):
        place.download("missing/1.jpg", "missing/2.jpg")
    assert place.reason("missing/1.jpg") == "HTTP 404 Not Found"


def test_a_list_without_urls_is_a_sentence(place):
    (place.folder / "list.csv").write_text("url,kind\n,x\n")
    with pytest.raises(InputError, match=r"There are no images in .*list\.csv"):
        place.index(place.folder / "list.csv")


def test_a_folder_that_cannot_be_written_to_is_a_sentence(place, server):
    server.delay = 0.1
    (place.folder / "downloads").write_bytes(b"")
    with pytest.raises(InputError, match=r"downloads/.*\.jpg cannot be written: "):
        place.download(*(f"photo/{number}.jpg" for number in range(1000)))
    assert server.asked.total() < 100


NAMES = [f"photo/{number}.jpg" for number in range(9)] + ["missing/1.jpg", "page/2.jpg"]


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(NAMES), threads=st.integers(1, 20), per_host=st.integers(1, 20))
def test_neither_threads_nor_order_change_the_index(
    server, tmp_path_factory, order, threads, per_host
):
    def table(urls, **parameters):
        place = Place(tmp_path_factory.mktemp("downloads"), server.url)
        return place.download(*urls, **parameters).table.drop_columns("modified")

    assert table(order, threads=threads, per_host=per_host) == table(NAMES, threads=1)


def test_a_longer_list_moves_no_image(place):
    before = place.download("photo/1.jpg", "missing/1.jpg").table.to_pylist()
    after = place.download("photo/9.jpg", "missing/1.jpg", "photo/1.jpg", "photo/5.jpg")
    assert all(row in after.table.to_pylist() for row in before)


def test_labels_of_a_column_and_another_column(place):
    table = pa.table({"photo": [f"{place.base}/photo/1.jpg", f"{place.base}/missing/2.jpg"],
                      "kind": ["cat", None], "split": ["train", "test"]})  # fmt: skip
    pq.write_table(table, place.folder / "list.parquet")
    given = {"label": "column", "column": "kind"}
    images = place.source(place.folder / "list.parquet", **given).list_images()
    rows = images.index(None).table.to_pylist()
    assert {row["path"][-6:]: row["label"] for row in rows}.keys() >= {"failed"}
    assert {row["label"] for row in rows} == {"cat", None}
    splits = place.source(place.folder / "list.parquet", **given).column("split")
    assert splits == {row["path"]: "train" if row["label"] else "test" for row in rows}


def test_a_column_before_anything_is_downloaded_asks_no_server(place, server):
    (place.folder / "list.csv").write_text(f"url,split\n{place.base}/photo/1.jpg,train\n")
    assert list(place.source(place.folder / "list.csv").column("split").values()) == ["train"]
    assert not (place.folder / "downloads").exists()
    assert server.asked.total() == 0


def test_the_amount_is_known_only_once_some_are_there(place):
    (place.folder / "list.txt").write_text(f"{place.base}/photo/1.jpg\n{place.base}/missing/1\n")
    images = place.source(place.folder / "list.txt").list_images()
    with pytest.raises(InputError, match=r"the sizes of the 2 images.*download them first"):
        images.amount()
    images.index(lambda path: path)
    assert images.amount() == (2, 2 * len(picture(1)))


def test_downloads_to_s3_from_a_list_on_s3(s3, server):
    body = f"url\n{server.url}/photo/1.jpg\n{server.url}/missing/2.jpg\n".encode()
    s3.put_object(Bucket="photos", Key="list.csv", Body=body)
    given = IngestionParameters(downloads={"folder": "s3://photos/mill/downloads"})

    def index():
        images = find_source("s3://photos/list.csv", given).list_images()
        assert images.root == "s3://photos/mill/downloads"
        return images.index(lambda path: path).table

    rows = index().to_pylist()
    assert sorted(row["path"].rpartition(".")[2] for row in rows) == ["failed", "jpg"]
    for row in rows:
        head = s3.head_object(Bucket="photos", Key=f"mill/downloads/{row['path']}")
        assert (row["size"], row["modified"]) == (head["ContentLength"], head["LastModified"])
    assert index().to_pylist() == rows
    assert server.asked == {"/photo/1.jpg": 1, "/missing/2.jpg": 2}


def test_inside_a_loop_that_runs_as_in_a_notebook(place):
    async def cell():
        return place.download("photo/1.jpg").count

    assert asyncio.run(cell()) == 1


def test_an_interrupted_cell_stops_the_download(place, server):
    (place.folder / "list.txt").write_text(
        "\n".join(f"{place.base}/slow/{number}.jpg" for number in range(100))
    )
    script = f"""
import asyncio, os, signal, threading
from pixelmill.parameters import IngestionParameters
from pixelmill.sources import find_source

async def cell():
    threading.Timer(2, os.kill, (os.getpid(), signal.SIGINT)).start()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    given = IngestionParameters(downloads={{"folder": {str(place.folder / "downloads")!r}}})
    find_source({str(place.folder / "list.txt")!r}, given).list_images().index(lambda path: path)

asyncio.run(cell())
"""
    began = time.monotonic()
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert "KeyboardInterrupt" in done.stderr
    assert time.monotonic() - began < 15  # of 20 s for each of 13 rounds


def test_a_proxy_of_the_environment_is_asked(place, server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    place.download("http://photos.invalid/photo/1.jpg")
    assert server.asked["http://photos.invalid/photo/1.jpg"] == 1


def test_what_came_is_told(place, caplog):
    with caplog.at_level(logging.INFO):
        place.download("photo/1.jpg", "photo/2.jpg", "missing/3.jpg", "page/4.jpg")
    assert "2 of 4 images downloaded (0.0 MB in" in caplog.text
    assert "2 failed: 1 times HTTP 404 Not Found, 1 times a web page came, no image." in caplog.text
