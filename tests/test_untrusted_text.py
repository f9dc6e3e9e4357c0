"""Text of strangers: what every table, log and page may repeat of it."""

import copy
import csv
import io
import logging
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.errors import UndecodableImageError, UnreadableImageError
from pixelmill.untrusted_text import LONGEST_TEXT, csv_cell, guard_logs, safe_text, shown_url

ANY = st.text(st.characters(exclude_categories=[]))  # lone surrogates too
SECRET = "hunter2"


@settings(deadline=None)
@given(ANY, st.integers(2, 400))
def test_safe_text_is_one_visible_line_within_its_limit(text, limit):
    safe = safe_text(text, limit)
    assert len(safe) <= limit
    assert safe.encode().decode() == safe
    assert not {unicodedata.category(one) for one in safe} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert len(safe.splitlines()) <= 1
    assert safe_text(safe, limit) == safe


@settings(deadline=None)
@given(st.text("abc XYZ_.:-\u00e9\u65e5", max_size=LONGEST_TEXT))
def test_safe_text_keeps_plain_text(text):
    assert safe_text(text) == text


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("caf\udce9", r"caf\xe9"),
        ("a\nb\r\x1b[31m\0", r"a\nb\r\x1b[31m\x00"),
        ("photo\u202egpj.exe", r"photo\u202egpj.exe"),
        ("a\u200bb\u2066c\ufeff", r"a\u200bb\u2066c\ufeff"),
        ("a\u3164\u034f\ufe0f", r"a\u3164\u034f\ufe0f"),
        ("x" * 1000, "x" * (LONGEST_TEXT - 1) + "…"),
        ("'https://…@h/a?…', (https://h#…)", "'https://…@h/a?…', (https://h#…)"),
        (
            "at http://h:9000: (s3://b/c), http://h:80).",
            "at http://h:9000: (s3://b/c), http://h:80).",
        ),
        ("http://h/a; http://h/b;c", "http://h/a; http://h/b;…"),
        ("no https://u:p@h/a?k=1 and //u:p@h/b#t", "no https://…@h/a?… and //…@h/b#…"),
    ],
)
def test_safe_text_shows_what_hides(text, safe):
    assert safe_text(text) == safe


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://h.example:8443/a/b.jpg", "https://h.example:8443/a/b.jpg"),
        ("http://[::1]:80/ü 日.jpg", "http://[::1]:80/ü 日.jpg"),
        ("https://h/@user/a@2x.jpg", "https://h/@user/a@2x.jpg"),
        ("https://me:hunter2@h/a.jpg", "https://…@h/a.jpg"),
        ("https://hunter2@h:81", "https://…@h:81"),
        ("https://me:hun@ter2@h/a", "https://…@h/a"),
        ("https://h/a?X-Amz-Signature=hunter2&x=a@b", "https://h/a?…"),
        ("https://h/a?hunter2", "https://h/a?…"),
        ("https://h?hunter2=", "https://h?…"),
        ("https://h/a#access_token=hunter2", "https://h/a#…"),
        ("https://h/a;jsessionid=hunter2/b;v=hunter2.jpg?x", "https://h/a;…/b;…?…"),
        ("https://me:x/hunter2@h/a", "https://…"),
        ("https://me:x?hunter2@h/a", "https://…"),
        ("https://me:x#hunter2@h/a", "https://…"),
        ("http://me:hunter2@[domain]/x", "http://…@[domain]/x"),
        ("http://me:hunter2@[::1", "http://…@[::1"),
        ("//me:hunter2@h/a", "//…@h/a"),
        ("http://me:hunter2.h/a", "http://me:…/a"),
        ("http:me:hunter2@h/a", "…@h/a"),
        ("me:hunter2@h/a?b", "…@h/a?…"),
        ("photos/a.jpg", "photos/a.jpg"),
        ("s3://bucket/a b.jpg", "s3://bucket/a b.jpg"),
    ],
)
def test_shown_url_hides_secrets_alone(url, shown):
    assert shown_url(url) == shown
    assert shown_url(shown) == shown


PIECES = st.lists(st.sampled_from(["a", "1", ":", "@", "/", "?", "#", ";", "[", "]", "é", " "]))


@settings(deadline=None)
@given(PIECES, PIECES, st.sampled_from(["", "/x", "?y", "#z"]))
def test_shown_url_hides_the_password_of_any_valid_user(before, after, rest):
    user = "".join(before).translate(str.maketrans("", "", "/?#"))
    path = "".join(after)
    assert SECRET not in shown_url(f"https://{user}{SECRET}@host{rest}{path}")
    assert SECRET not in shown_url(f"https://host/{path.replace('#', '')}?{user}{SECRET}{path}")


@pytest.mark.parametrize(
    "repeated", ["//", "://a", "//@", "//;", "//a?", "//[", "//:", ".", ".:", "\udce9"]
)
def test_long_text_takes_no_time(repeated):
    text = f"http://{repeated * (1_000_000 // len(repeated))}:x"
    began = time.process_time()
    safe_text(text)
    shown_url(text)
    assert time.process_time() - began < 1


def test_a_log_shows_what_its_arguments_hide(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(stream)])
    for _ in range(2):
        guard_logs()
    error = ValueError("https://me:pw@h/a?k\n")
    logging.getLogger("pixelmill.x").warning("%s %d %s %s", "\x1b[2J\u202e", 7, error, None)
    assert stream.getvalue() == "\\x1b[2J\\u202e 7 https://…@h/a?…\\n None\n"


def test_the_reason_of_an_image_is_safe_wherever_it_goes():
    for kind in (UndecodableImageError, UnreadableImageError):
        problem = kind("no such tag: \x1b[31m\udcff\n" + "x" * 5000)
        again = copy.copy(problem)  # as between processes
        assert str(again) == str(problem)
        assert r"no such tag: \x1b[31m\xff\n" in str(problem)
        assert len(str(problem)) < 1100


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", " =1+1", "\t=1+1", "\x00=1", "\xa0=1", "\uff1d1+1",
            "\ufeff=1", "\u200b=1", "=cmd|' /C calc'!A0"]  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("before", ["", "a;", "a\n", "a\r\n", "a\t"])
def test_a_cell_holds_no_formula_however_its_file_is_divided(formula, before):
    row = io.StringIO()
    csv.writer(row).writerow(["x", csv_cell(before + formula), "y"])
    for divided in (",", ";", "\t"):
        for cells in csv.reader(io.StringIO(row.getvalue(), newline=""), delimiter=divided):
            starts = [cell.lstrip(" \t\r\n\x00\xa0\ufeff\u200b")[:1] for cell in cells]
            assert not set(starts) & set("=+-@\uff1d")


@pytest.mark.parametrize("cell", ["a.jpg", "a=b", "a-b/c+d@e.jpg", "0.5", "ü;b", "a\nb"])
def test_a_plain_cell_stays(cell):
    assert csv_cell(cell) == cell


@pytest.mark.parametrize("cell", ["\ta", "\ra", "\na"])
def test_a_cell_that_begins_with_a_break_is_quoted(cell):
    assert csv_cell(cell) == f"'{cell}"


def test_numbers_and_nothing_are_cells():
    assert [csv_cell(value) for value in (None, 7, 0.5, -1)] == ["", "7", "0.5", "'-1"]
