"""Excel files as openpyxl writes them, and files that are none."""

import zipfile
from datetime import date, datetime
from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.sources import find_source
from pixelmill.sources.columns import Table, open_table
from pixelmill.sources.excel import Sheet


def excel(*rows, more=None, change=None):
    """An Excel file with a sheet 'first', and other sheets."""
    book = Workbook()
    book.active.title = "first"
    for name, others in ({"first": rows} | (more or {})).items():
        sheet = book[name] if name in book.sheetnames else book.create_sheet(name)
        for row in others:
            sheet.append(row)
    if change:
        change(book.active)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def read_sheet(data, name):
    sheet = Sheet(data, name)
    return Table("list.xlsx", sheet.names, [sheet]).read(sheet.names)


def test_cells_are_text_as_excel_shows_them():
    rows = [
        ["text", "number", "date", "time", "truth", "error"],
        [" cat ", 7, date(2024, 3, 1), datetime.fromisoformat("2024-03-01 14:30"), True, "#N/A"],
        ["007", 7.0, None, None, False, ""],
        ["a\nb", 0.5, "x", "   ", None, None],
    ]
    assert read_sheet(excel(*rows), None).to_pydict() == {
        "text": ["cat", "007", "a\nb"],
        "number": ["7", "7", "0.5"],
        "date": ["2024-03-01", None, "x"],
        "time": ["2024-03-01 14:30:00", None, None],
        "truth": ["TRUE", "FALSE", None],
        "error": [None, None, None],
    }


def test_empty_rows_and_columns_are_left_out_and_short_rows_filled():
    rows = [[], [None, " "], ["a", None, "b ", None], [], ["1"], [None, None, "2", None, "3"], []]
    table = read_sheet(excel(*rows), None)
    assert table.column_names == ["a", "b", "E"]  # a column without a name has its letter
    assert table.to_pylist() == [{"a": "1", "b": None, "E": None}, {"a": None, "b": "2", "E": "3"}]


def test_a_sheet_by_its_name_or_the_first():
    data = excel(["a"], ["1"], more={"second": [["b"], ["2"]]})
    assert read_sheet(data, None).to_pydict() == {"a": ["1"]}
    assert read_sheet(data, "second").to_pydict() == {"b": ["2"]}
    with pytest.raises(ValueError, match="no sheet 'third', only 'first', 'second'; set ingestion"):
        read_sheet(data, "third")


def test_links_replace_texts_where_no_cell_shows_a_url():
    def link(sheet):
        sheet["B2"].hyperlink = "https://example.com/1.jpg"
        sheet["B3"] = '=HYPERLINK("https://example.com/2.jpg", "photo 2")'
        sheet["A2"].hyperlink = "mailto:nobody@example.com"

    data = excel(["kind", "photo"], ["x", "photo 1"], ["y", None], ["z", "none"], change=link)
    assert read_sheet(data, None).to_pydict() == {
        "kind": ["x", "y", "z"],
        "photo": ["https://example.com/1.jpg", "https://example.com/2.jpg", "none"],
    }


def test_links_of_labels_leave_them_as_they_are():
    """A class is called as its cell shows it, also where the photo's cell has a link too."""

    def link(sheet):
        sheet["A2"].hyperlink = "https://en.example.org/wiki/Cat"
        sheet["B2"].hyperlink = "https://example.com/1.jpg"
        sheet["B3"].hyperlink = "https://example.com/2"

    for name in ("image", "Bild"):
        data = excel(["kind", name], ["cat", "photo 1"], ["dog", "photo 2"], change=link)
        assert read_sheet(data, None).to_pydict() == {
            "kind": ["cat", "dog"],
            name: ["https://example.com/1.jpg", "https://example.com/2"],
        }


def test_links_beside_paths_leave_the_labels_as_they_are():
    def link(sheet):
        sheet["A2"].hyperlink = "https://en.example.org/wiki/Cat"

    rows = [["kind", "path"], ["cat", "1.jpg"], ["dog", "2.jpg"]]
    assert read_sheet(excel(*rows, change=link), None).to_pydict() == {
        "kind": ["cat", "dog"], "path": ["1.jpg", "2.jpg"],
    }  # fmt: skip


def test_a_column_that_is_called_like_images_may_have_no_links():
    def link(sheet):
        sheet["B2"].hyperlink = "https://example.com/1.jpg"

    data = excel(["image", "where"], ["photo 1", "here"], change=link)
    assert read_sheet(data, None).to_pydict() == {
        "image": ["photo 1"], "where": ["https://example.com/1.jpg"],
    }  # fmt: skip


def test_links_of_two_columns_that_may_both_be_the_images_are_all_there():
    def link(sheet):
        sheet["A2"].hyperlink = "https://example.com/1"
        sheet["B2"].hyperlink = "https://example.com/2"

    data = excel(["front", "back"], ["a", "b"], change=link)
    assert read_sheet(data, None).to_pydict() == {
        "front": ["https://example.com/1"], "back": ["https://example.com/2"],
    }  # fmt: skip


def test_merged_cells_count_for_each_of_their_rows():
    def merge(sheet):
        for cells in ("A1:C1", "B3:C5", "A8:A9"):
            sheet.merge_cells(cells)

    rows = [
        ["All photos"], ["path", "kind", "site"], ["1.jpg", "cat"], ["2.jpg"], ["3.jpg"],
        ["4.jpg", None, "x"], ["5.jpg", "dog"], ["6.jpg", "owl"], [None, None, "y"],
    ]  # fmt: skip
    assert read_sheet(excel(*rows, change=merge), None).to_pydict() == {
        "path": ["1.jpg", "2.jpg", "3.jpg", "4.jpg", "5.jpg", "6.jpg", "6.jpg"],
        "kind": ["cat", "cat", "cat", None, "dog", "owl", None],
        "site": [None, None, None, "x", None, None, "y"],
    }


