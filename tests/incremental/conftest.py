"""A small project of its own: six nodes that read a folder, and write JSON."""

import importlib
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from kedro.framework.hooks import hook_impl
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline

from pixelmill.incremental import IncrementalRunner

MODULES = {
    "looking": """
from pathlib import Path
def look(folder):
    return {file.name: file.read_text() for file in sorted(Path(folder).iterdir())}
""",
    "counting": """
from toy.words import words_of
def count(listing, counting):
    least = counting["least"]
    return {name: len(words_of(text)) for name, text in listing.items() if len(text) >= least}
""",
    "words": "def words_of(text):\n    return text.split()\n",
    "adding": """
def find_new(counts, earlier):
    return sorted(counts.keys() - earlier.get("counts", {}).keys())
def add(new, counts, adding):
    return {"counts": counts, "total": sum(counts.values()) * adding["times"]}
""",
    "showing": """
def describe(total, showing):
    return {"title": showing["title"]}, f"{total['total']} words"
def show(description, sentence, counts):
    return {**description, "sentence": sentence, "files": len(counts)}
""",
}
PARAMETERS = {
    "run": {"force": False},
    "counting": {"least": 1},
    "adding": {"times": 1},
    "showing": {"title": "Words"},
}
STORED = ("listing", "counts", "total", "description", "page")


@dataclass
class Toy:
    """The project in a folder; `run` gives the names of the nodes that ran."""

    root: Path
    parameters: dict = field(default_factory=lambda: json.loads(json.dumps(PARAMETERS)))
    storage: str = "data"

    @property
    def images(self):
        return self.root / "files"

    def place(self, name):
        return self.root / self.storage / f"{name}.json"

    def module(self, name):
        return self.root / "src" / "toy" / f"{name}.py"

    def catalog(self):
        config = {
            name: {"type": "pixelmill.datasets.json_file.JsonFile", "filepath": str(place)}
            for name in STORED
            for place in [self.place(name)]
        }
        optional = "pixelmill.datasets.optional_json.OptionalJson"
        config["earlier"] = {
            "type": optional,
            "filepath": str(self.place("total")),
            "metadata": {"incremental": "earlier state"},
        }
        config["node_records"] = {"type": optional, "filepath": str(self.place("node_records"))}
        catalog = DataCatalog.from_config(config)
        catalog["params:folder"] = str(self.images)
        for group, values in self.parameters.items():
            catalog[f"params:{group}"] = values
        catalog["params:run.force"] = self.parameters["run"]["force"]
        return catalog

    def pipeline(self):
        for name in [*sys.modules]:
            if name.partition(".")[0] == "toy":
                del sys.modules[name]
        importlib.invalidate_caches()
        looking, counting, adding, showing = (
            importlib.import_module(f"toy.{name}")
            for name in ("looking", "counting", "adding", "showing")
        )
        return Pipeline(
            [
                Node(looking.look, "params:folder", "listing", name="look"),
                Node(counting.count, ["listing", "params:counting"], "counts", name="count"),
                Node(adding.find_new, ["counts", "earlier"], "new", name="find_new"),
                Node(adding.add, ["new", "counts", "params:adding"], "total", name="add"),
                Node(
                    showing.describe,
                    ["total", "params:showing"],
                    ["description", "sentence"],
                    name="describe",
                ),
                Node(showing.show, ["description", "sentence", "counts"], "page", name="show"),
            ]
        )

    def runner(self):
        return IncrementalRunner({}, {"look"})

    def run(self, pipeline=None):
        """Run the project; the names of the nodes that ran and may have changed something."""
        runner, ran = self.runner(), []
        hooks = _create_hook_manager()
        hooks.register(_Recorder(ran))
        runner.run(pipeline or self.pipeline(), self.catalog(), hooks)
        return [name for name in ran if name not in runner.unchanged]

    def stored(self):
        """What each dataset holds, as bytes."""
        return {name: self.place(name).read_bytes() for name in STORED}


class _Recorder:
    def __init__(self, ran):
        self._ran = ran

    @hook_impl
    def after_node_run(self, node):
        self._ran.append(node.name)


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """The project, with two files to count words of."""
    return make_toy(tmp_path, monkeypatch)


def make_toy(folder, monkeypatch):
    """The project in a folder."""
    monkeypatch.syspath_prepend(str(folder / "src"))
    made = Toy(folder)
    (folder / "src" / "toy").mkdir(parents=True)
    (folder / "src" / "toy" / "__init__.py").write_text("")
    for name, source in MODULES.items():
        made.module(name).write_text(source)
    made.images.mkdir()
    (made.images / "a.txt").write_text("one two")
    (made.images / "b.txt").write_text("three")
    return made
