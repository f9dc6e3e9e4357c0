"""A file that another pipeline may have left is read, or is nothing."""

import json

import pytest
from kedro.io import DataCatalog, DatasetError
from kedro.pipeline import Node, Pipeline
from kedro.runner import SequentialRunner

from pixelmill.datasets.optional_json import OptionalJson


@pytest.mark.parametrize("root", ["{folder}/new", "memory://optional_json_test/new"])
def test_nothing_until_it_is_written(root, tmp_path):
    file = OptionalJson(
        filepath=root.format(folder=tmp_path) + "/map.json", save_args={"allow_nan": False}
    )
    assert file.load() == {}
    assert not file.exists()
    file.save({"images": 3})
    assert file.load() == {"images": 3}
    assert json.loads(file.preview()) == {"images": 3}


@pytest.mark.parametrize("content", [b'{"images": ', b"", b"\xff\xfe\xff", b"[1]", b"7"])
def test_a_damaged_file_is_left_out_with_one_warning(tmp_path, content, caplog):
    (tmp_path / "map.json").write_bytes(content)
    file = OptionalJson(filepath=f"{tmp_path}/map.json")
    assert [file.load(), file.load()] == [{}, {}]
    assert caplog.text.count(f"Left out: {tmp_path}/map.json is damaged") == 1


def test_a_file_that_may_not_be_read_is_an_error_and_not_nothing(tmp_path):
    (tmp_path / "map.json").mkdir()
    with pytest.raises(DatasetError):
        OptionalJson(filepath=f"{tmp_path}/map.json").load()


def copied(summary):
    return dict(summary)


def test_a_reader_waits_for_the_writer_and_does_without_it(tmp_path):
    reader = Pipeline([Node(copied, inputs="summary", outputs="read", name="read")])
    writer = Pipeline([Node(lambda: {"images": 3}, None, "summary", name="write")])

    def run(pipeline):
        catalog = DataCatalog({"summary": OptionalJson(filepath=f"{tmp_path}/map.json")})
        return SequentialRunner().run(pipeline, catalog)["read"].load()

    assert run(reader) == {}
    assert run(reader + writer) == {"images": 3}
    assert run(reader) == {"images": 3}
