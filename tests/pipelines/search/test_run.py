"""Runs of the whole project: the index of the sample, and searches in it."""

import pyarrow.parquet
import pytest
from PIL import Image

from pixelmill import Index

REPORTS = "08_reporting/digits"


@pytest.fixture(scope="module")
def indexed(digits_copy, run_here):
    """The sample with its index."""
    run_here(digits_copy, "dataset=digits", "--pipelines", "neighbours")
    return digits_copy


def test_a_run_leaves_an_index_and_its_summary(indexed):
    summary = indexed.json(f"{REPORTS}/neighbours.json")
    index = Index.load(indexed.storage / "04_feature/digits")
    assert summary["images"] == summary["added"] == len(index)
    assert summary["recall"] > 0.97
    assert index.nearest("7/00.png", 3)[0].label == "7"


def test_a_search_by_a_file_leaves_table_sheet_and_lines(indexed, run_here, tmp_path):
    query = tmp_path / "it's a seven.png"
    query.write_bytes((indexed.storage / "01_raw/digits/7/00.png").read_bytes())
    parameters = f"dataset=digits,search.k=7,query={query}"
    output = run_here(indexed, parameters, "--pipelines", "search")
    result = indexed.json(f"{REPORTS}/search.json")
    assert result["query"]["path"] == str(query)
    first = result["neighbours"][0]
    assert (first["rank"], first["path"], first["label"]) == (1, "7/00.png", "7")
    assert first["distance"] < 1e-3
    table = pyarrow.parquet.read_table(indexed.storage / REPORTS / "search.parquet").to_pylist()
    assert table == result["neighbours"]
    assert len(table) == 7
    with Image.open(indexed.storage / REPORTS / "search.png") as sheet:
        assert sheet.width == 6 * (160 + 14) + 14
    assert "7/00.png" in output


def test_a_search_without_a_query_is_one_sentence(indexed, run_here):
    params = "spark.master=local[2],dataset=digits"
    status, output = indexed.command("run", "--pipelines", "search", "--params", params)
    assert status == 1
    assert "query is not set: name an image" in output
    assert "Traceback" not in output
