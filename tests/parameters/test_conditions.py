"""No parameter is accepted and ignored: one that does nothing is refused with what it needs."""

import pytest
from kedro.config import OmegaConfigLoader
from kedro.pipeline import Node, Pipeline

from pixelmill.cli import run
from pixelmill.errors import InputError
from pixelmill.hooks import refuse_unused
from pixelmill.parameters import ProjectParameters
from pixelmill.parameters.command_line import read_params
from pixelmill.parameters.conditions import CONDITIONS, without_overruled
from pixelmill.settings import CONFIG_LOADER_ARGS
from pixelmill.validation import validate_parameters

GRID = "modelling.grid={points: [{estimator: svm_sgd}]}"


def checked(text):
    """The parameters of a run, as Kedro loads and the project checks them."""
    params = read_params(text)
    loader = OmegaConfigLoader("conf", env="local", runtime_params=params, **CONFIG_LOADER_ARGS)
    return validate_parameters(loader["parameters"], params)


@pytest.mark.parametrize(
    ("text", "name", "remedy"),
    [
        ("splitting.count=5", "splitting.count", "set splitting.method=first_per_class"),
        ("splitting.count=100", "splitting.count", "set splitting.method=first_per_class"),
        ("splitting.method=folder,splitting.seed=1", "splitting.seed", "splitting.method=fraction"),
        ("splitting.column=part", "splitting.column", "set splitting.method=column"),
        ("ingestion.pattern=(.+)_", "ingestion.pattern", "set ingestion.label=pattern"),
        ("ingestion.column=kind", "ingestion.column", "set ingestion.label=column"),
        ("ingestion={column: kind}", "ingestion.column", "set ingestion.label=column"),
        ("modelling.balance=false", "modelling.balance", "set modelling.strategy=one_vs_rest"),
        ("modelling.pairs=[[a,b]]", "modelling.pairs", "set modelling.strategy=one_vs_one"),
        (f"{GRID},modelling.estimator=svm_sgd", "modelling.estimator", "set modelling.grid=null"),
        (f"{GRID},modelling.parameters.C=1", "modelling.parameters", "modelling.grid.points"),
        ("mapping.mosaics.styles=[],mapping.mosaics.size=900", "mapping.mosaics.size", "a style"),
        (
            "mapping.grouping.method=null,mapping.grouping.parameters.eps=1",
            "mapping.grouping.parameters",
            "set mapping.grouping.method",
        ),
        (
            "neighbours.enabled=false,neighbours.threads=1",
            "neighbours.threads",
            "set neighbours.enabled=true",
        ),
    ],
)
def test_a_parameter_that_does_nothing_is_one_sentence(text, name, remedy):
    with pytest.raises(InputError) as problem:
        checked(text)
    message = str(problem.value)
    assert message.startswith(f"parameter '{name}' does nothing while ")
    assert remedy in message
    assert message.endswith(f"or leave {name} out")
    assert "\n" not in message


@pytest.mark.parametrize(
    "text",
    [
        "",
        GRID,
        "splitting.method=first_per_class,splitting.count=5",
        "ingestion.label=none,ingestion.pattern=null",
        "ingestion.label=pattern,ingestion.pattern=(.+)_",
        "modelling.strategy=one_vs_rest,modelling.balance=false",
        "featurization.featurizer=efficientnet_lite0,featurization.layer=null",
        "duplicates.enabled=false",
        "mapping.mosaics.styles=[],mapping.grouping.method=null,mapping.page.enabled=false",
    ],
)
def test_what_does_something_is_taken(text):
    checked(text)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.names[0])
def test_conditions_name_parameters_that_there_are(condition):
    for name in (*condition.names, condition.other):
        found = ProjectParameters
        for part in name.split("."):
            assert part in found.model_fields
            found = found.model_fields[part].annotation


def test_a_value_of_a_file_is_allowed_with_another_method(monkeypatch):
    params = {"splitting": {"method": "folder"}}
    loader = OmegaConfigLoader("conf", env="local", runtime_params=params, **CONFIG_LOADER_ARGS)
    parameters = loader["parameters"]
    parameters["splitting"]["count"] = 7  # as conf/local may have it
    assert validate_parameters(parameters, params).splitting.count == 7
    with pytest.raises(InputError, match=r"'splitting\.count' does nothing"):
        validate_parameters(parameters, {})


def test_what_params_leave_without_effect_falls_away_from_a_recipe():
    given = ["--config", "recipes/pets.yml", "--params", "images=/x,ingestion.label=parent"]
    params = run.make_context("run", given).params["params"]
    assert params["ingestion"] == {"label": "parent"}
    typed = {"splitting": {"method": "fraction"}}
    recipe = {"splitting": {"method": "first_per_class", "count": 3}, "dataset": "x"}
    assert without_overruled(recipe, typed) == {
        "splitting": {"method": "first_per_class"},
        "dataset": "x",
    }
    assert without_overruled(recipe, {"splitting": {"method": "fraction", "count": 4}}) == recipe
    assert without_overruled(recipe, {}) == recipe


def test_a_parameter_of_another_pipeline_is_refused():
    search = Pipeline([Node(lambda query: query, "params:query", "found", name="search")])
    refuse_unused({"query": "photo.jpg"}, search)
    refuse_unused({"query": None, "model": None}, search)
    with pytest.raises(InputError, match=r"'model' does nothing in this run: .* prediction"):
        refuse_unused({"model": "data/export", "query": "photo.jpg"}, search)
