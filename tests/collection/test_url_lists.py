"""Lists of URLs: what is read of them, what comes of each, and what a second run asks for."""

import logging
from hashlib import sha256

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixelmill.collection.files import url_id
from pixelmill.collection.index import column_of
from pixelmill.collection.url_lists import called, find_urls
from pixelmill.datasets import small_tables
from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from tests.collection.conftest import Storage
from tests.collection.photo_server import picture
from tests.collection.raw_server import answer


def rows_of(images, **ingestion):
    found = find_urls(str(images), IngestionParameters(**ingestion))
    return [row for batch in found.batches() for row in batch.to_pylist()], found


def test_a_text_of_urls_becomes_files(place, server):
    came = place.download("photo/1.jpg", "photo/2.jpg", "a/photo%203.jpg?size=big")
    assert came.count == 3
    for row in came.rows:
        file = place.folder / "downloads" / row.path
        assert (row.bytes, file.suffix) == (file.stat().st_size, ".jpg")
        assert file.parent.name == file.name[:2]
        assert (row.media_type, row.attempts, row.retryable) == ("image/jpeg", 1, False)
        assert row.seconds > 0
    assert place.content("photo/2.jpg") == picture(2)
    assert [agent.partition("/")[0] for agent in server.agents] == ["pixelmill"]


def test_odd_urls_are_requested_unchanged(place, server):
    odd = [
        "photo/a\"b'<script>1.jpg", "photo/ü 日本2.jpg", "photo/%C3%BC%203.jpg?x=%2f&y=a+b",
        "photo/[4]{}|.jpg", "photo/5.jpg#part",
    ]  # fmt: skip
    assert place.download(*odd).count == 5
    assert {row.status for row in place.record.values()} == {"ok"}
    assert server.asked["/photo/%C3%BC%203.jpg?x=%2f&y=a+b"] == 1  # a signature stays valid
    assert server.asked["/photo/5.jpg"] == 1


def test_a_url_with_a_line_break_in_a_csv(place):
    (place.folder / "list.csv").write_text(f'url\n"{place.base}/photo/new\nline 1.jpg"\n')
    assert [row.status for row in place.index(place.folder / "list.csv").rows] == ["ok"]


def test_the_same_bytes_are_stored_once(place):
    place.download("photo/1.jpg?a", "photo/1.jpg?b", "b/photo/1.jpg")
    assert len({row.path for row in place.record.values()}) == 1
    assert len(list((place.folder / "downloads").rglob("*.jpg"))) == 1


def test_urls_that_are_excluded_are_counted_and_not_asked_for(place, server):
    (place.folder / "list.txt").write_text(
        "".join(f"{place.base}/{name}\n" for name in ("photo/1.jpg", "photo/a/2_small.jpg"))
    )
    came = place.index(place.folder / "list.txt", exclude=["*_small.*"])
    assert came.listed.facts()["skipped"] == {"no URL": 0, "excluded": 1}
    assert server.asked == {"/photo/1.jpg": 1}


LISTED = [{"url": "http://a.org/1.jpg", "Brand": "x", "Status": "new", "page": None}] * 2


def as_csv(path):
    path.write_text("url,Brand,Status,page\n" + "http://a.org/1.jpg,x,new,\n" * 2)


def as_parquet(path):
    pq.write_table(pa.Table.from_pylist(LISTED), path)


def as_json_lines(path):
    line = '{"url": "http://a.org/1.jpg", "Brand": "x", "Status": "new", "page": null}'
    path.write_text(f"{line}\n\n{line}\n")


@pytest.mark.parametrize(
    ("name", "write"),
    [("l.csv", as_csv), ("l.parquet", as_parquet), ("l.jsonl", as_json_lines)],
)
def test_columns_come_along_under_names_of_their_own(tmp_path, name, write):
    write(tmp_path / name)
    rows, found = rows_of(tmp_path / name)
    assert found.columns == {"Brand": "Brand", "Status": "list_Status", "page": "page"}
    assert [row["position"] for row in rows] == [0, 1]
    assert rows[0] == {
        "position": 0, "url_id": url_id("http://a.org/1.jpg"), "url": "http://a.org/1.jpg",
        "host": "a.org", "Brand": "x", "list_Status": "new", "page": None,
    }  # fmt: skip
    assert called("brand", found.facts()) == "Brand"
    with pytest.raises(InputError, match="has no column 'colour', only Brand, Status, page"):
        called("colour", found.facts())


def test_urls_in_other_columns_lose_their_secrets(tmp_path):
    (tmp_path / "l.csv").write_text("url,small\nhttp://a.org/1,http://me:pw@a.org/2?key=hunter2\n")
    [row] = rows_of(tmp_path / "l.csv")[0]
    assert row["small"] == "http://…@a.org/2?…"


