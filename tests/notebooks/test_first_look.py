"""The notebook runs from top to bottom on what a real run left."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = "notebooks/01_first_look.ipynb"


def outputs(notebook):
    """All outputs of the code cells: their MIME types, and their text."""
    found = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    kinds = [kind for output in found for kind in output.get("data", {})]
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in found]
    return kinds, "\n".join(texts)


def test_it_runs_from_top_to_bottom(digits_run, monkeypatch):
    project, _ = digits_run
    monkeypatch.setenv("PIXELMILL_STORAGE", str(project.storage))
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient").NotebookClient
    notebook = nbformat.read(ROOT / NOTEBOOK, as_version=4)
    client(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(ROOT / "notebooks")}},
    ).execute()
    kinds, text = outputs(notebook)
    assert kinds.count("image/png") == 2  # ten images, and the confusion matrix
    assert "features: array" in text
    found, reported = re.search(r"accuracy ([\d.]+); the report says ([\d.]+)", text).groups()
    assert found == reported
    assert float(found) > 0.8


def test_it_is_kept_without_outputs():
    notebook = pytest.importorskip("nbformat").read(ROOT / NOTEBOOK, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)
    assert all(cell.get("execution_count") is None for cell in notebook.cells)
