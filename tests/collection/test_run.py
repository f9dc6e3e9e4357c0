"""Runs of a collection, of few URLs in the driver and of many in Spark: what each asks for."""

import logging
from datetime import timedelta
from hashlib import sha256

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pixelmill.collection.files import url_id
from pixelmill.collection.index import column_of
from pixelmill.datasets import small_tables
from pixelmill.errors import InputError
from pixelmill.parameters import CollectionParameters, IngestionParameters
from pixelmill.pipelines.collection.nodes import list_unlabelled_urls, sum_up_unlabelled
from tests.collection.conftest import OWN_SERVER, Storage
from tests.collection.photo_server import picture
from tests.collection.raw_server import answer


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


@pytest.mark.parametrize(
    ("column", "sentence"),
    [("typo", "has no column 'typo', only url, kind, kind"), ("kind", "has two columns 'kind'")],
)
def test_a_column_of_labels_that_is_missing_is_known_before_anything_is_asked_for(
    storage, server, column, sentence
):
    images = storage.write("url,kind,kind", "BASE/photo/1.jpg,cat,x")
    with pytest.raises(InputError, match=sentence):
        storage.collect(images, IngestionParameters(label="column", column=column))
    assert not server.asked


def test_images_to_be_labelled_need_no_column_of_labels(storage):
    images = storage.write("url", "BASE/photo/1.jpg")
    storage.collect(images)
    labelled = IngestionParameters(label="column", column="kind")
    collection = CollectionParameters(folder=f"{storage.folder}/downloads", **OWN_SERVER)
    storage.url_list.save(list_unlabelled_urls(images, collection, labelled))
    common = storage.url_list.load(), storage.table.load(), collection, labelled
    assert sum_up_unlabelled(*common)["ok"] == 1


@pytest.mark.usefixtures("any_list")
def test_a_chunk_of_slow_hosts_is_saved_before_its_end(storage, server):
    server.delay = 0.1
    images = storage.write("url", *(f"BASE/photo/{number}.jpg" for number in range(8)))
    slowly = {"chunk_seconds": 0.5, "per_host": 1}
    storage.collect(images, chunks=1, **slowly)
    assert 0 < storage.downloads.load().count() == server.asked.total() < 8
    rows = storage.collect(images, **slowly)
    assert server.asked == {f"/photo/{number}.jpg": 1 for number in range(8)}
    assert [row["status"] for row in rows.values()] == ["ok"] * 8


@pytest.mark.usefixtures("any_list")
def test_the_last_run_counts_although_the_clock_was_set_back(storage, server):
    images = storage.write("url", "BASE/shaky/1.jpg", "BASE/photo/2.jpg")
    storage.collect(images, retries=0)
    early = storage.downloads.load().toArrow()
    place = early.schema.get_field_index("finished")
    later = pc.add(early["finished"], pa.scalar(timedelta(days=1)))
    storage.downloads.save(early.set_column(place, early.schema.field(place), later))
    for _ in range(2):
        rows = storage.collect(images)
        assert {row["status"] for row in rows.values()} == {"ok"}
        assert server.asked == {"/shaky/1.jpg": 2, "/photo/2.jpg": 1}


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
