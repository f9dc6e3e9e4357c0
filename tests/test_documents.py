"""README and docs: their commands are valid, their Python compiles, the notebook example runs."""

import re
import runpy
import shlex
import shutil

import pytest
import yaml
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


def test_the_pipelines_for_another_project_need_only_what_the_page_names():
    """What they read before anything is written is empty at first, or a parameter."""
    page = ROOT / "docs" / "extending.md"
    (example,) = [block for block in blocks(page, "python") if 'namespace="px"' in block]
    found = {}
    exec(example, found)  # noqa: S102
    px = found["px"]
    read = {name.removeprefix("px.") for name in px.inputs() if not name.startswith("params:")}
    assert all(name.startswith(("stored_", "previous_")) for name in read), read
    catalog = ROOT / "conf" / "base" / "catalog"
    named = ("collection", "ingestion", "featurization")
    texts = [(catalog / f"{name}.yml").read_text("utf-8") for name in named]
    entries = {name for text in texts for name in yaml.safe_load(text)}
    datasets = {name.removeprefix("px.") for name in px.datasets() if "params:" not in name}
    assert datasets <= entries, datasets - entries
    groups = {name.split(".")[1] for name in px.inputs() if name.startswith("params:px.")}
    assert groups == {"dataset", "images", "modelling", *named}
