"""A run does what is stale and nothing else, whatever changed before it."""

import json
import os
import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.incremental import IncrementalRunner
from tests.incremental.conftest import STORED, make_toy

ALL = ["look", "count", "find_new", "add", "describe", "show"]


def test_first_run_does_everything_and_the_second_nothing(toy):
    assert toy.run() == ALL
    before = toy.stored()
    assert toy.run() == []
    assert toy.stored() == before


def test_parameter(toy):
    toy.run()
    toy.parameters["adding"]["times"] = 2
    assert toy.run() == ["find_new", "add", "describe", "show"]
    assert toy.run() == []


def test_parameter_of_the_last_node_makes_what_it_takes_from_memory(toy):
    toy.run()
    toy.parameters["showing"]["title"] = "All words"
    assert toy.run() == ["describe", "show"]


def test_work_stops_at_the_node_that_writes_the_same(toy):
    toy.run()
    (toy.images / "a.txt").write_text("six two")
    assert toy.run() == ["look", "count"]


def test_code_of_an_imported_module(toy):
    toy.run()
    toy.module("words").write_text("def words_of(text):\n    return list(text)\n")
    assert toy.run() == ["count", "find_new", "add", "describe", "show"]
    assert json.loads(toy.place("total").read_text())["total"] == 12


def test_missing_and_edited_outputs(toy):
    toy.run()
    before = toy.stored()
    toy.place("counts").unlink()
    assert toy.run() == ["count"]
    toy.place("page").write_text("{}")
    assert toy.run() == ["describe", "show"]  # the sentence is in memory only
    assert toy.stored() == before


