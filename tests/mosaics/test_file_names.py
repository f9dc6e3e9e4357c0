"""Whatever a group is called, its file can be written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelmill.mosaics.file_names import file_names

NASTY = [
    "", " ", ".", "..", "a/b", "a\\b", "it's \"so\"", "two\nlines", "\x00", "Pug", "pug", "PUG",
    "pug-2", "x" * 400, "x" * 399 + "y", "ü" * 300, "ﬁ", "fi", "é", "e\u0301", "CON", "nul.txt",
    "\udc80", "~root", "$HOME", "[ab]*?", "-rf", "a::b", "strasse", "straße",
]  # fmt: skip


def test_nasty_names_become_files(tmp_path):
    names = file_names(NASTY)
    assert len({name.casefold() for name in names}) == len(NASTY)
    for name in names:
        (tmp_path / f"{name}_files").mkdir()
        (tmp_path / f"{name}.png").write_text(name)
    assert sorted(path.stem for path in tmp_path.glob("*.png")) == sorted(names)


@given(st.lists(st.text(max_size=260), max_size=12))
def test_names_are_safe_and_differ(names):
    found = file_names(names)
    assert len({name.casefold() for name in found}) == len(names)
    for name in found:
        assert 0 < len(name.encode()) <= 200
        assert not set(name) & set("/\\\n\0\"'<>:*?|")
        assert name not in {".", ".."}


@pytest.mark.parametrize("name", ["Maine_Coon", "group 12", "犬", "Crème brûlée", "v1.2"])
def test_good_names_stay(name):
    assert file_names([name]) == [name]


def test_names_do_not_change_for_those_that_come_later():
    assert file_names(["a", "A", "a-2"]) == ["a", "A-2", "a-2-2"]
