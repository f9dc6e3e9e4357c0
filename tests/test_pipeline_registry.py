"""The pipelines by their names."""

import sys
import warnings
from types import ModuleType
from typing import get_type_hints

import pytest
from click import ClickException
from kedro.framework.project import configure_project, pipelines
from kedro.pipeline import Pipeline
from kedro_viz.data_access.repositories.modular_pipelines import ModularPipelinesRepository
from kedro_viz.utils import _hash, _hash_input_output

from pixelmill.pipeline_registry import KEDRO_IPYTHON, KEDRO_VIZ, register_pipelines
from pixelmill.pipelines.reporting.pipeline import SECTIONS


def names(pipeline):
    return {node.name for node in pipeline.nodes}


def registered():
    configure_project("pixelmill")
    return register_pipelines()


def test_the_default_is_everything_that_is_not_run_by_its_name_alone():
    found = registered()
    default = names(found["__default__"])
    usual = ("collection", "ingestion", "splitting", "featurization", "modelling", "reporting")
    for name in (*usual, "export"):
        assert names(found[name]) < default
    for name in ("mapping", "neighbours", "duplicates", "search", "prediction"):
        assert not names(found[name]) & default


def test_mapping_includes_neighbours_and_duplicates():
    found = registered()
    mapping = names(found["mapping"])
    assert {"project_images", "scatter.draw_mosaic", "write_map_page"} <= mapping
    for name in ("neighbours", "duplicates"):
        assert names(found[name]) < mapping


def test_the_map_is_whole_where_the_command_line_names_it_alone(monkeypatch):
    whole = names(registered()["mapping"])
    monkeypatch.setattr(pipelines, "_requested_pipelines", ["mapping"])
    found = register_pipelines()
    assert names(found["mapping"]) == whole
    assert "modelling" not in found


def test_a_name_that_does_not_exist_is_one_sentence(monkeypatch):
    """Of `kedro registry describe nothing`, and of other commands of Kedro."""
    registered()
    monkeypatch.setattr(pipelines, "_requested_pipelines", ["nothing", "search"])
    with pytest.raises(ClickException, match="no pipeline 'nothing': `kedro registry list`"):
        register_pipelines()


def test_exploration_makes_what_it_needs():
    found = registered()
    for name in ("ingestion", "featurization", "duplicates"):
        assert found[name].outputs() <= found["exploration"].all_outputs()


def test_pipelines_beside_the_exploration_decode_nothing_again():
    found = registered()
    apart = {"featurize_images", "sign_images"}
    for beside in ("__default__", "featurization", "duplicates", "mapping"):
        for both in (found[beside] + found["exploration"], found["exploration"] + found[beside]):
            assert names(both) >= names(found[beside]) - {
                *apart,
                "compare_with_index",
                "compare_signatures",
            }
            assert "featurize_together" in names(both)
            assert not apart & names(both)


def test_exploration_shows_what_it_finds():
    found = registered()
    exploration = names(found["exploration"])
    assert "write_exploration_page" in exploration - names(found["__default__"])
    assert not exploration & names(found["modelling"])


def test_kedro_reads_the_types_of_every_node():
    """Of a node whose annotations it cannot read, parameters stay dictionaries without a check."""
    nodes = {node.name: node for pipeline in registered().values() for node in pipeline.nodes}
    for node in nodes.values():
        assert get_type_hints(node.func) is not None


def test_what_lists_images_collects_them_first():
    found = registered()
    for name in ("ingestion", "exploration", "__default__"):
        assert names(found["collection"]) < names(found[name])
    assert {"list_prediction_urls", "list_new_images"} < names(found["prediction"])


@pytest.fixture
def shown(monkeypatch):
    """The pipelines as kedro-viz loads them."""
    monkeypatch.setitem(sys.modules, KEDRO_VIZ, ModuleType(KEDRO_VIZ))
    return register_pipelines()


def test_kedro_viz_shows_every_node_and_dataset_by_its_name(shown):
    for name, pipeline in registered().items():
        assert shown[name].datasets() == pipeline.datasets()
        ends = [node.name.removeprefix(f"{node.namespace}.") for node in shown[name].nodes]
        assert len(ends) == len(pipeline.nodes)
        assert {end.rpartition(".")[2] for end in ends} == {
            node.name.rpartition(".")[2] for node in pipeline.nodes
        }


def opens_on(pipeline, box="__root__"):
    """What kedro-viz shows of a box before anything in it is expanded: boxes, nodes, datasets."""
    viz = ModularPipelinesRepository()
    viz.populate_tree(pipeline)
    names = {_hash_input_output(name): name for name in pipeline.datasets()}
    names |= {_hash(str(node)): node.name.rpartition(".")[2] for node in pipeline.nodes}
    return {names.get(child.id, f"{child.id}/") for child in viz.tree[box].children}


def test_kedro_viz_opens_on_boxes_and_what_passes_between_them(shown):
    assert opens_on(shown["__default__"]) == {
        *("ingestion/", "image_index", "featurization/", "features", "splitting/", "splits"),
        *("modelling/", "classifier", "predictions", "pairs", "reporting/", "metrics", "report"),
        *("export/", "exported_classifier"),
    }
    assert opens_on(shown["mapping"]) == {
        *("mapping/", "map_page", "neighbours/", "neighbour_index"),
        *("duplicates/", "duplicates_page", "near_duplicates"),
    }


def test_a_notebook_that_reloads_the_project_runs_nodes_of_plain_names(shown, monkeypatch):
    monkeypatch.setitem(sys.modules, KEDRO_IPYTHON, ModuleType(KEDRO_IPYTHON))
    found = register_pipelines()
    assert names(shown["modelling"]) != names(found["modelling"])
    assert names(found["modelling"]) == names(registered()["modelling"])


def test_no_box_goes_on_after_another(shown):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for pipeline in shown.values():
            Pipeline(pipeline.nodes)


def test_kedro_viz_has_boxes_in_large_boxes(shown):
    pipeline = shown["__default__"]
    assert opens_on(pipeline, "ingestion") >= {"ingestion.collection/", "list_images", "source"}
    assert opens_on(pipeline, "modelling") == {
        *("modelling.choosing/", "labelled_features", "chosen_estimator"),
        *("modelling.training/", "modelling.measuring/"),
    }
    boxes = ("run", "classifier", "models", "samples", "features", "similarity")
    inside = {f"reporting.{box}/" for box in boxes} | set(SECTIONS) | {"write_report"}
    assert opens_on(pipeline, "reporting") == inside


def test_kedro_viz_opens_a_divided_package_on_its_parts(shown):
    assert opens_on(shown["modelling"]) == {
        *("choosing/", "training/", "measuring/", "labelled_features", "chosen_estimator"),
        *("classifier", "predictions"),
    }
    assert opens_on(shown["prediction"]) == {
        *("collecting/", "opening/", "featurizing/", "labelling/", "prediction_collected"),
        *("prediction_image_index", "prediction_classifier", "prediction_features"),
    }
    assert opens_on(shown["featurization"]) == {"featurization/", "features"}
