"""What `kedro run` understands of its arguments."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from kedro.framework.startup import bootstrap_project

from pixelmill.cli import HELP, RunCommand, run, serving_arguments
from pixelmill.errors import InputError
from pixelmill.parameters import ServingParameters
from pixelmill.serving.command import read_parameters

ROOT = Path(__file__).parents[1]


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


def test_help_describes_options_as_this_project_takes_them():
    shown = "".join(CliRunner().invoke(run, ["--help"]).output.split())
    for text in HELP.values():
        assert "".join(text.split()) in shown


def test_an_error_shows_what_it_repeats_and_hides_secrets():
    def fail():
        raise InputError("\x1b[2Jgone.jpg of https://me:hunter2@h/list.csv is no list")

    result = CliRunner().invoke(RunCommand("run", callback=fail))
    assert result.exit_code == 1
    assert result.output == "Error: \\x1b[2Jgone.jpg of https://…@h/list.csv is no list\n"


def test_serve_gives_the_service_what_differs_from_its_defaults():
    bootstrap_project(ROOT)
    given = {
        "dataset": "pets",
        "model_sha256": "a" * 64,
        "serving": {"max_images": 4, "cors_origins": ["https://a.org", "*"], "urls": True},
    }
    model, *rest = serving_arguments(given, "features", "local")
    assert model.endswith("/06_models/pets/export")
    changes = ["--set", "urls=True", "--set", "cors_origins=[https://a.org,*]"]
    assert rest == [
        *changes,
        *["--set", "max_images=4", "--index", "features", "--sha256", "a" * 64],
    ]
    assert read_parameters(rest[1:6:2]) == ServingParameters(**given["serving"])
    assert serving_arguments({"model": "s3://b/e"}, None, "local") == ["s3://b/e"]
    with pytest.raises(InputError, match="did you mean 'max_images'"):
        serving_arguments({"serving": {"max_imges": 4}}, None, "local")
