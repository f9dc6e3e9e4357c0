"""The first example of docs/extending.md: a node, parameters and a dataset of somebody's own."""

import re
import shutil
from pathlib import Path

import pytest

import pixelmill.pipelines
from pixelmill.errors import InputError
from pixelmill.project_session import ProjectSession
from tests.conftest import ROOT

BLOCK = re.compile(
    r"^```(?:python|yaml)\n# (?P<file>\S+?)(?::.*)?\n(?P<content>.*?)^```", re.M | re.S
)


@pytest.fixture
def extended(tmp_path, monkeypatch):
    """A configuration with the files of the page, and the package of pipelines with its node."""
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    for found in BLOCK.finditer(page):
        file = tmp_path / found["file"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(found["content"], encoding="utf-8")
    own = tmp_path / "src" / "pixelmill" / "pipelines"
    monkeypatch.setattr(pixelmill.pipelines, "__path__", [*pixelmill.pipelines.__path__, str(own)])
    return tmp_path / "conf"


def run(conf, project, **parameters):
    params = {"spark": {"master": "local[2]"}, "dataset": "digits"} | parameters
    with ProjectSession.create(ROOT, conf_source=str(conf), runtime_params=params) as session:
        return session.run(pipeline_names=["brightness"])


def test_the_page_s_own_node_runs(extended, digits_copy, run_here, known_project, monkeypatch):
    monkeypatch.setenv("PIXELMILL_STORAGE", str(digits_copy.storage))
    run(extended, digits_copy)
    everything = digits_copy.json("08_reporting/digits/long_vectors.json")["count"]
    run(extended, digits_copy, brightness={"threshold": 1e9})
    assert digits_copy.json("08_reporting/digits/long_vectors.json")["count"] == 0 < everything
    with pytest.raises(InputError, match="unknown parameter 'brihtness'"):
        run(extended, digits_copy, brihtness={"threshold": 1})


def test_every_file_that_the_page_links_exists():
    page = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    for named in re.findall(r"`(docs/\S+?|conf/base/\S+?|conf/logging.yml)`", page):
        assert Path(ROOT, named).exists()
