"""Tables that list images."""

import logging
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from pydantic import ValidationError

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.sources import find_source
from pixelmill.sources.listing import repeat


def source(table, **ingestion):
    return find_source(str(table), IngestionParameters(**ingestion))


def by_column(table):
    return source(table, label="column", column="kind").list_images()


@pytest.fixture
def folder(tmp_path):
    """A folder with images and, as a CSV writes them, odd names."""
    for name in ("b/2.png", "a/1.png", "a/new\nline, \"50%\" ü#.png", "a/note.txt"):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"123")
    return tmp_path


CSV = (
    "n,path,kind\n"
    "1,b/2.png,NA\n"
    "x,a/1.png,007\n"
    '3,"a/new\nline, ""50%"" ü#.png",\n'
    "4,./a/1.png,other\n"
    "5,a/note.txt,007\n"
    "6,,007\n"
)
PATHS = ["a/1.png", "a/new\nline, \"50%\" ü#.png", "b/2.png"]  # fmt: skip
KINDS = ["007", None, "NA"]


def test_csv_with_labels_as_they_are_written(folder):
    (folder / "list.csv").write_text(CSV)
    listing = by_column(folder / "list.csv")
    assert listing.root == str(folder)
    assert [file.path for file in listing.files] == PATHS
    assert {file.size for file in listing.files} == {3}
    assert listing.labels == KINDS
    assert listing.skipped == {"hidden": 0, "not an image": 1, "duplicate path": 1, "no path": 1}


@pytest.mark.parametrize("as_folder", [False, True])
def test_parquet_file_and_folder(folder, as_folder):
    table = pa.table({"path": PATHS[::-1], "kind": pa.array([3, None, 7])})
    target = folder / "list.parquet"
    if as_folder:
        target.mkdir()
        (target / "_SUCCESS").write_bytes(b"")
        pq.write_table(table[:1], target / "part-0.parquet")
        pq.write_table(table[1:], target / "part-1.parquet")
    else:
        pq.write_table(table, target)
    listing = by_column(target)
    assert [file.path for file in listing.files] == PATHS
    assert listing.labels == ["7", None, "3"]


def test_dictionary_columns_are_text(folder):
    kinds = pa.array(["cat", "dog"]).dictionary_encode()
    pq.write_table(pa.table({"path": PATHS[:2], "kind": kinds}), folder / "list.parquet")
    assert by_column(folder / "list.parquet").labels == ["cat", "dog"]


def test_another_column_by_path(folder):
    (folder / "list.csv").write_text(CSV)
    assert source(folder / "list.csv").column("n") == {
        "b/2.png": "1", "a/1.png": "x", PATHS[1]: "3",
    }  # fmt: skip


def test_paths_outside_the_tables_folder_have_their_common_folder_as_root(folder):
    lists = folder / "lists"
    lists.mkdir()
    (lists / "list.csv").write_text(
        f"path\n../a/1.png\n{folder}/b/2.png\nfile://{folder}/a/1.png\n"
    )
    listing = source(lists / "list.csv").list_images()
    assert listing.root == str(folder)
    assert [file.path for file in listing.files] == ["a/1.png", "b/2.png"]
    assert listing.skipped["duplicate path"] == 1


def test_a_row_more_moves_no_other_image(folder):
    (folder / "list.csv").write_text("path\na/1.png\n")
    before = source(folder / "list.csv").list_images()
    (folder / "list.csv").write_text("path\na/1.png\nb/2.png\n")
    after = source(folder / "list.csv").list_images()
    assert before.root == after.root
    assert before.files[0] == after.files[0]


def test_missing_files_are_listed_and_said(folder, caplog):
    (folder / "list.csv").write_text("path\na/1.png\ngone.png\n")
    with caplog.at_level(logging.WARNING):
        listing = source(folder / "list.csv").list_images()
    assert "1 of the 2 files" in caplog.text
    assert listing.files[1].path == "gone.png"
    assert listing.files[1].size == 0
    assert listing.files[1].modified == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("file,kind\na/1.png,x\n", "no column 'path', only file, kind: set ingestion.path_column"),
        ("path,kind\ngone.png,x\n", "None of the 1 files that .* lists exists"),
        ("path,kind\n", "There are no images in .*list.csv"),
        ("", "cannot be read as a table"),
        ("path,kind\na/1.png\n", "cannot be read as a table: .*2 columns"),
        ("path,kind\na/note.txt,x\n", "There are no images"),
        ("path,kind\ns3://b/1.png,x\na/1.png,x\n", "different buckets or of disk and S3"),
        ("path,kind\ns3://b/1.png,x\ns3://c/1.png,x\n", "different buckets"),
        ("path,kind\nftp://example.com/1.png,x\n", "no way to read ftp://"),
    ],
)
def test_bad_tables_are_one_sentence(folder, text, sentence):
    (folder / "list.csv").write_text(text)
    with pytest.raises(InputError, match=sentence) as caught:
        by_column(folder / "list.csv")
    assert "\n" not in str(caught.value)


def test_files_that_are_no_tables(folder):
    (folder / "list.csv").write_bytes(b"path\n\xff\xfe.png\n")
    (folder / "list.parquet").write_bytes(b"path\na/1.png\n")
    (folder / "empty.parquet").mkdir()
    for name in ("list.csv", "list.parquet"):
        with pytest.raises(InputError, match=f"{name} cannot be read as a table"):
            source(folder / name).list_images()
    with pytest.raises(InputError, match=r"There is no Parquet file in .*empty\.parquet"):
        source(folder / "empty.parquet").list_images()
    with pytest.raises(InputError, match=r"gone.csv cannot be read: No such file"):
        source(folder / "gone.csv").list_images()


