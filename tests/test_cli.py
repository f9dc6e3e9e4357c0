"""What `kedro run` understands of its arguments."""

import pytest
from click.testing import CliRunner

from pixelmill.cli import RunCommand, run
from pixelmill.errors import InputError


def params_of(tmp_path, recipe, given):
    (tmp_path / "recipe.yml").write_text(recipe)
    arguments = ["--params", given] if given else []
    arguments += ["--config", str(tmp_path / "recipe.yml")]
    return run.make_context("run", arguments).params["params"]


RECIPE = "run:\n  params:\n    dataset: pets\n    splitting: {method: folder, seed: 1}\n"


def test_a_recipe_gives_the_parameters(tmp_path):
    assert params_of(tmp_path, RECIPE, "") == {
        "dataset": "pets",
        "splitting": {"method": "folder", "seed": 1},
    }


@pytest.mark.parametrize("given", ["splitting.seed=2", "splitting.seed=2,images=/photos"])
def test_params_change_a_recipe_only_where_they_speak(tmp_path, given):
    params = params_of(tmp_path, RECIPE, given)
    assert params["dataset"] == "pets"
    assert params["splitting"] == {"method": "folder", "seed": 2}
    assert params.get("images") == ("/photos" if "images" in given else None)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("dataset=x,a.b=[c,d]", {"dataset": "x", "a": {"b": ["c", "d"]}}),
        ("p=[[a,b],[c, d]],q=1", {"p": [["a", "b"], ["c", "d"]], "q": 1}),
        (
            "g={points: [{e: x, p: {c: [1, 2]}}]}",
            {"g": {"points": [{"e": "x", "p": {"c": [1, 2]}}]}},
        ),
        ("images=/photos/[a]/*.jpg,q=2", {"images": "/photos/[a]/*.jpg", "q": 2}),
        ("images=/photos[1,q=2", {"images": "/photos[1", "q": 2}),
    ],
)
def test_a_list_keeps_its_commas(tmp_path, given, expected):
    assert params_of(tmp_path, "run: {}\n", given) == expected


def test_an_error_shows_what_it_repeats_and_hides_secrets():
    def fail():
        raise InputError("\x1b[2Jgone.jpg of https://me:hunter2@h/list.csv is no list")

    result = CliRunner().invoke(RunCommand("run", callback=fail))
    assert result.exit_code == 1
    assert result.output == "Error: \\x1b[2Jgone.jpg of https://…@h/list.csv is no list\n"
