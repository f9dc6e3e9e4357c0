"""Lists of URLs: what is read of them, and what comes of each."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixelmill.collection.files import url_id
from pixelmill.collection.url_lists import called, find_urls
from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.sources.url_list import host_in
from tests.collection.photo_server import picture


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


def test_a_cell_of_several_urls_is_left_out_and_counted(tmp_path):
    two = "http://a.org/1.jpg|http://a.org/2.jpg"
    one = "http://a.org/http://b.org/?u=http://c.org"
    (tmp_path / "l.csv").write_text(f"url,n\n{two},1\n{one},2\n")
    rows, found = rows_of(tmp_path / "l.csv")
    assert [row["url"] for row in rows] == [one]
    assert found.facts()["skipped"] == {"no URL": 0, "several URLs in a cell": 1}
    assert found.facts()["skipped_examples"] == [two]


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


def test_urls_within_text_and_json_lose_their_secrets(tmp_path):
    sizes = {"sizes": ["http://me:pw@a.org/2?key=hunter2", "ftp://me:pw@a.org/3"]}
    text = "see HTTP://me:pw@a.org/4?key=hunter2 or (http://a.org/5;v=1), 100% // b"
    row = {"url": "http://a.org/1", "more": sizes, "text": text}
    (tmp_path / "l.jsonl").write_text(json.dumps(row))
    [row] = rows_of(tmp_path / "l.jsonl")[0]
    assert row["more"] == '{"sizes": ["http://…@a.org/2?…", "ftp://…@a.org/3"]}'
    assert row["text"] == "see HTTP://…@a.org/4?… or (http://a.org/5;… 100% // b"


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
    assert (row["a"], row["b"], row["c"]) == ("1.50", "true", "[1]")


@pytest.mark.parametrize(
    "more",
    [
        "\tcat",
        "\t7 ",
        " cat",
        "  2 3",
        "?w=1 cat",
        "?w=1.jpg\tcat",
        " a.b c",
        ",black cat",
        ";7",
        "|x",
        "|http://a.org/b.jpg",
    ],
)
def test_more_than_a_url_on_a_line_of_text_is_a_sentence(tmp_path, more):
    (tmp_path / "l.txt").write_text(f"http://a.org/1.jpg\nhttp://a.org/2.jpg{more}\n")
    with pytest.raises(InputError, match=r"l\.txt cannot be read.*: line 2 has more than a URL"):
        rows_of(tmp_path / "l.txt")


@pytest.mark.parametrize(
    "url",
    [
        "a.jpg copy.jpg",
        "a photo.jpg",
        "a.jpg\t# cat",
        "?f=a b.jpg",
        "a.jpg,w=2",
        "a.jpg,b/c",
        "a,b.jpg",
    ],
)
def test_blanks_and_commas_within_a_url_of_text_are_part_of_it(tmp_path, url):
    (tmp_path / "l.txt").write_text(f"http://a.org/{url}\n")
    [row] = rows_of(tmp_path / "l.txt")[0]
    assert row["url"] == f"http://a.org/{url}".partition("#")[0].strip()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("http://bücher.example/1", "http://xn--bcher-kva.example/1"),
        ("https://BÜCHER.example.:443/1", "https://xn--bcher-kva.example"),
        ("http://bücher.example:81/1", "http://xn--bcher-kva.example:81/1"),
        ("http://127\u3002\uff10.0.1/1", "http://127.0.0.1/1"),
        ("http://a.org:/1", "http://a.org/1"),
    ],
)
def test_a_host_is_one_however_it_is_written(first, second):
    assert host_in(first) == host_in(second)


def test_a_host_that_cannot_be_looked_up_is_what_is_there():
    assert host_in("http://ü..org:x/1") == "ü..org:x"


def test_blanks_before_the_fragment_are_no_part_of_a_url(tmp_path):
    (tmp_path / "l.txt").write_text("http://a.org/1.jpg # a comment\nhttp://a.org/1.jpg\n")
    rows, _ = rows_of(tmp_path / "l.txt")
    assert [row["url"] for row in rows] == ["http://a.org/1.jpg"] * 2
