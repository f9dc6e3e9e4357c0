"""README and docs: their commands are valid, their Python compiles, the notebook example runs."""

import re
import runpy
import shlex
import shutil

import pytest
from kedro.config import OmegaConfigLoader

from pixelmill.cli import run
from pixelmill.settings import CONFIG_LOADER_ARGS
from pixelmill.strategies import find_strategy
from pixelmill.validation import validate_parameters
from tests.conftest import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PIPELINES = {path.parent.name for path in (ROOT / "src/pixelmill/pipelines").glob("*/__init__.py")}
YOUR_OWN = {"brightness"}  # the pipeline that docs/extending.md adds


def blocks(page, kind=""):
    """The code blocks of a page that are marked with a language, or with none."""
    return re.findall(rf"^```{kind}\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)


def runs(page):
    """The arguments of each `kedro run` in a code block of a page, one list for each command."""
    for block in blocks(page):
        joined = block.replace("\\\n", " ")
        for line in re.findall(r"^(?:\w+=\S+ )*kedro run(.*)$", joined, re.M):
            yield shlex.split(line, comments=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_of_a_page_is_valid(page, monkeypatch):
    monkeypatch.chdir(ROOT)
    for arguments in runs(page):
        found = run.make_context("run", arguments).params
        assert set(found["pipelines"] or ()) <= PIPELINES | YOUR_OWN, arguments
        params = found["params"]
        loader = OmegaConfigLoader("conf", env="local", runtime_params=params, **CONFIG_LOADER_ARGS)
        given = {name: value for name, value in params.items() if name not in YOUR_OWN}
        parameters = {**loader["parameters"]}
        for name in YOUR_OWN:
            parameters.pop(name, None)
        find_strategy(validate_parameters(parameters, given).modelling)


def test_there_are_commands_in_the_pages_that_newcomers_read():
    counts = {page.stem: len(list(runs(page))) for page in PAGES}
    assert counts["README"] >= 3
    assert counts["usage"] >= 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_python_of_a_page_compiles(page):
    for block in blocks(page, "python"):
        assert compile(block, str(page), "exec")


def test_the_notebook_example_of_the_readme_runs(assets, tmp_path, monkeypatch):
    (example,) = blocks(ROOT / "README.md", "python")
    paths = [
        str(path)
        for colour in ("blue", "red")
        for path in sorted((assets / "colours" / colour).iterdir())[:4]
    ]
    shutil.copy(paths[0], tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "example.py").write_text(f"{example}\nfound = model.predict(paths)", "utf-8")
    given = {"paths": paths, "labels": ["blue"] * 4 + ["red"] * 4}
    assert list(runpy.run_path("example.py", given)["found"]) == given["labels"]
