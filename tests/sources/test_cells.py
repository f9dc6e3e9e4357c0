"""Cells and headers, the same for every kind of table."""

import json

import pytest
from openpyxl import Workbook

from pixelmill.sources.columns import open_table

UNSEEN = [
    ("\u200bpath", "kind"),
    ("\ufeff1.png", "cat\u200b"),  # the second of two files that were joined
    ("\u202a2.png", "cat \u200e"),  # as Windows copies a path
]


def write_csv(path):
    path.write_text("".join(",".join(row) + "\n" for row in UNSEEN))


def write_json_lines(path):
    rows = (dict(zip(UNSEEN[0], row, strict=True)) for row in UNSEEN[1:])
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_excel(path):
    book = Workbook()
    for row in UNSEEN:
        book.active.append(row)
    book.save(path)


@pytest.mark.parametrize(
    ("name", "write"),
    [("l.csv", write_csv), ("l.jsonl", write_json_lines), ("l.xlsx", write_excel)],
)
def test_what_nobody_sees_at_the_ends_of_cells_makes_no_other_class(tmp_path, name, write):
    write(tmp_path / name)
    table = open_table(str(tmp_path), name)
    assert table.read(["path", "kind"]).to_pydict() == {
        "path": ["1.png", "2.png"], "kind": ["cat", "cat"],
    }  # fmt: skip
