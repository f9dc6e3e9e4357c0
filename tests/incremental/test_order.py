"""The pipeline that a node counts for."""

from kedro.framework.project import configure_project, find_pipelines
from kedro.pipeline import Node

from pixelmill.incremental.order import pipeline_of


def of_another_project(count):
    return count


def test_a_node_belongs_to_the_pipeline_that_wires_it():
    configure_project("pixelmill")
    found = find_pipelines(raise_errors=True)
    counted = {
        name: {pipeline_of(node) for node in pipeline.nodes}
        for name, pipeline in found.items()
        if pipeline.nodes
    }
    assert "featurization" in counted
    assert counted == {name: {name} for name in counted}
    assert pipeline_of(Node(of_another_project, "count", "same", name="same")) == "tests"