def test_columns_that_are_no_text_are_reported(tmp_path, caplog):
    table = pa.table({"url": ["http://a.org/1"], "tags": [["a"]], "kind": ["x"]})
    pq.write_table(table, tmp_path / "l.parquet")
    [row] = rows_of(tmp_path / "l.parquet")[0]
    assert (row["kind"], "tags" in row) == ("x", False)
    assert "do not come along: tags." in caplog.text


def test_pictures_in_a_column_are_no_text_also_where_the_first_is_missing(tmp_path, caplog):
    thumbnails = [None, b"\xff\xd8\xff"]
    table = pa.table({"url": ["http://a.org/1", "http://a.org/2"], "small": thumbnails})
    pq.write_table(table.append_column("kind", pa.array([b"x", b"y"])), tmp_path / "l.parquet")
    rows, _ = rows_of(tmp_path / "l.parquet")
    assert [row["kind"] for row in rows] == ["x", "y"]  # as Impala writes text
    assert "do not come along: small." in caplog.text


def test_columns_that_only_some_files_have_are_reported(tmp_path, caplog):
    (tmp_path / "l.parquet").mkdir()
    first, second = {"url": ["http://a.org/1"]}, {"url": ["http://a.org/2"], "kind": ["x"]}
    pq.write_table(pa.table(first), tmp_path / "l.parquet" / "1.parquet")
    pq.write_table(pa.table(second), tmp_path / "l.parquet" / "2.parquet")
    rows, _ = rows_of(tmp_path / "l.parquet")
    assert [row["url"] for row in rows] == ["http://a.org/1", "http://a.org/2"]
    assert "do not come along: kind." in caplog.text


@pytest.mark.parametrize("images", ["/photos", "sample:digits", "s3://b/photos", None])
def test_what_is_no_table_is_not_looked_at(images):
    assert find_urls(images, IngestionParameters()) is None


def test_a_list_of_paths_is_read_no_further_than_its_first_rows(tmp_path, monkeypatch):
    (tmp_path / "l.csv").write_text("path\n" + "a/1.jpg\n" * 300_000 + '"open\n')
    assert find_urls(str(tmp_path / "l.csv"), IngestionParameters()) is None


@pytest.mark.parametrize("line", ["{", "[1]", "7", '{"url": 1} x', "{" * 100_000])
def test_a_line_that_is_no_json_object_is_a_sentence(tmp_path, line):
    (tmp_path / "l.jsonl").write_text(f'{{"url": "http://a.org/1"}}\n{line}\n')
    with pytest.raises(InputError, match=r"l\.jsonl cannot be read as a table: line 2 is no JSON"):
        find_urls(str(tmp_path / "l.jsonl"), IngestionParameters())


def test_json_keeps_numbers_as_they_are_written(tmp_path):
    (tmp_path / "l.jsonl").write_text('{"url": "http://a.org/1", "a": 1.50, "b": true, "c": [1]}\n')
    [row] = rows_of(tmp_path / "l.jsonl")[0]
    assert (row["a"], row["b"], row["c"]) == ("1.50", "true", '["1"]')


def test_blanks_before_the_fragment_are_no_part_of_a_url(tmp_path):
    (tmp_path / "l.txt").write_text("http://a.org/1.jpg # a comment\nhttp://a.org/1.jpg\n")
    rows, _ = rows_of(tmp_path / "l.txt")
    assert [row["url"] for row in rows] == ["http://a.org/1.jpg"] * 2


@pytest.fixture(params=["few", "many"])
def any_list(request, monkeypatch):
    """Few URLs are worked on in the driver; many, more than none here, by Spark."""
    if request.param == "many":
        monkeypatch.setattr(small_tables, "SMALL_ROWS", 0)


