"""Copies that are left out are in neither split, and a table of other images is refused."""

import logging
from collections import Counter
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters, SplittingParameters
from pixelmill.pipelines.duplicates.state import DISABLED, STATE, index_state
from pixelmill.pipelines.splitting.nodes import split_images

SCHEMA = "path string, label string, size long, modified timestamp"
THEN = datetime(2026, 1, 1, tzinfo=UTC)
COMMAND = "kedro run --pipelines ingestion,featurization,duplicates"


def index_of(spark, paths):
    rows = [(path, path.split("/")[0], 10, THEN) for path in paths]
    return spark.createDataFrame(rows, SCHEMA)


def table_of(groups, state):
    rows = [(path, place == 0) for group in groups for place, path in enumerate(group)]
    table = pa.table(
        {
            "path": pa.array([path for path, _ in rows], pa.string()),
            "keep": pa.array([keep for _, keep in rows], pa.bool_()),
        }
    )
    return table.replace_schema_metadata({STATE: state})


def split(index, table, **splitting):
    parameters = SplittingParameters(near_duplicates="leave_out", **splitting)
    splits = split_images(index, {"images": ""}, IngestionParameters(), parameters, table)
    return {row["path"]: row["split"] for row in splits.collect()}


PATHS = [f"{label}/{number}.jpg" for label in ("cat", "dog") for number in range(20)]


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    numbers=st.lists(st.integers(0, 11), min_size=40, max_size=40),
    method=st.sampled_from(["fraction", "first_per_class"]),
)
def test_no_group_has_two_members_in_the_splits(spark, numbers, method):
    groups = {}
    for path, number in zip(PATHS, numbers, strict=True):
        groups.setdefault(number, []).append(path)
    groups = [group for group in groups.values() if len(group) > 1]
    index = index_of(spark, PATHS)
    splits = split(index, table_of(groups, index_state(index)), method=method, count=1)
    assert set(splits) == set(PATHS)
    for group in groups:
        assert [splits[path] == "left_out" for path in group] == [False] + [True] * (len(group) - 1)
    assert Counter(splits.values())["left_out"] == sum(len(group) - 1 for group in groups)


def test_the_images_that_stay_are_divided_as_without_copies(spark, caplog):
    caplog.set_level(logging.INFO, logger="pixelmill")
    index = index_of(spark, PATHS)
    whole = split_images(index, {"images": ""}, IngestionParameters(), SplittingParameters())
    whole = {row["path"]: row["split"] for row in whole.collect()}
    splits = split(index, table_of([PATHS[:3]], index_state(index)))
    assert splits == whole | dict.fromkeys(PATHS[1:3], "left_out")
    assert "2 near-duplicates are in neither of them." in caplog.messages


def test_copies_are_kept_unless_one_asks(spark):
    index = index_of(spark, PATHS)
    table = table_of([PATHS[:3]], "of other images")
    splits = split_images(
        index, {"images": ""}, IngestionParameters(), SplittingParameters(), table
    )
    assert {row["split"] for row in splits.collect()} == {"train", "test"}


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (None, "nobody looked for near-duplicates yet"),
        (DISABLED, "duplicates.enabled was false"),
        ("39 images, abc", "images came, went or changed"),
    ],
)
def test_a_table_that_cannot_be_relied_on_is_one_sentence(spark, state, reason):
    table = None if state is None else table_of([], state)
    with pytest.raises(InputError, match=COMMAND) as refused:
        split(index_of(spark, PATHS), table)
    assert f"splitting.near_duplicates is leave_out, but {reason}" in str(refused.value)


def test_the_state_of_an_index_is_that_of_its_images_alone(spark):
    state = index_state(index_of(spark, PATHS))
    assert index_state(index_of(spark, PATHS[::-1]).repartition(5)) == state
    assert index_state(index_of(spark, PATHS[1:])) != state
    assert index_state(index_of(spark, [])) == "0 images, 0"