def test_only_tables_have_columns(folder):
    with pytest.raises(InputError, match=r"is no table, so it has no column 'split'"):
        source(folder).column("split")
    (folder / "list.csv").write_text(CSV)
    with pytest.raises(InputError, match=r"no column 'split', only n, path, kind"):
        source(folder / "list.csv").column("split")


def test_every_kind_of_table_says_the_same(folder):
    """One rule for headers and cells: what is blank, absent, a number or an accent apart."""
    rows = [(" Path ", "KIND"), (" b/2.png", " cat "), ("a/1.png ", "Ka\u0308se"), ("", "x")]
    write_csv(folder / "list.csv", rows, ",")
    write_csv(folder / "list.tsv", rows, "\t")
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / "list.xlsx")
    columns = dict(zip(rows[0], zip(*rows[1:], strict=True), strict=True))
    pq.write_table(pa.table({name: list(column) for name, column in columns.items()}),
                   folder / "list.parquet")  # fmt: skip
    for name in ("list.csv", "list.tsv", "list.xlsx", "list.parquet"):
        listing = by_column(folder / name)
        assert [file.path for file in listing.files] == ["a/1.png", "b/2.png"]
        assert listing.labels == ["Käse", "cat"]
        assert listing.skipped["no path"] == 1
        assert listing.skipped_examples == ["row 3"]


def write_csv(path, rows, delimiter):
    path.write_text("".join(delimiter.join(row) + "\n" for row in rows))


def test_a_column_of_splits_has_the_paths_of_the_listing(folder):
    (folder / "u\u0308.png").write_bytes(b"1")
    (folder / "list.csv").write_text("path,split\n\u00fc.png,test\nb\\2.png,train\n")
    table = source(folder / "list.csv")
    assert table.column("Split") == {"u\u0308.png": "test", "b/2.png": "train"}
    assert set(table.column("split")) == {file.path for file in table.list_images().files}


def test_rows_in_two_spellings_are_one_image(folder):
    (folder / "u\u0308.png").write_bytes(b"1")
    (folder / "list.csv").write_text("path\n\u00fc.png\nu\u0308.png\n")
    listing = source(folder / "list.csv").list_images()
    assert [file.path for file in listing.files] == ["u\u0308.png"]
    assert listing.skipped["duplicate path"] == 1


def test_rows_that_are_excluded_are_counted(folder):
    (folder / "list.csv").write_text("path\na/1.png\nb/2.png\n")
    listing = source(folder / "list.csv", exclude="b/**").list_images()
    assert [file.path for file in listing.files] == ["a/1.png"]
    assert listing.skipped["excluded"] == 1


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("list.csv", "path,kind\n,x\n ,y\n", "its column 'path' is empty in all 2 rows"),
        ("list.csv", "path,kind\n", "it has no rows"),
        ("list.txt", "\n \n", "its column 'line' is empty in all 2 rows"),
        ("list.txt", "a/1.png 0\nb/2.png 1\n", r"more is on it \('a/1.png 0'\).*as a CSV file"),
        ("list.csv", "path\nC:\\photos\\1.png\n", r"absolute \(not on a disk of Windows\), or"),
    ],
)
def test_lists_without_images_say_why(folder, name, text, sentence):
    (folder / name).write_text(text)
    with pytest.raises(InputError, match=sentence):
        source(folder / name).list_images()


def test_urls_among_paths_are_a_sentence(folder):
    text = "path\ncats/1.png\ncats/2.png\nhttp://me:pw@a.org/1.png?key=hunter2\n"
    (folder / "list.csv").write_text(text)
    sentence = (
        r"lists paths, and URLs among them \(http://…@a\.org/1\.png\?…\): give a list for each"
    )
    with pytest.raises(InputError, match=sentence):
        source(folder / "list.csv").list_images()


def test_a_named_encoding(folder):
    (folder / "list.csv").write_bytes("path,kind\na/1.png,Käse\n".encode("cp1252"))
    with pytest.raises(InputError, match=r"set ingestion\.encoding=windows-1252 if so"):
        by_column(folder / "list.csv")
    given = {"label": "column", "column": "kind", "encoding": "windows-1252"}
    assert source(folder / "list.csv", **given).list_images().labels == ["Käse"]
    for name in ("list.xlsx", "list.parquet"):
        with pytest.raises(InputError, match=r"encoding is .*, but .* is neither CSV nor"):
            source(folder / name, encoding="windows-1252")
    with pytest.raises(ValidationError, match="no text encoding that Python knows"):
        IngestionParameters(encoding="zip")


def test_a_split_that_the_table_gives_twice_is_reported(folder, caplog):
    (folder / "list.csv").write_text("path,part\na/1.png,train\na/1.png,test\nb/2.png,test\n")
    with caplog.at_level(logging.WARNING):
        found = source(folder / "list.csv").column("part")
    assert found == {"a/1.png": "train", "b/2.png": "test"}
    (warning,) = caplog.messages
    assert warning.startswith("1 image with several values in column part of ")


@given(st.lists(st.tuples(st.sampled_from("pq"), st.sampled_from(["cat", "dog", "ape", None]))))
def test_every_label_of_an_image_is_its_own_or_listed(rows):
    values, several = {}, {}
    for place, value in rows:
        if place in values:
            repeat(values, place, value, several)
        else:
            values[place] = value
    for place, kept in values.items():
        labels = list(dict.fromkeys(value for one, value in rows if one == place and value))
        assert kept == (labels[0] if labels else None)
        assert several.get(place, labels[:1]) == labels