def test_merged_cells_show_the_first_cell_alone():
    """Programs keep what was in the others, which nobody sees; the first may be empty."""

    def merge(sheet):
        for cells in ("B2:B3", "B4:B6"):
            sheet.merged_cells.add(cells)

    rows = [["path", "kind"], ["1.jpg", "cat"], ["2.jpg", "dog"], [], ["3.jpg", "owl"], ["4.jpg"]]
    assert read_sheet(excel(*rows, change=merge), None).to_pydict() == {
        "path": ["1.jpg", "2.jpg", "3.jpg", "4.jpg"], "kind": ["cat", "cat", None, None],
    }  # fmt: skip


def test_numbers_have_the_digits_that_excel_shows():
    rows = [["number"], [0.1 + 0.2], [0.3], [1e20], [12345678901234567], [1 / 3], [1e-9]]
    assert read_sheet(excel(*rows), None).to_pydict() == {
        "number": ["0.3", "0.3", "100000000000000000000", "12345678901234570",
                   "0.333333333333333", "1e-09"],
    }  # fmt: skip


def test_a_url_that_is_shown_counts_more_than_its_link():
    def link(sheet):
        sheet["A2"].hyperlink = "https://tracker.example/?to=1"

    data = excel(["url"], ["https://example.com/1.jpg"], change=link)
    assert read_sheet(data, None).to_pydict() == {"url": ["https://example.com/1.jpg"]}


def test_wrong_dimensions_lose_no_row():
    data, changed = excel(["a", "b"], ["1", "2"]), BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                assert b'ref="A1:B2"' in content
                content = content.replace(b'ref="A1:B2"', b'ref="A1"')
            new.writestr(name, content)
    assert read_sheet(changed.getvalue(), None).to_pydict() == {"a": ["1"], "b": ["2"]}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"path\na.jpg\n", "it is no Excel file, or damaged"),
        (excel(["a"], ["1"])[:2000], "it is no Excel file, or damaged"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "old format or encrypted; save it as .xlsx"),
        (excel(), "the sheet is empty; choose another with ingestion.sheet"),
    ],
)
def test_a_file_that_is_none_of_excels_is_one_sentence(tmp_path, data, sentence):
    (tmp_path / "list.xlsx").write_bytes(data)
    with pytest.raises(InputError, match=sentence) as caught:
        open_table(str(tmp_path), "list.xlsx")
    assert str(caught.value).startswith(f"{tmp_path}/list.xlsx cannot be read as a table: ")
    assert "\n" not in str(caught.value)


def test_a_table_of_paths_in_excel_stays_a_table_of_paths(tmp_path):
    for name in ("1.png", "2.png"):
        (tmp_path / name).write_bytes(b"123")
    rows = [["path", "kind"], ["2.png", 3], ["1.png", None], ["3.png", "x"]]
    (tmp_path / "list.xlsx").write_bytes(excel([], more={"photos": rows}))
    given = IngestionParameters(sheet="photos", label="column", column="kind")
    listing = find_source(str(tmp_path / "list.xlsx"), given).list_images()
    assert listing.root == str(tmp_path)
    assert [(file.path, file.size) for file in listing.files] == [
        ("1.png", 3), ("2.png", 3), ("3.png", 0),
    ]  # fmt: skip
    assert listing.labels == [None, "3", "x"]


def hidden_first(data):
    book = load_workbook(BytesIO(data))
    book.worksheets[0].sheet_state = "veryHidden"
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_hidden_first_sheet_is_passed_over():
    data = hidden_first(excel(["lists"], ["x"], more={"photos": [["path"], ["1.png"]]}))
    assert read_sheet(data, None).to_pydict() == {"path": ["1.png"]}
    assert read_sheet(data, "first").to_pydict() == {"lists": ["x"]}


def test_titles_above_the_names_are_passed_over():
    rows = [["Stock of spring"], [], ["by", None], ["path", "kind"], ["1.png", "x"]]
    assert read_sheet(excel(*rows), None).to_pydict() == {"path": ["1.png"], "kind": ["x"]}


@pytest.mark.parametrize("name", ["Photo", "Path"])
def test_a_column_of_one_name_is_no_title(name):
    """A note beside one of the images must not become the header."""
    rows = [[name], ["1.png"], ["2.png", "a note"]]
    table = read_sheet(excel(*rows), None).to_pydict()
    assert table == {name: ["1.png", "2.png"], "B": [None, "a note"]}
    assert read_sheet(excel(["Path"], ["a b"], ["2.png", "note"]), None).column_names == [
        "Path",
        "B",
    ]


def test_formulas_that_no_program_has_computed_are_named():
    data = excel(["path", "label", "made"], ["1.png", '="x"&1', None], ["2.png", "y", "=1+1"])
    sheet = Sheet(data, None)
    assert sheet.read(["path"]).to_pydict() == {"path": ["1.png", "2.png"]}
    for column, row in {"label": 2, "made": 3}.items():
        with pytest.raises(ValueError, match=rf"column '{column}' has formulas .* \(row {row}\)"):
            sheet.read([column])


def test_a_formula_whose_value_is_the_empty_text_is_an_empty_cell():
    data, changed = excel(["path", "label"], ["1.png", '=IF(1,"","x")']), BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                assert content.count(b'<c r="B2">') == 1
                content = content.replace(b'<c r="B2">', b'<c r="B2" t="str">')
            new.writestr(name, content)
    assert read_sheet(changed.getvalue(), None).to_pydict() == {"path": ["1.png"], "label": [None]}
