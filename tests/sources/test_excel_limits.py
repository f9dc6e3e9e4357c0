"""Excel files that ask for too much: each is one sentence, soon and in little memory."""

import io
import struct
import tracemalloc
import zipfile

import pytest

from pixelmill.errors import InputError
from pixelmill.sources.columns import Table
from pixelmill.sources.excel import Sheet

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 50}">'
        for before, name in zip("abcde", "bcdef", strict=True)
    )
    + "]>"
)
STRINGS = "xl/sharedStrings.xml"
SHEET = "xl/worksheets/sheet1.xml"


def relations(*targets):
    listed = "".join(
        f'<Relationship Id="r{number}" Type="{TYPES}/{kind}" Target="{target}"'
        f' TargetMode="{"External" if kind == "hyperlink" else "Internal"}"/>'
        for number, (kind, target) in enumerate(targets)
    )
    return f"<Relationships {PACKAGE}>{listed}</Relationships>"


def parts(rows, strings="", *, before="", behind=""):
    """The parts of a file with one sheet, from the XML of its rows."""
    return {
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{TYPES}"><sheets>'
        '<sheet name="a" sheetId="1" r:id="r0"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "/xl/sharedStrings.xml")
        ),
        "xl/worksheets/_rels/sheet1.xml.rels": relations(
            ("hyperlink", "https://example.com/1.jpg")
        ),
        STRINGS: f"<sst {MAIN}>{strings}</sst>",
        SHEET: f'{before}<worksheet {MAIN} xmlns:r="{TYPES}"><sheetData>{rows}</sheetData>'
        f"{behind}</worksheet>",
    }


def packed(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def cell(place, text):
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


HEADER = f'<row r="1">{cell("A1", "path")}{cell("B1", "kind")}</row>'


def read(data, name=None):
    sheet = Sheet(data, name)
    return Table("list.xlsx", sheet.names, [sheet]).read(sheet.names).to_pydict()


def peak_of(data):
    """Most memory that Python took to read a file, in bytes, and what was read."""
    tracemalloc.start()
    try:
        found = read(data)
        return tracemalloc.get_traced_memory()[1], found
    finally:
        tracemalloc.stop()


def test_a_stray_blank_in_the_last_column_costs_nothing():
    rows = "".join(
        f'<row r="{row}">{cell(f"A{row}", "path" if row == 1 else f"{row}.jpg")}'
        f"{cell(f'XFD{row}', ' ')}</row>"
        for row in range(1, 5001)
    )
    peak, found = peak_of(packed(parts(rows)))
    assert found == {"path": [f"{row}.jpg" for row in range(2, 5001)]}
    assert peak < 20e6


def test_far_apart_cells_cost_nothing():
    rows = HEADER + f'<row r="1048576">{cell("A1048576", "1.jpg")}{cell("XFD1048576", "x")}</row>'
    peak, found = peak_of(packed(parts(rows)))
    assert found == {"path": ["1.jpg"], "kind": [None], "XFD": ["x"]}
    assert peak < 20e6


def test_what_is_not_read_takes_no_memory():
    """A row of many long texts, and elements that no sheet has."""
    texts = "".join(cell(f"{letter}2", "x" * 300_000) for letter in "CDEFGHIJKLMNOPQRSTUVWXYZ")
    rows = f'{HEADER}<row r="2">{cell("A2", "1.jpg")}{texts}</row>' + "<x><y/></x>" * 60_000
    data = packed(parts(rows))
    tracemalloc.start()
    sheet = Sheet(data, None)
    assert sheet.read(["path"]).to_pydict() == {"path": ["1.jpg"]}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6
    with pytest.raises(ValueError, match=r"the cell C2 has more than 32,767 characters"):
        sheet.read(["C"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"rows": '<row r="99999999999"><c><v>1</v></c></row>'},
            "has a row 99999999999, and .* 1,",
        ),
        ({"rows": '<row r="0"><c><v>1</v></c></row>'}, "has a row 0"),
        ({"rows": '<row r="-7"><c><v>1</v></c></row>'}, "has a row -7"),
        ({"rows": '<row r="1"><c r="XFE1"><v>1</v></c></row>'}, "a cell in column 'XFE'"),
        ({"rows": '<row r="1"><c r="ZZZZZZ1"><v>1</v></c></row>'}, "a cell in column 'ZZZZZZ'"),
        ({"rows": '<row r="1"><c r="1"><v>1</v></c></row>'}, "a cell in column ''"),
        ({"rows": f"{HEADER}<!--{'x' * 3_000_000}-->"}, r"damaged \(a tag has no end\)"),
        ({"rows": '<row r="1"><c t="s"><v>7</v></c></row>'}, "it is no Excel file, or damaged"),
        ({"rows": '<row r="1"><c t="s"><v>-1</v></c></row>'}, "it is no Excel file, or damaged"),
        ({"rows": f'<row r="1"><c><v>{"9" * 9000}</v></c></row>'}, "or damaged"),
        ({"rows": "<row>" * 9}, "it is no Excel file, or damaged"),
        ({"rows": HEADER, "before": LAUGHS}, "it declares XML entities"),
        (
            {
                "rows": HEADER,
                "behind": '<hyperlinks><hyperlink ref="A1:XFD1048576" r:id="r0"/></hyperlinks>',
            },
            "it has more than 1,048,576 linked cells",
        ),
    ],
)
def test_what_no_sheet_has_is_one_sentence(changes, sentence):
    with pytest.raises(ValueError, match=sentence) as caught:
        read(packed(parts(**changes)))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("part", [*parts("")])
