"""Tests of what cells of Excel say, against openpyxl."""

import io
from datetime import date, datetime, time, timedelta
from decimal import Context

from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from pixelmill.sources.excel import Sheet

MOMENTS = st.datetimes(
    datetime.fromisoformat("1950-01-01"), datetime.fromisoformat("2090-01-01")
).map(lambda moment: moment.replace(microsecond=0))
VALUES = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=5),
    st.integers(-(10**15), 10**15),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    MOMENTS,
    MOMENTS.map(datetime.date),
    MOMENTS.map(datetime.time),
    st.timedeltas(timedelta(0), timedelta(9)).map(lambda one: timedelta(seconds=one.seconds)),
    st.sampled_from(["#N/A", "007", "NA", " x ", "a\nb"]),
)


def shown(value):
    """What Excel shows of a value that openpyxl reads."""
    match value:
        case bool():
            text = str(value).upper()
        case datetime() if value.time() == time():
            text = value.date().isoformat()
        case date() | time() | timedelta():
            text = str(value)
        case float() if value.is_integer():
            text = str(int(value))
        case float():
            digits = float(Context(prec=15).create_decimal_from_float(value))
            text = str(int(digits)) if digits.is_integer() else str(digits)
        case None | "#N/A":
            return None
        case _:
            text = str(value).strip()
    return text or None


@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=4))
@example([(2.780529149185822e-157, 1234567890123456.5)])
@settings(max_examples=25, deadline=None)
def test_cells_are_those_that_openpyxl_reads(rows):
    book = Workbook()
    for row in [("path", "kind", "number"), *((*row, 1) for row in rows)]:
        book.active.append(row)
    for row in book.active.iter_rows(min_row=2):
        for one in row:  # a text that begins so would be a formula
            one.data_type = "s" if one.data_type == "f" else one.data_type
    file = io.BytesIO()
    book.save(file)
    sheet = load_workbook(io.BytesIO(file.getvalue())).active
    found = [[*map(shown, row)] for row in sheet.iter_rows(min_row=2, values_only=True)]
    read_here = Sheet(file.getvalue(), None)
    columns = {
        name: read_here.read([name])[name].to_pylist()
        for name in ("path", "kind")
        if name in read_here.names
    }
    assert columns == {"path": [row[0] for row in found], "kind": [row[1] for row in found]}
