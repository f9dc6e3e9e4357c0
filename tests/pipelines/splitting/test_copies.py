"""Copies that are left out are in neither split, and a table of other images is refused."""

import logging
from collections import Counter
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixelmill.datasets.index_state import DISABLED, STATE, index_state
from pixelmill.datasets.splits_table import Splits
from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters, SplittingParameters
from pixelmill.pipelines.splitting.methods import record_of
from pixelmill.pipelines.splitting.nodes import split_images

SCHEMA = pa.schema(
    {
        "path": pa.string(),
        "label": pa.string(),
        "size": pa.int64(),
        "modified": pa.timestamp("us", "UTC"),
    }
)
THEN = datetime(2026, 1, 1, tzinfo=UTC)
COMMAND = "kedro run --pipelines ingestion,duplicates"


def index_of(paths):
    rows = [dict(zip(SCHEMA.names, (path, path.split("/")[0], 10, THEN), strict=True))
            for path in paths]  # fmt: skip
    return pa.Table.from_pylist(rows, SCHEMA)


def table_of(groups, state):
    rows = [
        (number, path, place == 0)
        for number, group in enumerate(groups)
        for place, path in enumerate(group)
    ]
    types = {"group": pa.int32(), "path": pa.string(), "keep": pa.bool_()}
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    table = pa.table(
        {name: pa.array(column, types[name]) for name, column in zip(types, columns, strict=True)}
    )
    return table.replace_schema_metadata({STATE: state})


def split(index, table, earlier=None, **splitting):
    parameters = SplittingParameters(near_duplicates="leave_out", **splitting)
    if earlier is not None:
        columns = [list(earlier), [path.split("/")[0] for path in earlier], list(earlier.values())]
        stored = pa.table(columns, names=["path", "label", "split"])
        earlier = Splits(stored, record_of(parameters))
    splits = split_images(
        index, {"images": ""}, IngestionParameters(), parameters, table, earlier
    ).table
    return {row["path"]: row["split"] for row in splits.to_pylist()}


PATHS = [f"{label}/{number}.jpg" for label in ("cat", "dog") for number in range(20)]


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    numbers=st.lists(st.integers(0, 11), min_size=40, max_size=40),
    method=st.sampled_from(["fraction", "first_per_class"]),
)
def test_no_group_has_two_members_in_the_splits(numbers, method):
    groups = {}
    for path, number in zip(PATHS, numbers, strict=True):
        groups.setdefault(number, []).append(path)
    groups = [group for group in groups.values() if len(group) > 1]
    index = index_of(PATHS)
    splits = split(index, table_of(groups, index_state(index)), method=method, count=1)
    assert set(splits) == set(PATHS)
    for group in groups:
        assert [splits[path] == "left_out" for path in group] == [False] + [True] * (len(group) - 1)
    assert Counter(splits.values())["left_out"] == sum(len(group) - 1 for group in groups)


def test_the_images_that_stay_are_divided_as_without_copies(caplog):
    caplog.set_level(logging.INFO, logger="pixelmill")
    index = index_of(PATHS)
    rest = index_of(PATHS[:1] + PATHS[3:])
    divided = split_images(rest, {"images": ""}, IngestionParameters(), SplittingParameters())
    divided = {row["path"]: row["split"] for row in divided.table.to_pylist()}
    splits = split(index, table_of([PATHS[:3]], index_state(index)))
    assert splits == divided | dict.fromkeys(PATHS[1:3], "left_out")
    assert "2 near-duplicates are in neither of them." in caplog.messages


def test_copies_are_kept_unless_one_asks():
    index = index_of(PATHS)
    table = table_of([PATHS[:3]], "of other images")
    splits = split_images(
        index, {"images": ""}, IngestionParameters(), SplittingParameters(), table
    )
    assert {row["split"] for row in splits.table.to_pylist()} == {"train", "test"}


def test_a_larger_copy_that_comes_later_moves_no_image():
    earlier = split(index_of(PATHS[1:]), table_of([], index_state(index_of(PATHS[1:]))))
    index = index_of(PATHS)
    groups = [[PATHS[0], PATHS[5]]]  # the table suggests to keep the new one
    splits = split(index, table_of(groups, index_state(index)), earlier)
    assert splits == earlier | {PATHS[0]: "left_out"}


def test_a_copy_that_connects_two_images_leaves_one_of_them():
    earlier = split(index_of(PATHS[1:]), table_of([], index_state(index_of(PATHS[1:]))))
    index = index_of(PATHS)
    groups = [[PATHS[0], PATHS[5], PATHS[7]]]
    splits = split(index, table_of(groups, index_state(index)), earlier)
    assert splits == earlier | {PATHS[0]: "left_out", PATHS[7]: "left_out"}


def test_an_image_whose_original_went_is_divided_as_a_new_one():
    index = index_of(PATHS[1:])
    earlier = dict.fromkeys(PATHS, "test") | {PATHS[1]: "left_out"}
    splits = split(index, table_of([], index_state(index)), earlier)
    assert splits[PATHS[1]] == "train"


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (None, "near-duplicates have not been searched yet"),
        (DISABLED, "duplicates.enabled was false"),
        ("39 images, abc", "images came, went or changed"),
    ],
)
def test_a_table_that_cannot_be_relied_on_is_one_sentence(state, reason):
    table = None if state is None else table_of([], state)
    with pytest.raises(InputError, match=COMMAND) as refused:
        split(index_of(PATHS), table)
    assert f"splitting.near_duplicates is leave_out, but {reason}" in str(refused.value)


def test_the_state_of_an_index_is_that_of_its_images_alone(spark):
    state = index_state(index_of(PATHS))
    assert index_state(index_of(PATHS[::-1])) == state
    assert index_state(spark.createDataFrame(index_of(PATHS)).repartition(5)) == state
    assert index_state(index_of(PATHS[1:])) != state
    assert index_state(index_of([])) == "0 images, 0"