def test_entities_are_refused_in_every_part(part):
    files = parts(HEADER)
    files[part] = LAUGHS + files[part]
    with pytest.raises(ValueError, match="it declares XML entities, which no Excel file does"):
        read(packed(files))


def with_size(data, part, size):
    """The file, whose directory gives another size for a part that is unzipped."""
    entry = data.rindex(b"PK\x01\x02", 0, data.rindex(part.encode()))
    return data[: entry + 24] + struct.pack("<I", size) + data[entry + 28 :]


@pytest.mark.parametrize("part", [*parts("")])
def test_a_part_that_unzips_to_gigabytes_is_refused_before_it_is_read(part):
    name = part.rpartition("/")[2]
    with pytest.raises(ValueError, match=rf"its {name} unzips to 3,072 MiB, more than (2,048|512)"):
        read(with_size(packed(parts(HEADER)), part, 3 << 30))


def test_a_part_that_unzips_to_more_than_it_says_is_damaged():
    data = packed(parts(HEADER * 5000))
    with pytest.raises(ValueError, match="it is no Excel file, or damaged"):
        read(with_size(data, SHEET, 5000))


def test_links_of_a_range_count_for_each_of_its_cells():
    rows = HEADER + "".join(f'<row r="{row}">{cell(f"B{row}", "x")}</row>' for row in (2, 3))
    links = '<hyperlinks><hyperlink ref="A2:A3" r:id="r0"/></hyperlinks>'
    url = "https://example.com/1.jpg"
    found = read(packed(parts(rows, behind=links)))
    assert found == {"path": [url, url], "kind": ["x", "x"]}


def test_rows_and_cells_without_numbers_follow_each_other():
    rows = f"<row>{cell('A1', 'path')}</row>".replace(' r="A1"', "") * 2
    assert read(packed(parts(rows))) == {"path": ["path"]}


def test_texts_have_no_reading_aids():
    strings = "<si><r><t>pa</t></r><r><t>th</t></r><rPh sb='0' eb='1'><t>x</t></rPh></si>"
    rows = f'<row r="1"><c t="s"><v>0</v></c></row><row r="3">{cell("A3", "1.jpg")}</row>'
    assert read(packed(parts(rows, strings))) == {"path": ["1.jpg"]}


@pytest.mark.parametrize("kind", ["shared", "inline", "formula"])
@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("cat_x000D_", "cat"),  # a line end of Windows
        ("a_x000d__x0009_b", "a\r\tb"),
        ("a_x005F_x000D_", "a_x000D_"),
        ("a_x005F_b", "a_b"),
        ("img_x1080_.jpg", "img_x1080_.jpg"),  # Excel escapes no letter
    ],
)
def test_what_excel_escapes_is_read_as_it_was(kind, stored, text):
    of_kind = {
        "shared": '<c r="A2" t="s"><v>0</v></c>',
        "inline": cell("A2", stored),
        "formula": f'<c r="A2" t="str"><f>B2</f><v>{stored}</v></c>',
    }
    rows = f'{HEADER}<row r="2">{of_kind[kind]}</row>'
    assert read(packed(parts(rows, f"<si><t>{stored}</t></si>")))["path"] == [text]


def test_more_merged_cells_than_are_in_a_few_columns_are_one_sentence():
    merged = '<mergeCell ref="A2:A1048576"/>' * 17
    with pytest.raises(ValueError, match=r"more than 16,777,216 merged cells; save it as CSV"):
        read(packed(parts(HEADER, behind=f"<mergeCells>{merged}</mergeCells>")))


def test_more_merged_ranges_than_rows_are_one_sentence(monkeypatch):
    monkeypatch.setattr("pixelmill.sources.excel_ranges.MAX_ROWS", 3)
    merged = '<mergeCell ref="A2:A3"/>' * 4
    with pytest.raises(ValueError, match=r"more than 3 merged ranges; save it as CSV"):
        read(packed(parts(HEADER, behind=f"<mergeCells>{merged}</mergeCells>")))


@pytest.mark.parametrize("repeated", ["link", "text"])
def test_a_long_text_in_many_cells_counts_in_each(repeated, monkeypatch):
    monkeypatch.setattr("pixelmill.sources.excel.MAX_COLUMN_TEXT", 20_000)
    rows = "".join(f'<row r="{row}">{cell(f"B{row}", "x")}</row>' for row in range(3, 1000))
    first = cell("A2", "1.jpg" * 20 if repeated == "text" else "photo")
    ranges = {
        "text": '<mergeCells><mergeCell ref="A2:A999"/></mergeCells>',
        "link": '<hyperlinks><hyperlink ref="A2:A999" r:id="r0"/></hyperlinks>',
    }
    with pytest.raises(InputError, match="column A has more than 0 MiB of text; save it as CSV"):
        read(packed(parts(f'{HEADER}<row r="2">{first}</row>{rows}', behind=ranges[repeated])))
