"""The first example of docs/extending.md: a node, parameters and a dataset of somebody's own."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "extending.md"
BLOCK = re.compile(
    r"^```(?:python|yaml)\n# (?P<file>[^\s:]+)[^\n]*\n(?P<content>.*?)^```", re.M | re.S
)


@pytest.fixture
def extended(tmp_path):
    """A copy of the project with the files of the page."""
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for folder in ("src", "conf"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    files = {one["file"]: one["content"] for one in BLOCK.finditer(PAGE.read_text("utf-8"))}
    assert len(files) == 4
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def test_the_node_of_the_page_runs(extended, digits_copy):
    places = {"PYTHONPATH": f"{extended}/src", "PIXELMILL_STORAGE": str(digits_copy.storage)}
    params = "dataset=digits,brightness.threshold=0,spark.master=local[1]"
    done = subprocess.run(
        [sys.executable, "-m", "kedro", "run", "--pipelines", "brightness", "--params", params],
        cwd=extended,
        env=os.environ | places,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert digits_copy.json("08_reporting/digits/long_vectors.json") == {"count": 500}


def test_the_files_that_the_page_names_exist():
    named = re.findall(r"`(docs/\S+?|conf/base/\S+?|conf/logging\.yml)`", PAGE.read_text("utf-8"))
    assert len(named) > 2
    for name in named:
        assert (ROOT / name).exists()
