"""CSV and its kin, as programs and people write them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelmill.sources.delimited import LONGEST_CELL, Delimited


def read(text, name="list.csv", encoding=None):
    data = text if isinstance(text, bytes) else text.encode()
    file = Delimited(data, tabs=name.endswith(".tsv"), encoding=encoding)
    return file.read(file.names).to_pydict()


PLAIN = {"path": ["a.png", "b.png"], "label": ["x", "y"]}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_delimiters_line_ends_and_byte_order_marks(delimiter, line_end, encoding):
    rows = [["path", "label"], ["a.png", "x"], ["b.png", "y"], ["", ""]]
    text = line_end.join(delimiter.join(row) for row in rows)
    assert read(text.encode(encoding)) == PLAIN


def test_the_delimiter_is_the_one_that_fits_the_rows():
    assert read("path;label (a, b)\na.png;x\n") == {"path": ["a.png"], "label (a, b)": ["x"]}
    assert read("sep=;\npath;a,b,c\na.png;x\n") == {"path": ["a.png"], "a,b,c": ["x"]}
    assert read("path, old\tlabel\na.png\tx\n", "list.tsv") == {
        "path, old": ["a.png"],
        "label": ["x"],
    }
    assert read('"path","label"\n"a.png","x;y"\n') == {"path": ["a.png"], "label": ["x;y"]}


def test_quotes_as_the_standard_has_them():
    text = 'path,label\n"a ""b"".png", "x,\r\ny" \n5" c.png,4"\n'
    assert read(text) == {"path": ['a "b".png', '5" c.png'], "label": ["x,\r\ny", '4"']}


def test_titles_above_the_names_are_passed_over_as_in_excel():
    assert read("Stock of spring,\n,\npath,label\na.png,x\nb.png,y\n") == PLAIN
    assert read("Stock\nof spring\n\npath,label\na.png,x\nb.png,y\n") == PLAIN
    assert read('photos\n"http://a/1,2.jpg"\nhttp://a/3,4.jpg\n') == {
        "photos": ["http://a/1,2.jpg", "http://a/3,4.jpg"],
    }  # fmt: skip
    assert read("path,\na.png,\nb.png,a note\n") == {
        "path": ["a.png", "b.png"], "B": ["", "a note"],
    }  # fmt: skip


def test_empty_cells_at_the_end_of_all_lines_are_passed_over():
    assert read("path,label\na.png,x,\nb.png,y,\n") == PLAIN
    assert read("path,label\na.png,x,,\n\n,,,\nb.png,y,,\n") == PLAIN


def test_a_header_of_two_lines():
    assert read('path,"what is\nin it"\na.png,x\n') == {"path": ["a.png"], "what is\nin it": ["x"]}


def test_cells_of_several_lines_that_hide_no_row():
    text = 'path,note,label\na b.png,"two\nlines, NA\nthree",x\n"c\nd.png","see a.png,\ntoo",y\n'
    assert read(text) == {
        "path": ["a b.png", "c\nd.png"],
        "note": ["two\nlines, NA\nthree", "see a.png,\ntoo"],
        "label": ["x", "y"],
    }


def test_one_column_is_not_divided_at_the_commas_of_urls():
    urls = ["http://x/a.jpg?crop=1,2,x0", "http://x/b.jpg?a;b|c"]
    assert read("url\n" + "\n".join(urls)) == {"url": urls}
    assert read('url\n"http://x/a,b"\n') == {"url": ["http://x/a,b"]}
    assert read("path\nred, green.png\n") == {"path": ["red, green.png"]}


def test_empty_rows_and_cells_without_a_name():
    text = "\n,\npath,label,,\n\na.png,x,,\n,,,,\nb.png,y\n"
    assert read(text) == {**PLAIN, "C": ["", ""], "D": ["", ""]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "it is empty"),
        ('path,label\na.png,x\nb.png,"5 inch\nc.png,y\n', "a quote opens on line 3 and is not"),
        ('path,label\na.png,"5 inch\nb.png,x\nc.png,"6 inch\n', "line 2 has text behind a closing"),
        ('path,label\na.png,"5 inch\nb.png,x\nc.png,6"\n', r"line 2 closes on a later.*line 3: 'b"),
        ('path,label\na b.png,"5 inch\nc d.png,6"\n', r"line 2 closes on a later.*line 3: 'c d"),
        ('label,path\n"5 inch,a.png\nx,b.png\n6",c.png\n', r"line 2 closes on a later.*line 2: '5"),
        ("path,label\na.png\n", "line 2 has 1 cell where the header names 2 columns"),
        ("path;label\na.png;x\nb;c.png;y\n", "line 3 has 3 cells where the header .*';' must"),
        ("path\na.png,x\n", "line 2 has 2 cells where the header names 1 column: .*a comma must"),
        ("url\nhttp://a/1.png,a=b\nhttp://a/1.png,cat\n", "line 3 has more than a URL .* %2C"),
        ("path\na.png\tx\n", "line 2 has 2 cells where the header names 1 column"),
        ("url,a,b\nx:/1,x,\nx:/2,3,y,\n", "line 3 has 4 .* others have 3: .*',' must"),
        ("url,a,b\nx:/2,3,y,\nx:/1,x,\n", "line 2 has 4 cells, though the last is empty"),
        ("path,label\na.png,Käse\n".encode("cp1252"), r"line 2 is not UTF-8; in Windows.*Käse'"),
        (b"path\n\x81.png\n", "line 2 is not UTF-8: set ingestion.encoding to the encoding"),
        ("path,label\na.png,x\n".encode("utf-16-le"), "zero bytes, as UTF-16 without a byte-order"),
    ],
)  # fmt: skip
def test_what_would_lose_a_row_is_an_error_that_names_the_line(text, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        read(text)
    assert "\n" not in str(caught.value)


def test_a_quote_that_stays_open_is_not_followed_to_the_end_of_a_large_file():
    text = 'path,label\na.png,"5 inch\n' + "b.png,x\n" * LONGEST_CELL
    with pytest.raises(ValueError, match="a quote opens on line 2 and is not closed"):
        read(text)


def test_a_named_encoding():
    text = "path,label\n猫.png,ねこ\n"
    assert read(text.encode("shift_jis"), encoding="shift_jis") == {
        "path": ["猫.png"], "label": ["ねこ"],
    }  # fmt: skip
    with pytest.raises(ValueError, match="it is not shift_jis: set"):
        read(b"path\n\xff\xff.png\n", encoding="shift_jis")


LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\ufeff")
CELLS = st.text(LETTERS, max_size=12)
ROWS = st.lists(st.tuples(CELLS, CELLS), max_size=8)


@given(ROWS, st.sampled_from([",", ";", "\t", "|"]), st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_what_pythons_csv_writes_is_read_whole(rows, delimiter, quote_all, line_end):
    """Nothing is lost, whatever the cells hold; empty rows alone are passed over."""
    file = io.StringIO()
    quoting = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
    writer = csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator=line_end)
    writer.writerows([("path", "label"), *rows])
    found = read(file.getvalue())
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    stripped = [(path.strip(), label.strip()) for path, label in kept]
    assert [
        (path.strip(), label.strip())
        for path, label in zip(found["path"], found["label"], strict=True)
    ] == stripped
