"""The tables for machines, as another program reads them."""

import pandas as pd
import pyarrow.parquet

from pixelmill.pipelines.reporting.scores import ClassScores
from pixelmill.pipelines.reporting.tables import class_table, no_rows, rows

TYPES = ["string", "int64", "int64", "double", "double", "double", "double"]


def stored(table, folder):
    table.to_parquet(folder / "classes.parquet")
    return pyarrow.parquet.read_table(folder / "classes.parquet")


def test_classes_keep_their_types_and_what_is_unknown(tmp_path):
    scores = [ClassScores("10", 5, 4, 1.0, 0.5, 0.667), ClassScores("", 5, 0, None, None, None)]
    found = stored(class_table(scores, [{"label": "10", "success_rate": 0.9}]), tmp_path)
    assert [str(kind).removeprefix("large_") for kind in found.schema.types] == TYPES
    first, second = found.to_pylist()
    assert first == {
        "label": "10", "train": 5, "test": 4,
        "precision": 1.0, "recall": 0.5, "f1": 0.667, "success_rate": 0.9,
    }  # fmt: skip
    assert (second["label"], second["f1"], second["success_rate"]) == ("", None, None)


def test_no_classes_have_the_same_columns(tmp_path):
    found = stored(class_table([], []), tmp_path)
    assert [str(kind).removeprefix("large_") for kind in found.schema.types] == TYPES
    assert found.num_rows == 0


def test_rows_have_none_and_no_nan():
    table = pd.DataFrame({"mean": [0.5, float("nan")], "folds": [[0.4, 0.6], None]})
    assert rows(table) == [{"mean": 0.5, "folds": [0.4, 0.6]}, {"mean": None, "folds": None}]
    assert rows(no_rows()) == []
