"""Parameters: what is wrong, where, and what was probably meant, in one sentence."""

import copy
from pathlib import Path

import pytest
from kedro.config import OmegaConfigLoader
from omegaconf import OmegaConf
from pydantic import BaseModel

from pixelmill.errors import InputError
from pixelmill.parameters import ProjectParameters
from pixelmill.settings import CONFIG_LOADER_ARGS
from pixelmill.validation import validate_parameters

GOOD = {
    "dataset": "pets",
    "images": None,
    "ingestion": {},
    "splitting": {},
    "featurization": {},
    "modelling": {},
    "reporting": {},
    "spark": {},
}


def with_value(group, name, value):
    parameters = copy.deepcopy(GOOD)
    parameters[group][name] = value
    return parameters


def sentence(parameters):
    with pytest.raises(InputError) as problem:
        validate_parameters(parameters)
    assert "\n" not in str(problem.value)
    return str(problem.value)


FILES = {
    group: file.stem
    for file in Path("conf/base/parameters").glob("*.yml")
    for group in OmegaConf.load(file)
}
GROUPS = sorted(
    name
    for name, field in ProjectParameters.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
)
# What follows the storage and the data set, and older names of parameters.
ELSEWHERE = {"collection": {"folder", "gallery_folder"}, "ingestion": {"downloads"}}


@pytest.fixture(scope="module")
def written():
    """The parameters of `conf/base` as they are written, without an environment's."""
    return OmegaConfigLoader("conf", env="base", **CONFIG_LOADER_ARGS)["parameters"]


@pytest.mark.parametrize("group", GROUPS)
def test_defaults_are_those_of_the_configuration(written, group):
    """A value in `conf/base` and in the model must not differ between the two."""
    kept = ELSEWHERE.get(group, set())
    default, typed = (
        getattr(validate_parameters(one), group).model_dump(exclude=kept) for one in (GOOD, written)
    )
    assert typed == default


@pytest.mark.parametrize("group", GROUPS)
def test_parameters_have_the_module_of_their_file(group):
    kind = ProjectParameters.model_fields[group].annotation
    assert kind.__module__ == f"pixelmill.parameters.{FILES[group]}"


def test_a_misspelt_group_suggests_the_right_one():
    parameters = GOOD | {"featurisation": {}}
    assert sentence(parameters) == (
        "unknown parameter 'featurisation': did you mean 'featurization'?"
    )


def test_a_misspelt_parameter_suggests_the_right_one():
    assert sentence(with_value("featurization", "batchsize", 8)) == (
        "unknown parameter 'featurization.batchsize': did you mean 'batch_size'?"
    )


def test_a_misspelt_part_of_a_part_suggests_the_right_one():
    assert sentence(with_value("modelling", "preparation", {"scael": True})) == (
        "unknown parameter 'modelling.preparation.scael': did you mean 'scale'?"
    )
    assert sentence(with_value("modelling", "grid", {"points": [{"estimatr": "x"}]})) == (
        "unknown parameter 'modelling.grid.points.0.estimatr': did you mean 'estimator'?"
    )


@pytest.mark.parametrize("pca", [0, -3, 1.0, 1.5])
def test_components_are_a_number_or_a_share(pca):
    assert f"pca: {pca} is neither a number of components (1, 2, …) nor a share" in sentence(
        with_value("modelling", "preparation", {"pca": pca})
    )


@pytest.mark.parametrize("pca", [None, 1, 100, 0.95])
def test_numbers_and_shares_of_components_are_taken(pca):
    parameters = validate_parameters(with_value("modelling", "preparation", {"pca": pca}))
    assert parameters.modelling.preparation.pca == pca


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [
        ("featurization", "batch_size", 0),
        ("featurization", "pooling", "mean"),
        ("featurization", "precision", "int3"),
        ("splitting", "test_fraction", 1.0),
        ("splitting", "method", "random"),
        ("splitting", "count", -1),
        ("splitting", "seed", 2**63),
        ("modelling", "grid.seed", -1),
        ("mapping", "projection.seed", 2**32),
        ("ingestion", "label", "folder"),
        ("spark", "driver_memory", "lots"),
    ],
)
def test_an_impossible_value_is_reported_with_its_name(group, name, value):
    *parts, last = name.split(".")
    given = {part: {last: value} for part in parts} or {last: value}
    message = sentence(GOOD | {group: given})
    assert f"'{group}.{name}'" in message
    assert repr(value) in message


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (GOOD | {"dataset": "a b"}, "'a b' is not a name of letters, digits"),
        (GOOD | {"spark": {"driver_memory": "2GB"}}, "'2GB' is not a whole number with k, m or g"),
        (GOOD | {"splitting": 0.2}, "it is a group of method, test_fraction"),
        (GOOD | {"modelling": {"grid": {}}}, "parameter 'modelling.grid.points' is missing"),
        (with_value("modelling", "preparation", {"pca": "95%"}), "pca' is '95%'"),
    ],
)
def test_what_is_expected_is_said_in_words(parameters, expected):
    assert expected in sentence(parameters)


@pytest.mark.parametrize(
    ("group", "values"),
    [("splitting", {"seed": True}), ("modelling", {"preparation": {"pca": True}})],
)
def test_true_and_false_are_no_numbers(group, values):
    assert "it is true, and should be a number" in sentence(GOOD | {group: values})


def test_a_number_in_a_file_where_a_text_belongs_gets_advice():
    assert sentence(GOOD | {"dataset": 2024}) == (
        "parameter 'dataset' is 2024: it is a text, so put it into quotes in the YAML file"
    )


@pytest.mark.parametrize(
    ("group", "values", "needs"),
    [
        ("ingestion", {"label": "pattern"}, "ingestion.pattern"),
        ("ingestion", {"label": "column"}, "ingestion.column"),
        ("splitting", {"method": "column"}, "splitting.column"),
    ],
)
def test_a_choice_that_needs_another_parameter_names_it(group, values, needs):
    assert needs in sentence(GOOD | {group: values})


@pytest.mark.parametrize("name", ["", "../secrets", "a/b", "-x", "a b"])
def test_a_dataset_is_the_name_of_a_folder(name):
    assert "'dataset'" in sentence(GOOD | {"dataset": name})


@pytest.mark.parametrize(
    ("name", "given", "taken"),
    [
        ("prices", {}, set()),  # for a notebook, or a pipeline that is not written yet
        ("prices", {"prices": {"currency": "EUR"}}, {"prices"}),
        ("prices", {"prices": {"currency": "EUR"}}, {"parameters"}),
        ("evaluation", {}, set()),
        ("report", {}, {"report"}),  # nearly one of ours, but a node takes it
    ],
)
def test_a_project_has_parameters_of_its_own(name, given, taken):
    typed = validate_parameters(GOOD | {name: {"currency": "EUR"}}, given, lambda: taken)
    assert not hasattr(typed, name)


def test_a_name_like_one_of_ours_is_a_typing_error_unless_a_node_takes_it():
    with pytest.raises(InputError, match="unknown parameter 'report': did you mean 'reporting'"):
        validate_parameters(GOOD | {"report": {}}, {}, lambda: {"parameters"})


def test_a_parameter_outside_its_group_is_reported_with_its_place():
    with pytest.raises(InputError, match=r"did you mean 'featurization\.batch_size'"):
        validate_parameters(GOOD | {"batch_size": 8})


def test_a_parameter_that_is_given_for_a_run_must_do_something():
    with pytest.raises(InputError, match=r"unknown parameter 'mlflow': .* no pipeline takes"):
        validate_parameters(GOOD | {"mlflow": 1}, {"mlflow": 1}, lambda: {"other"})
