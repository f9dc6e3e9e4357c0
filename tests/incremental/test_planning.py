"""What a run would do, found without doing it."""

import json

from pixelmill.incremental import RunPlan


def planned(toy, scratch):
    scratch.mkdir(exist_ok=True)
    plan = RunPlan(toy.pipeline(), toy.catalog(), {}, {"look"}, scratch)
    return {one.node: one.reason for one in plan.find()}


def test_plan_before_the_first_run(toy, tmp_path):
    found = planned(toy, tmp_path / "scratch")
    assert list(found) == ["look", "count", "add", "describe", "show"]
    assert found["look"] == "it has not run yet"
    assert not toy.place("counts").exists()


def test_plan_names_the_parameter_and_what_follows(toy, tmp_path):
    toy.run()
    assert planned(toy, tmp_path / "scratch") == {}
    toy.parameters["adding"]["times"] = 5
    assert planned(toy, tmp_path / "scratch") == {
        "add": "adding.times was 1, is 5",
        "describe": "total is made again",
        "show": "description is made again",
    }


def test_plan_reads_external_data_and_leaves_the_storage_alone(toy, tmp_path):
    toy.run()
    before = toy.stored()
    (toy.images / "c.txt").write_text("four five six")
    assert planned(toy, tmp_path / "scratch")["count"] == "listing is made again"
    assert toy.stored() == before


def test_plan_names_code_outputs_and_library(toy, tmp_path):
    toy.run()
    toy.module("words").write_text("def words_of(text):\n    return [text]\n")
    toy.place("page").write_text(json.dumps({}))
    found = planned(toy, tmp_path / "scratch")
    assert found["count"] == "the code of toy.words has changed"
    assert found["show"] in ("counts is made again", "sentence is made again")


def test_secrets_of_urls_are_not_recorded(toy, tmp_path):
    toy.parameters["showing"]["title"] = "https://me:hush-hush@example.org/a?token=hush-hush"
    toy.run()
    assert "hush" not in toy.place("node_records").read_text()
    toy.parameters["showing"]["title"] = "https://me:other@example.org/a?token=hush-hush"
    reason = planned(toy, tmp_path / "scratch")["describe"]
    assert "other" not in reason
    assert reason.startswith("showing.title was https://")
