"""JSON lines: what their values are as text."""

import pytest

from pixelmill.errors import InputError
from pixelmill.sources.columns import open_table


def read(folder, text):
    (folder / "l.jsonl").write_text(text)
    table = open_table(str(folder), "l.jsonl")
    return table.read(table.names).to_pylist()


def test_what_is_not_a_number_is_no_value(tmp_path):
    """Python writes NaN, which is no JSON, where pandas writes null."""
    [row] = read(tmp_path, '{"path": "1.png", "a": NaN, "b": "NaN", "c": [NaN]}\n')
    assert row == {"path": "1.png", "a": None, "b": "NaN", "c": "[null]"}


def test_an_object_with_a_name_twice_is_a_sentence(tmp_path):
    text = '{"path": "1.png"}\n{"path": "2.png", "kind": "cat", "kind": "dog"}\n'
    with pytest.raises(InputError, match=r"line 2 has the name 'kind' twice: rename one of them"):
        read(tmp_path, text)


def test_lists_and_objects_stay_the_json_that_the_file_has(tmp_path):
    inner = '{"size": [1.50, -0, 9007199254740993], "é": "1", "b": true, "none": null, "e": {}}'
    [row] = read(tmp_path, f'{{"path": "1.png", "score": 1.50, "more": {inner}}}\n')
    assert row == {"path": "1.png", "score": "1.50", "more": inner}


def test_names_that_differ_in_case_are_one_column(tmp_path):
    text = '{"path": "1.png", "Kind": "cat"}\n{"Path": "2.png", "kind": "dog"}\n{"PATH": "3.png"}\n'
    paths = [{"path": f"{number}.png"} for number in (1, 2, 3)]
    kinds = [{"Kind": "cat"}, {"Kind": "dog"}, {"Kind": None}]
    assert read(tmp_path, text) == [path | kind for path, kind in zip(paths, kinds, strict=True)]
    assert open_table(str(tmp_path), "l.jsonl").read(["kind"]).to_pylist()[1] == {"kind": "dog"}


def test_two_names_of_one_object_are_two_columns(tmp_path):
    rows = read(tmp_path, '{"id": "1", "ID": "a"}\n{"ID": "b"}\n{"id": "3"}\n')
    assert rows == [{"id": "1", "ID": "a"}, {"id": None, "ID": "b"}, {"id": "3", "ID": None}]