def test_output_edited_without_a_trace_in_size_and_time(toy):
    toy.run()
    place = toy.place("counts")
    status, content = place.stat(), place.read_text()
    place.write_text(content.replace("2", "3"))
    os.utime(place, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert toy.run() == ["count"]


def test_copied_storage_is_up_to_date(toy):
    toy.run()
    shutil.copytree(toy.root / "data", toy.root / "elsewhere")
    toy.storage = "elsewhere"
    assert toy.run() == []


def test_library(toy):
    library = toy.root / "src" / "counted"
    library.with_suffix(".py").write_text("")
    toy.module("words").write_text("import counted\ndef words_of(text):\n    return text.split()\n")
    (toy.root / "src" / "counted-1.0.dist-info").mkdir()
    toy.run()
    (toy.root / "src" / "counted-1.0.dist-info").rename(toy.root / "src" / "counted-1.1.dist-info")
    assert toy.run() == ["count"]


def test_force(toy):
    toy.run()
    toy.parameters["run"]["force"] = True
    assert toy.run() == ALL[1:]  # `look` found the same


def test_a_node_whose_external_files_are_known_runs_when_one_changes(toy, tmp_path):
    manifest = tmp_path / "manifest.json"
    manifest.write_text("1")
    toy.runner = lambda: IncrementalRunner({"look": lambda _: [str(manifest)]}, {"look"})
    assert toy.run() == ALL
    (toy.images / "a.txt").write_text("one more word")
    assert toy.run() == []
    manifest.write_text("2")
    assert toy.run() == ["look", "count", "find_new", "add", "describe", "show"]


def test_a_retry_that_fails_again_is_no_change(toy):
    toy.run()
    place = toy.place("node_records")
    records = json.loads(place.read_text())
    records["nodes"]["count"]["is_unfinished"] = True
    place.write_text(json.dumps(records))
    runner = toy.runner()
    runner.run(toy.pipeline(), toy.catalog())
    assert runner.unchanged >= {"count", "add"}
    assert not runner.has_changed


def test_part_of_the_pipeline(toy):
    toy.run()
    toy.parameters["adding"]["times"] = 3
    whole = toy.pipeline()
    assert toy.run(whole.only_nodes("count")) == []
    assert toy.run(whole.only_nodes("find_new", "add")) == ["find_new", "add"]
    assert toy.run() == ["describe", "show"]


def test_what_is_asked_for_from_memory_is_made(toy):
    toy.run()
    assert toy.run(toy.pipeline().only_nodes("find_new")) == ["find_new"]


def test_failed_node_leaves_no_record(toy):
    toy.run()
    toy.parameters["adding"]["times"] = None
    with pytest.raises(TypeError):
        toy.run()
    assert toy.place("total").read_bytes() == toy.stored()["total"]
    toy.parameters["adding"]["times"] = 2
    assert toy.run() == ["find_new", "add", "describe", "show"]


def test_damaged_records_have_everything_done_again(toy):
    toy.run()
    toy.place("node_records").write_text("{")
    assert toy.run() == ALL[1:]  # `look` found the same


KINDS = [
    *(("parameter", ("counting", "least", least)) for least in (4, 9, 1)),
    *(("parameter", ("adding", "times", times)) for times in (2, 3, 1)),
    *(("parameter", ("showing", "title", title)) for title in ("Letters", "", "Words")),
    *(("file", (name, text)) for name in "abc" for text in ("one", "two words", "a b c", "x y z")),
    *(("remove file", name) for name in "abc"),
    *(
        ("code", (module, line))
        for module in ("looking", "counting", "words", "adding", "showing")
        for line in ("# a comment\n", "UNUSED = 1\n")
    ),
    *(
        (kind, name)
        for kind in ("remove output", "edit output", "rewrite output")
        for name in STORED
    ),
]


def change(toy, kind, what):
    """Change one thing."""
    if kind == "parameter":
        group, name, value = what
        toy.parameters[group][name] = value
    elif kind == "file":
        (toy.images / f"{what[0]}.txt").write_text(what[1])
    elif kind == "remove file":
        (toy.images / f"{what}.txt").unlink(missing_ok=True)
    elif kind == "code":
        source = toy.module(what[0])
        source.write_text(source.read_text() + what[1])
    elif kind == "remove output":
        toy.place(what).unlink(missing_ok=True)
    elif kind == "edit output" and toy.place(what).exists():
        toy.place(what).write_text('{"edited": 1}')
    elif toy.place(what).exists():
        toy.place(what).write_bytes(toy.place(what).read_bytes())


MODULES = {
    "count": ("counting", "words"),
    "add": ("adding",),
    "describe": ("showing",),
    "show": ("showing",),
}
TAKES = {
    "count": (("listing",), "counting", ("counts",)),
    "add": (("counts",), "adding", ("total",)),
    "describe": (("total",), "showing", ("description",)),
    "show": (("description", "counts"), None, ("page",)),
}


class Oracle:
    """What has to run, by the values themselves: those of each node's last run are kept."""

    def __init__(self):
        self._last = {}

    def needed(self, toy, fresh, present):
        """The stored nodes that must run, given what a run from nothing writes."""
        now = dict(present)
        found = []
        for name, (inputs, group, outputs) in TAKES.items():
            if name == "count":
                now["listing"] = fresh["listing"]
            state = self._state(toy, now, name, inputs, group)
            left = self._last.get(name, (None, None))
            if left != (state, [now.get(output) for output in outputs]):
                found.append(name)
                now.update({output: fresh[output] for output in outputs})
            self._last[name] = (state, [fresh[output] for output in outputs])
        return found

    def _state(self, toy, now, name, inputs, group):
        read = [now.get(one) for one in inputs]
        if name == "show":  # takes the sentence, which is not stored: whatever that is made of
            read += [now.get("total"), toy.parameters["showing"]]
        code = [toy.module(module).read_text() for module in MODULES[name]]
        return json.dumps([[str(one) for one in read], toy.parameters.get(group), code])


class Checked:
    """A project whose every run is compared with one from nothing, and with the oracle."""

    def __init__(self, toy):
        self._toy = toy
        self._oracle = Oracle()
        self._number = 0
        self.run()

    def run(self):
        toy = self._toy
        self._number += 1
        toy.storage = f"fresh{self._number}"
        toy.run()
        fresh, toy.storage = toy.stored(), "data"
        places = {name: toy.place(name) for name in STORED}
        present = {name: place.read_bytes() for name, place in places.items() if place.exists()}
        ran = [name for name in toy.run() if name in TAKES]
        assert toy.stored() == fresh
        assert ran == _with_takers(self._oracle.needed(toy, fresh, present))


def test_each_kind_of_change_has_run_what_depends_on_it(toy):
    checked = Checked(toy)
    for kind in KINDS:
        change(toy, *kind)
        checked.run()


@given(rounds=st.lists(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), max_size=4))
@settings(max_examples=8, deadline=20_000)
def test_any_changes_at_once(tmp_path_factory, rounds):
    with pytest.MonkeyPatch.context() as patched:
        toy = make_toy(tmp_path_factory.mktemp("toy"), patched)
        checked = Checked(toy)
        for changes in rounds:
            for kind in changes:
                change(toy, *kind)
            checked.run()


def _with_takers(needed):
    """`describe` also runs where only `show` has to, which takes its sentence from memory."""
    if "show" in needed and "describe" not in needed:
        return [*needed[:-1], "describe", "show"]
    return needed
