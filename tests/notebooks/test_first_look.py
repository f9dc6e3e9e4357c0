"""The notebook runs from top to bottom on what a real run left."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = "notebooks/01_first_look.ipynb"


@pytest.fixture(scope="module")
def finished_project(tmp_path_factory):
    """A copy of the project in which the embedded sample was run through all pipelines."""
    project = tmp_path_factory.mktemp("project")
    for file in ("pyproject.toml", ".telemetry"):
        shutil.copy(ROOT / file, project)
    for folder in ("conf", "src", "notebooks"):
        without_caches = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*")
        shutil.copytree(ROOT / folder, project / folder, ignore=without_caches)
    command = [sys.executable, "-m", "kedro", "run", "--env", "local"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def outputs(notebook):
    """All outputs of the code cells: their MIME types, and their text."""
    found = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    kinds = [kind for output in found for kind in output.get("data", {})]
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in found]
    return kinds, "\n".join(texts)


def test_it_runs_from_top_to_bottom(finished_project):
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient").NotebookClient
    notebook = nbformat.read(finished_project / NOTEBOOK, as_version=4)
    client(
        notebook,
        timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(finished_project / "notebooks")}},
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
