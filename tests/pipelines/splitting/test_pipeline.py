"""Copies are looked for before the images are split, where they are left out."""

import pytest

from pixelmill.errors import InputError
from pixelmill.parameters import DuplicatesParameters, IngestionParameters, SplittingParameters
from pixelmill.pipelines import duplicates, featurization, ingestion, modelling, splitting
from pixelmill.pipelines.splitting.pipeline import find_copies_first, find_findings_first

LEAVE_OUT = SplittingParameters(near_duplicates="leave_out")


@pytest.fixture
def pipelines():
    usual = ingestion.create_pipeline() + splitting.create_pipeline()
    return {
        "__default__": usual,
        "splitting": splitting.create_pipeline(),
        "modelling": modelling.create_pipeline(),
    }


def names_of(pipeline):
    return [node.name for node in pipeline.nodes]


def test_copies_are_found_before_images_are_split(pipelines):
    modelling_alone = names_of(pipelines["modelling"])
    find_copies_first(pipelines, LEAVE_OUT, DuplicatesParameters())
    for name in ("__default__", "splitting"):
        order = names_of(pipelines[name])
        assert order.index("find_near_duplicates") < order.index("split_images")
    assert names_of(pipelines["modelling"]) == modelling_alone
    together = pipelines["splitting"] + duplicates.create_pipeline()
    assert names_of(together) == names_of(pipelines["splitting"]), "named beside it, they run once"


def test_copies_need_no_network_and_no_other_run(pipelines):
    find_copies_first(pipelines, LEAVE_OUT, DuplicatesParameters())
    assert "features" not in pipelines["splitting"].inputs()


def test_copies_are_not_searched_where_they_are_kept(pipelines):
    usual = {name: names_of(pipeline) for name, pipeline in pipelines.items()}
    find_copies_first(pipelines, LEAVE_OUT, DuplicatesParameters())
    find_copies_first(pipelines, SplittingParameters(), DuplicatesParameters(enabled=False))
    assert {name: names_of(pipeline) for name, pipeline in pipelines.items()} == usual


def test_copies_that_may_not_be_looked_for_are_refused(pipelines):
    disabled = DuplicatesParameters(enabled=False)
    with pytest.raises(InputError, match=r"leave_out, but duplicates\.enabled is false: set it"):
        find_copies_first(pipelines, LEAVE_OUT, disabled)
    find_copies_first({"modelling": pipelines["modelling"]}, LEAVE_OUT, disabled)


EXCLUDE = IngestionParameters(exclude=("duplicates", "blank"))


def test_findings_are_made_before_images_are_split(pipelines):
    pipelines["__default__"] += featurization.create_pipeline()
    usual = {name: names_of(pipeline) for name, pipeline in pipelines.items()}
    find_findings_first(pipelines, EXCLUDE, DuplicatesParameters())
    for name in ("__default__", "splitting"):
        order = names_of(pipelines[name])
        assert order.index("join_findings") < order.index("exclude_images")
        assert order.index("exclude_images") < order.index("split_images")
        assert "featurize_images" not in order, "features are made with the checks"
    assert names_of(pipelines["modelling"]) == usual["modelling"]
    find_copies_first(pipelines, SplittingParameters(), DuplicatesParameters())
    find_findings_first(pipelines, IngestionParameters(exclude="*.gif"), DuplicatesParameters())
    assert {name: names_of(pipeline) for name, pipeline in pipelines.items()} == usual


def test_copies_that_may_not_be_looked_for_cannot_be_excluded(pipelines):
    disabled = DuplicatesParameters(enabled=False)
    with pytest.raises(InputError, match=r"names duplicates, but duplicates\.enabled is"):
        find_findings_first(pipelines, EXCLUDE, disabled)
    find_findings_first(pipelines, IngestionParameters(exclude=("blank",)), disabled)
