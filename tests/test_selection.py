"""Names on the command line, and runs that begin in the middle of a pipeline."""

import pytest
from kedro.config import OmegaConfigLoader
from kedro.framework.project import configure_project, pipelines
from kedro.pipeline import Node, Pipeline

from pixelmill.errors import InputError
from pixelmill.project_session import StorageCheck
from pixelmill.selection import (
    check_environment,
    find_pipeline,
    refuse_unknown,
    select_nodes,
    taken_parameters,
    with_producers,
)
from pixelmill.settings import CONFIG_LOADER_ARGS

REGISTERED = ("__default__", "mapping", "exploration", "prediction", "search", "reporting")


@pytest.fixture(scope="module")
def registered():
    """The project's pipelines by name."""
    configure_project("pixelmill")
    pipelines.set_requested(None)
    return dict(pipelines.items())


@pytest.fixture(scope="module")
def is_kept():
    """Whether the project's catalog keeps a dataset in the storage."""
    loader = OmegaConfigLoader("conf", env="local", **CONFIG_LOADER_ARGS)
    return StorageCheck(loader)


@pytest.mark.parametrize("name", REGISTERED)
def test_a_run_may_begin_at_every_node(registered, is_kept, name):
    whole = registered[name]
    for node in whole.nodes:
        selected = select_nodes(whole, {"from_nodes": [node.name]})
        completed, added = with_producers(selected, whole, is_kept)
        made = whole.all_outputs()
        assert [each for each in completed.inputs() if each in made and not is_kept(each)] == []
        assert {one.name for one in completed.nodes} == {
            *(one.name for one in selected.nodes),
            *added,
        }


def test_only_what_is_missing_is_added(registered, is_kept):
    whole = registered["__default__"]
    selected = select_nodes(whole, {"node_names": ["train_classifier"]})
    assert with_producers(selected, whole, is_kept)[1] == ["join_features"]
    selected = select_nodes(whole, {"to_nodes": ["train_classifier"]})
    assert with_producers(selected, whole, is_kept) == (selected, [])


def test_a_dataset_factory_keeps_what_it_matches():
    entry = {"type": "pandas.CSVDataset", "filepath": "{name}.csv"}
    kept = StorageCheck({"catalog": {"{name}_table": entry}})
    assert kept("my_table")
    assert not kept("my_list")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"from_nodes": ["trane"]}, "--from-nodes: there is no 'trane': did you mean 'train'?"),
        ({"node_names": ("xyz",)}, "--nodes: there is no 'xyz': known are deep.draw, list, train"),
        ({"to_outputs": ["modle"]}, "--to-outputs: there is no 'modle': did you mean 'model'?"),
        ({"from_inputs": ["q"]}, "--from-inputs: there is no 'q': known are "),
        ({"tags": ("qick",)}, "--tags: there is no 'qick': did you mean 'quick'?"),
        ({"namespaces": ["dep"]}, "--namespaces: there is no 'dep': did you mean 'deep'?"),
        ({"from_nodes": ["train"], "to_nodes": ["list"]}, "no node is left to run: "),
    ],
)
def test_a_name_that_does_not_exist_suggests_the_nearest(options, sentence):
    whole = Pipeline(
        [
            Node(len, "images", "index", name="list", tags="quick"),
            Node(len, "index", "model", name="train"),
            Node(len, "model", "deep.figure", name="draw", namespace="deep"),
        ]
    )
    with pytest.raises(InputError) as problem:
        select_nodes(whole, options)
    assert str(problem.value).startswith(sentence)


def test_a_pipeline_that_does_not_exist_suggests_the_nearest(registered):
    pipelines.set_requested(["modeling"])  # as a run does
    with pytest.raises(InputError, match=r"--pipelines: .*did you mean 'modelling'\?"):
        find_pipeline(["modeling"])


def test_an_environment_that_does_not_exist_suggests_the_nearest():
    check_environment("conf", "emr")
    check_environment("conf.tar.gz", "other")  # Kedro looks into archives
    with pytest.raises(InputError, match=r"--env: there is no 'locl': did you mean 'local'\?"):
        check_environment("conf", "locl")


def test_a_long_list_of_names_is_cut():
    with pytest.raises(InputError, match=r"known are a0, .*, …$"):
        refuse_unknown("--nodes", "zzz", (f"a{number}" for number in range(99)))


def test_the_parameters_of_all_pipelines_are_known_whatever_was_asked_for(registered):
    pipelines.set_requested(["export"])
    assert {"dataset", "images", "mapping", "query"} <= taken_parameters()
    assert "ingestion" not in list(pipelines)
