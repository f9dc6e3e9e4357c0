"""The notebooks run from top to bottom on what real runs left."""

import os
import re
from pathlib import Path
from unittest import mock

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
COLOURS = re.compile(r"\x1b\[[\d;]*m")  # of a terminal


def read(name):
    return pytest.importorskip("nbformat").read(ROOT / "notebooks" / name, as_version=4)


@pytest.fixture(scope="module")
def outputs(mapped_run):
    """MIME types and text of all outputs of each notebook.

    They share a kernel, and with it one session of Spark, but no names.
    """
    client = pytest.importorskip("nbclient").NotebookClient
    nbformat = pytest.importorskip("nbformat").v4
    notebook, begin = nbformat.new_notebook(), []
    for name in NOTEBOOKS:
        cells = [cell for cell in read(name).cells if cell.cell_type == "code"]
        if begin:
            cells[0].source = cells[0].source.replace("%load_ext", "%reload_ext")
            notebook.cells.append(nbformat.new_code_cell("%reset -f"))
        begin.append(len(notebook.cells))
        notebook.cells += cells
    with mock.patch.dict(os.environ, {"PIXELMILL_STORAGE": str(mapped_run.storage)}):
        place = {"metadata": {"path": str(ROOT / "notebooks")}}
        client(notebook, timeout=300, kernel_name="python3", resources=place).execute()
    ends = [*begin[1:], len(notebook.cells)]
    return {
        name: said_by(notebook.cells[start:end])
        for name, start, end in zip(NOTEBOOKS, begin, ends, strict=True)
    }


def said_by(cells):
    found = [output for cell in cells for output in cell.get("outputs", [])]
    kinds = [kind for output in found for kind in output.get("data", {})]
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in found]
    return kinds, COLOURS.sub("", "\n".join(texts))


def test_a_first_look(outputs):
    kinds, text = outputs["01_first_look.ipynb"]
    assert kinds.count("image/png") == 2  # ten images, and the confusion matrix
    assert "features: array" in text
    found, reported = re.search(r"accuracy ([\d.]+); the report says ([\d.]+)", text).groups()
    assert found == reported
    assert float(found) > 0.8


def test_what_is_wrong_with_the_images(outputs, mapped_run):
    kinds, text = outputs["02_explore.ipynb"]
    assert kinds.count("image/png") == 2  # the classes, and the worst of a kind
    findings = mapped_run.table("08_reporting/digits/findings.parquet")
    assert {row["kind"] for row in findings} <= set(re.findall(r"[a-z_]+", text))
    assert "500 images, 0 unreadable" in text
    assert re.search(r"\d+ of 500 images are copies or blank", text)


def test_the_map(outputs, mapped_run):
    kinds, text = outputs["03_map.ipynb"]
    assert kinds.count("image/png") == 2  # the map twice, and images of its clusters
    summary = mapped_run.json("08_reporting/digits/map.json")
    assert f"trustworthiness {summary['neighbours']['trustworthiness']:.3f}" in text
    assert f"{len(summary['grouping']['groups'])} clusters by" in text
    assert text.count("Neighbour(") == 5


def test_other_classifiers(outputs, mapped_run):
    _, text = outputs["04_classifiers.ipynb"]
    assert "350 images to train, 150 to test, 1280 features" in text
    own = mapped_run.json("08_reporting/digits/metrics.json")["accuracy"]
    assert re.search(rf"the run's +{own:.3f}", text)
    best = re.search(r"accuracy ([\d.]+) ± ([\d.]+)", text)
    assert float(best[1]) > 0.8
    assert float(best[2]) < 0.05
    assert len(re.findall(r"png: \d, predicted \d \(", text)) == 5


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_notebooks_are_kept_without_outputs(name):
    notebook = read(name)
    assert all(not cell.get("outputs") for cell in notebook.cells)
    assert all(cell.get("execution_count") is None for cell in notebook.cells)