@pytest.mark.usefixtures("any_list")
def test_a_list_is_collected_and_its_index_has_the_labels(storage, server, caplog):
    """From the list to the index: rows, failures, duplicates, contradictions, another column."""
    images = storage.write(
        "url,kind,split", "BASE/photo/1.jpg,cat,train", "BASE/missing/2.jpg,,test",
        "BASE/photo/1.jpg,dog,test", "BASE/photo/3.jpg?sig=hunter2,dog,test", "junk,x,x",
        "BASE/page/1.jpg,dog,train", "BASE/copy/photo/1.jpg,emu,train",
    )  # fmt: skip
    given = IngestionParameters(label="column", column="Kind")
    with caplog.at_level(logging.INFO):
        rows = storage.collect(images, given)
    good, missing = rows["photo/1.jpg"], rows["missing/2.jpg"]
    assert (good["status"], good["kind"], good["split"]) == ("ok", "cat", "train")
    assert (missing["status"], missing["reason"]) == ("failed", "HTTP 404 Not Found")
    assert (missing["retryable"], missing["bytes"], missing["sha256"]) == (False, 0, None)
    assert rows["photo/3.jpg?…"]["url_id"] == url_id(f"{server.url}/photo/3.jpg?sig=hunter2")
    assert rows["page/1.jpg"]["reason"] == "a web page came, no image"
    assert "3 of 5 images are there (0.0 MB), 2 failed: 1 times HTTP 404 Not Found" in caplog.text
    index, source = storage.index(images, label="column", column="Kind")
    assert {row["path"]: row["label"] for row in index.values()} == {
        good["path"]: "cat", missing["path"]: None, rows["photo/3.jpg?…"]["path"]: "dog",
        rows["page/1.jpg"]["path"]: "dog",
    }  # fmt: skip
    for path, row in index.items():
        file = storage.folder / "downloads" / path
        assert row["size"] == file.stat().st_size
    assert source["skipped"] == {
        "duplicate URL": 1, "no URL": 1, "same image under another URL": 1
    }  # fmt: skip
    assert source["contradictions"] == {
        f"{server.url}/photo/1.jpg": ["cat", "dog"], good["path"]: ["cat", "emu"],
    }  # fmt: skip
    values = column_of(storage.table.load(), source, "split")
    assert values[missing["path"]] == "test"
    parent, _ = storage.index(images, label="parent")
    assert parent[missing["path"]]["label"] == "missing"


def test_the_same_image_under_two_urls_is_reported_without_an_example(storage, caplog):
    images = storage.write("url", "BASE/photo/1.jpg", "BASE/copy/photo/1.jpg")
    storage.collect(images)
    with caplog.at_level(logging.INFO):
        storage.index(images)
    assert "Left out: 1 same image under another URL.\n" in caplog.text


@pytest.mark.usefixtures("any_list")
def test_a_second_run_asks_for_what_is_missing_or_may_have_passed(storage, server):
    images = storage.write("url", *(f"BASE/{name}/1.jpg" for name in ("photo", "missing", "shaky")))
    first = storage.collect(images, retries=0)
    assert {name: row["retryable"] for name, row in first.items()} == {
        "photo/1.jpg": False, "missing/1.jpg": False, "shaky/1.jpg": True,
    }  # fmt: skip
    images = storage.write(
        "url,new", "BASE/shaky/1.jpg,a", "BASE/missing/1.jpg,b", "BASE/photo/1.jpg,c",
        "BASE/photo/4.jpg,d",
    )  # fmt: skip
    again = storage.collect(images)
    assert server.asked == {
        "/photo/1.jpg": 1, "/missing/1.jpg": 1, "/shaky/1.jpg": 2, "/photo/4.jpg": 1
    }  # fmt: skip
    assert {name: row["status"] for name, row in again.items()} == {
        "shaky/1.jpg": "ok", "missing/1.jpg": "failed", "photo/1.jpg": "ok", "photo/4.jpg": "ok",
    }  # fmt: skip
    assert again["photo/1.jpg"]["new"] == "c"  # the list's columns are those of this list
    same = ("path", "modified", "sha256")
    assert all(again["photo/1.jpg"][name] == first["photo/1.jpg"][name] for name in same)
    # An image that went is asked for again, and a refusal under other parameters.
    (storage.folder / "downloads" / again["photo/4.jpg"]["path"]).unlink()
    storage.collect(images, user_agent="another/1")
    assert server.asked == {
        "/photo/1.jpg": 1, "/missing/1.jpg": 2, "/shaky/1.jpg": 2, "/photo/4.jpg": 2
    }  # fmt: skip


@pytest.mark.usefixtures("any_list")
def test_a_list_that_grows_is_read_again_in_the_same_process(storage, server):
    """Spark would take what it kept of the earlier list of the same place for the longer one."""
    given = {"label": "column", "column": "kind"}
    rows = ["url,kind", "BASE/photo/1.jpg,cat"]
    for _ in range(2):  # the second time, nothing is missing
        images = storage.write(*rows)
        storage.collect(images, IngestionParameters(**given))
        storage.index(images, **given)
    images = storage.write(*rows, "BASE/photo/2.jpg,dog")
    found = storage.collect(images, IngestionParameters(**given))
    assert {name: row["kind"] for name, row in found.items()} == {
        "photo/1.jpg": "cat", "photo/2.jpg": "dog"
    }  # fmt: skip
    index, _ = storage.index(images, **given)
    assert sorted(row["label"] for row in index.values()) == ["cat", "dog"]
    assert server.asked == {"/photo/1.jpg": 1, "/photo/2.jpg": 1}


