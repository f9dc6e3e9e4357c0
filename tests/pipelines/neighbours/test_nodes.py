"""What a run says of the index."""

import logging

import pytest

from pixelmill.datasets.neighbour_index import StoredIndex
from pixelmill.neighbours.folder import write_manifest
from pixelmill.neighbours.manifest import ChunkCount, Manifest, Recall, Update
from pixelmill.parameters import NeighboursParameters
from pixelmill.pipelines.neighbours.nodes import log_update, plan_index, sum_up_index


@pytest.fixture
def stored(tmp_path):
    """An index of nine images, as a run left it."""
    manifest = Manifest(
        featurizer={"fingerprint": "0123", "parts": []},
        parameters=NeighboursParameters(),
        dimension=4,
        count=9,
        chunks={"a": ChunkCount(images=9, unusable=2)},
        recall=Recall(share=0.98, k=8, queries=9, images=9, changes=9),
        update=Update(added=3, removed=1, rebuilt="metric was euclidean", seconds=0.5),
    )
    folder = tmp_path / "_neighbours"
    write_manifest(str(folder), manifest)
    for place in ("chunk=a", "_committed"):
        (tmp_path / place).mkdir()
    for file in ("chunk=a/part-0.parquet", "_committed/a"):
        (tmp_path / file).touch()
    return StoredIndex(str(folder), "kedro run")


def test_the_summary_has_what_was_done_and_how_good_the_index_is(stored, caplog):
    with caplog.at_level(logging.INFO):
        summary = sum_up_index(stored, NeighboursParameters())
    parameters = summary.pop("parameters")
    assert summary == {
        "images": 9,
        "unusable": 2,
        "dimension": 4,
        "added": 3,
        "removed": 1,
        "rebuilt": "metric was euclidean",
        "seconds": 0.5,
        "recall": 0.98,
        "k": 8,
        "queries": 9,
    }
    assert parameters["metric"] == "cosine"
    assert caplog.messages == [
        "Neighbours: 9 images, 3 added, 1 removed, 0.5 s.",
        "The index was rebuilt: metric was euclidean.",
        "Left out of all lists of neighbours: 2 images whose features are zero or not finite.",
    ]


def test_a_warning_names_what_the_metric_cannot_compare(caplog):
    manifest = Manifest(
        featurizer={},
        parameters=NeighboursParameters(metric="euclidean"),
        chunks={"a": ChunkCount(images=9, unusable=2)},
    )
    log_update(manifest)
    assert caplog.messages[-1].endswith("whose features are too large for float16 or not finite.")


def test_where_no_index_is_wanted_there_is_nothing_to_sum_up(tmp_path):
    nowhere = StoredIndex(str(tmp_path), "kedro run")
    assert sum_up_index(nowhere, NeighboursParameters(enabled=False)) == {}


def test_the_plan_names_featurizer_parameters_and_root():
    parameters = NeighboursParameters()
    plan = plan_index({"fingerprint": "0123"}, None, None, {"root": "/photos"}, parameters)
    assert (plan.featurizer, plan.parameters, plan.root) == (
        {"fingerprint": "0123"},
        parameters,
        "/photos",
    )
