"""Tables of URLs, downloaded from a real server."""

import logging
from hashlib import sha256

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.sources import find_source
from tests.sources.photo_server import picture


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


def test_a_users_own_table_can_be_joined_with_the_record(place):
    """As docs/lists.md says: the record names no query."""
    urls = [f"{place.base}/photo/1.jpg?id={number}" for number in range(3)]
    place.download(*urls, "missing/1.jpg#x")
    rows = pq.read_table(place.folder / "downloads" / "downloads.parquet").to_pylist()
    for url, row in zip([*urls, f"{place.base}/missing/1.jpg"], rows, strict=True):
        name = sha256(url.encode()).hexdigest()[:32]
        assert row["path"].partition(".")[0] == f"{name[:2]}/{name}"
        assert row["url"] == url.partition("?")[0] + "?…" * ("?" in url)


def test_the_same_url_twice_is_one_image(place, server):
    url = f"{place.base}/photo/1.jpg"
    (place.folder / "list.txt").write_text(f"{url}\n  {url} \n{url}#top\n\njunk\n")
    index = place.index(place.folder / "list.txt")
    assert index.count == 1
    assert index.skipped == {"duplicate URL": 2, "no URL": 2}
    assert index.skipped_examples == [url, url, "", "junk"]
    assert server.asked["/photo/1.jpg"] == 1


def test_a_url_with_two_labels_keeps_the_first_and_lists_both(place):
    table = place.folder / "list.csv"
    rows = [("photo/1.jpg", "cat"), ("photo/1.jpg", "dog"), ("photo/2.jpg", "dog")]
    table.write_text("\n".join(["url,kind", *(f"{place.base}/{url},{kind}" for url, kind in rows)]))
    index = place.source(table, label="column", column="kind").list_images().index(None)
    assert sorted(index.table["label"].to_pylist()) == ["cat", "dog"]
    assert index.contradictions == {f"{place.base}/photo/1.jpg": ["cat", "dog"]}
    assert sorted(place.source(table).column("kind").values()) == ["cat", "dog"]


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


def as_an_earlier_version_left_it(place, url, data):
    """An image that was kept unseen, and a record that vouches for nothing."""
    file = place.folder / "downloads" / place.record[url]["path"]
    file.write_bytes(data)
    table = pq.read_table(place.folder / "downloads" / "downloads.parquet")
    pq.write_table(
        table.replace_schema_metadata(None), place.folder / "downloads" / "downloads.parquet"
    )
    return file


def test_images_that_an_earlier_version_kept_are_checked_once(place, server, caplog):
    place.download("photo/1.jpg", "photo/2.jpg")
    file = as_an_earlier_version_left_it(place, "photo/1.jpg", picture(1)[:-40])
    with caplog.at_level(logging.INFO):
        place.download("photo/1.jpg", "photo/2.jpg")
    assert "Checking 2 images that are there" in caplog.text
    assert "1 images that earlier runs left in" in caplog.text
    assert file.read_bytes() == picture(1)
    assert server.asked == {"/photo/1.jpg": 2, "/photo/2.jpg": 1}
    caplog.clear()
    place.download("photo/1.jpg", "photo/2.jpg")
    assert "Checking" not in caplog.text


def test_a_damaged_image_that_cannot_be_had_again_is_a_failure_with_its_reason(place, server):
    """Neither its half nor another file of that name is taken for the image by a later run."""
    place.download("halved/1.jpg", "photo/1.jpg", retries=3)
    as_an_earlier_version_left_it(place, "halved/1.jpg", server.photo[: len(server.photo) // 2])
    server.halves = 100
    for _ in range(2):
        index = place.download("halved/1.jpg", "photo/1.jpg", retries=0)
        assert place.reason("halved/1.jpg").startswith("truncated image: ")
        assert {row["path"] for row in index.table.to_pylist()} == {
            row["path"] for row in place.record.values()
        }
        (place.folder / "list.csv").write_text(f"url,split\n{place.base}/halved/1.jpg,train\n")
        splits = place.source(place.folder / "list.csv").column("split")
        assert splits == {place.record["halved/1.jpg"]["path"]: "train"}
    server.halves = 0
    place.download("halved/1.jpg", "photo/1.jpg")
    assert place.content("halved/1.jpg") == server.photo


def test_urls_that_are_excluded_are_counted_and_not_asked_for(place, server):
    (place.folder / "list.txt").write_text(
        "".join(f"{place.base}/{name}\n" for name in ("photo/1.jpg", "photo/a/2_small.jpg"))
    )
    images = place.source(place.folder / "list.txt", exclude=["*_small.*"]).list_images()
    index = images.index(lambda path: path)
    assert index.skipped["excluded"] == 1
    assert server.asked == {"/photo/1.jpg": 1}


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
    downloads = {"folder": "s3://photos/mill/downloads", "private_addresses": True}
    given = IngestionParameters(downloads=downloads)

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


def test_what_came_is_told(place, caplog):
    with caplog.at_level(logging.INFO):
        place.download("photo/1.jpg", "photo/2.jpg", "missing/3.jpg", "page/4.jpg")
    assert "2 of 4 images downloaded (0.0 MB in" in caplog.text
    assert "2 failed: 1 times HTTP 404 Not Found, 1 times a web page came, no image." in caplog.text
