"""Tables of pandas are replaced whole or not at all."""

import pandas as pd
import pytest
from kedro.io.core import DatasetError

from pixelmill.datasets.parquet_file import ParquetFile
from pixelmill.datasets.text_file import TextFile

ROWS = pd.DataFrame({"label": ["a", None], "f1": [0.5, float("nan")]})


def test_rows_and_attributes_come_back(tmp_path):
    table = ParquetFile(filepath=str(tmp_path / "new" / "table.parquet"), index=False)
    assert not table.exists()
    ROWS.attrs["made_from"] = "2 images"
    table.save(ROWS)
    assert table.load().attrs == ROWS.attrs
    pd.testing.assert_frame_equal(table.load(), ROWS)
    assert table.preview(1)["data"] == [["a", 0.5]]


@pytest.mark.parametrize(
    ("kind", "content", "unwritable"),
    [
        (ParquetFile, ROWS, pd.DataFrame({"label": ["a", 1, object()]})),
        (TextFile, "a,b\r\nü,\n", "a,b\r\n\ud800"),
    ],
)
def test_a_save_that_fails_leaves_the_file_before(kind, content, unwritable, tmp_path):
    stored = kind(filepath=str(tmp_path / "file"))
    stored.save(content)
    before = (tmp_path / "file").read_bytes()
    with pytest.raises((DatasetError, ValueError)):
        stored.save(unwritable)
    assert (tmp_path / "file").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_text_keeps_its_line_ends(tmp_path):
    text = TextFile(filepath=str(tmp_path / "copies.csv"))
    text.save("a,b\r\nü,\n")
    assert text.load() == "a,b\r\nü,\n"
    assert (tmp_path / "copies.csv").read_bytes() == "a,b\r\nü,\n".encode()