@pytest.mark.usefixtures("any_list")
def test_a_killed_run_loses_one_chunk_at_most(storage, server):
    images = storage.write("url", *(f"BASE/photo/{number}.jpg" for number in range(60)))
    storage.collect(images, chunk_size=20, chunks=1)
    asked = server.asked.total()
    assert 8 < asked < 35
    rows = storage.collect(images, chunk_size=20)
    assert server.asked.total() == 60
    assert {row["status"] for row in rows.values()} == {"ok"}
    assert len(rows) == 60


@pytest.mark.usefixtures("any_list")
def test_what_came_before_the_folder_could_not_be_written_to_is_not_asked_for_again(
    storage, server
):
    """Spark would make three attempts of each task."""
    images = storage.write("url", *(f"BASE/photo/{number}.jpg" for number in range(30)))
    obstacle = storage.folder / "downloads" / sha256(picture(20)).hexdigest()[:2]
    obstacle.parent.mkdir()
    obstacle.write_bytes(b"")
    with pytest.raises(InputError, match=r"downloads/.* cannot be written: Not a directory\.$"):
        storage.collect(images, threads=1)
    asked = server.asked.copy()
    assert set(asked.values()) == {1}
    obstacle.unlink()
    rows = storage.collect(images, threads=1)
    assert {row["status"] for row in rows.values()} == {"ok"}
    again = {name for name, number in server.asked.items() if number > 1}
    assert "/photo/20.jpg" in again
    assert len(again) <= 8 < len(asked), "it, and others that were under way"


@pytest.mark.usefixtures("any_list")
def test_refreshing_asks_whether_an_image_has_changed(storage, server):
    images = storage.write("url", *(f"BASE/tagged/{name}" for name in ("same/1.jpg", "new/2.jpg")),
                           "BASE/tagged/gone/3.jpg")  # fmt: skip
    first = storage.collect(images)
    assert first["tagged/same/1.jpg"]["etag"] == '"1"'
    second = storage.collect(images, refresh=True, retries=0)
    same, new, gone = (second[f"tagged/{name}.jpg"] for name in ("same/1", "new/2", "gone/3"))
    assert (same["sha256"], same["status"]) == (first["tagged/same/1.jpg"]["sha256"], "ok")
    assert server.unchanged == 1
    assert new["sha256"] != first["tagged/new/2.jpg"]["sha256"]
    assert (gone["status"], gone["sha256"]) == ("ok", first["tagged/gone/3.jpg"]["sha256"])
    assert gone["reason"] == "not asked for again: HTTP 500 Internal Server Error"


@pytest.mark.usefixtures("any_list", "spark")
def test_an_etag_is_one_of_the_url_that_a_redirect_leads_to(raw, tmp_path):
    """Each image has the same ETag; a redirect leads to the first, and later to the second."""
    storage = Storage(tmp_path, raw.url)
    first, second = raw.urls([answer(b'ETag: "1"', body=picture(number)) for number in (1, 2)])

    def collect(place, **parameters):
        raw.answers["/latest"] = answer(b"Location: " + place.encode(), status=b"302 Found")
        raw.heads.clear()
        rows = storage.collect(storage.write("url", "BASE/latest"), **parameters)
        return rows["latest"], [b"If-None-Match" in head for head in raw.heads]

    before, _ = collect(first)
    same, asked = collect(first, refresh=True)
    assert (same["sha256"], asked) == (before["sha256"], [False, True])
    lost, _ = collect("http://127.0.0.1:1/", refresh=True, retries=0)
    assert (lost["status"], lost["final_url"]) == ("ok", first)
    other, asked = collect(second, refresh=True)
    assert (other["sha256"], asked) == (sha256(picture(2)).hexdigest(), [False, False])


@pytest.mark.usefixtures("any_list")
def test_where_nothing_could_be_downloaded_a_sentence_says_why(storage):
    images = storage.write("url", "BASE/missing/1.jpg", "BASE/missing/2.jpg")
    sentence = (
        r"None of the 2 images that .*list\.csv lists could be downloaded: 2 times HTTP 404 Not "
        r"Found; the table `collected` has the reason of each\."
    )
    with pytest.raises(InputError, match=sentence):
        storage.collect(images)
    assert [row["reason"] for row in storage.table.load().collect()] == ["HTTP 404 Not Found"] * 2


def test_what_is_no_list_starts_no_spark(storage, tmp_path, monkeypatch):
    def start():
        raise AssertionError

    monkeypatch.setattr("pixelmill.datasets.parquet_table.get_session", start)
    assert storage.collect(str(tmp_path)) == {}
    assert storage.facts == {"images": str(tmp_path), "urls": 0}
