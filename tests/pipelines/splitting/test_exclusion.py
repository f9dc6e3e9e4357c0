"""Images that are left out for a finding are in neither split, and nothing stale is left out."""

from collections import Counter
from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixelmill.datasets.splits_table import Splits
from pixelmill.errors import InputError
from pixelmill.exploration.findings import Finding, tabulate
from pixelmill.parameters import IngestionParameters, SplittingParameters
from pixelmill.pipelines.exploration.state import STATE
from pixelmill.pipelines.splitting.exclusion import exclude_images
from pixelmill.pipelines.splitting.methods import record_of
from pixelmill.pipelines.splitting.nodes import split_usable_images

THEN = datetime(2026, 1, 1, tzinfo=UTC)
PATHS = [f"{label}/{number}.jpg" for label in ("cat", "dog") for number in range(10)]
SPLITTING = SplittingParameters()
NOW = "the state of now"


def index_of(paths=PATHS):
    columns = {
        "path": pa.array(paths, pa.string()),
        "label": pa.array([path.split("/")[0] for path in paths], pa.string()),
        "size": pa.array([10] * len(paths), pa.int64()),
        "modified": pa.array([THEN] * len(paths), pa.timestamp("us", "UTC")),
    }
    return pa.table(columns)


def table_of(*found):
    table = tabulate([Finding(*one) for one in found]).to_pandas()
    table.attrs[STATE] = NOW
    return table


def copy(path, original, kind="near_duplicate"):
    return path, kind, 0.97, "", original


def fault(path, kind="blank"):
    return path, kind, 0.5, ""


def split(index, findings, exclude, earlier=None):
    """The split of each path."""
    ingestion = IngestionParameters(exclude=exclude)
    if earlier is not None:
        columns = [list(earlier), [path.split("/")[0] for path in earlier], list(earlier.values())]
        stored = pa.table(columns, names=["path", "label", "split"])
        earlier = Splits(stored, record_of(SPLITTING))
    excluded = exclude_images(index, findings, NOW, ingestion, SPLITTING, earlier)
    splits = split_usable_images(index, {}, ingestion, SPLITTING, earlier, None, excluded).table
    rows = splits.to_pylist()
    assert len(rows) == len(index)
    return {row["path"]: row["split"] for row in rows}


def test_excluded_images_stay_in_the_table_with_their_reason():
    findings = table_of(
        fault("cat/0.jpg"),
        fault("cat/1.jpg", "dark"),
        copy("dog/1.jpg", "dog/0.jpg", "exact_duplicate"),
        copy("dog/2.jpg", "dog/0.jpg"),
        copy("cat/3.jpg", "cat/0.jpg"),  # its original is blank: it stays
    )
    found = split(index_of(), findings, ("duplicates", "blank", "*.gif"))
    counts = Counter(found.values())
    assert counts["left_out: blank"] == 1
    assert counts["left_out: duplicates"] == 2
    assert found["cat/1.jpg"] in ("train", "test"), "nobody asked to leave dark images out"
    assert found["cat/3.jpg"] in ("train", "test")
    assert counts["train"] + counts["test"] == len(PATHS) - 3
    only = split(index_of(), findings, ("exact_duplicate",))
    assert Counter(only.values())["left_out: exact_duplicate"] == 1


CHAIN = (  # 2 has the bytes of 1, which is near to 0
    copy("dog/1.jpg", "dog/0.jpg"),
    copy("dog/2.jpg", "dog/1.jpg", "exact_duplicate"),
)


@pytest.mark.parametrize(
    ("exclude", "left"),
    [
        (("duplicates",), {"dog/1.jpg", "dog/2.jpg"}),
        (("exact_duplicate", "near_duplicate"), {"dog/1.jpg", "dog/2.jpg"}),
        (("near_duplicate",), {"dog/1.jpg", "dog/2.jpg"}),
        (("exact_duplicate",), {"dog/2.jpg"}),
    ],
)
def test_the_bytes_of_a_copy_leave_with_it_and_no_other_image_does(exclude, left):
    found = split(index_of(), table_of(*CHAIN), exclude)
    assert {path for path, now in found.items() if now.startswith("left_out")} == left


@pytest.mark.parametrize("exclude", [("duplicates",), ("exact_duplicate", "near_duplicate")])
@pytest.mark.parametrize("blank", [None, "dog/0.jpg", "dog/1.jpg", "dog/2.jpg"])
@pytest.mark.parametrize("first", ["dog/0.jpg", "dog/1.jpg", "dog/2.jpg"])
def test_of_a_chain_of_copies_one_stays_whichever_came_first(exclude, blank, first):
    rest = [path for path in PATHS if path not in ("dog/0.jpg", "dog/1.jpg", "dog/2.jpg")]
    before = split(index_of([*rest, first]), table_of(), exclude)
    faults = [] if blank is None else [fault(blank)]
    after = split(index_of(), table_of(*CHAIN, *faults), (*exclude, "blank"), before)
    stay = [f"dog/{n}.jpg" for n in range(3) if after[f"dog/{n}.jpg"] in ("train", "test")]
    assert len(stay) == 1
    if blank != first:
        assert stay == [first]
    assert blank is None or after[blank] == "left_out: blank"


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    pairs=st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(PATHS)), max_size=6),
    blank=st.sets(st.sampled_from(PATHS), max_size=5),
    first=st.integers(4, 20),
)
def test_images_keep_their_split_unless_they_are_faulty(pairs, blank, first):
    """A new copy never takes the place of an image that is in the splits."""
    before = split(index_of(PATHS[:first]), table_of(), ("duplicates", "blank"))
    chosen = {copied: original for copied, original in pairs if copied != original}
    originals = {one: other for one, other in chosen.items() if other not in chosen}
    findings = table_of(*(copy(*pair) for pair in originals.items()), *map(fault, blank))
    after = split(index_of(), findings, ("duplicates", "blank"), before)
    kept = {path for path, was in before.items() if after[path] == was}
    for path in before.keys() - kept:
        original = originals.get(path, path)
        same = {original} | {one for one, other in originals.items() if other == original}
        if path in blank:
            assert after[path] == "left_out: blank"
        else:
            assert after[path] == "left_out: duplicates"
            assert same & kept, "one of the same picture stays where it was"
    assert {path for path, now in after.items() if now == "left_out: blank"} == blank


def test_findings_of_other_images_or_thresholds_are_refused():
    index, ingestion = index_of(), IngestionParameters(exclude=("blank",))
    for state in (None, "the state of yesterday"):
        findings = table_of(fault("cat/0.jpg"))
        findings.attrs = {} if state is None else {STATE: state}
        with pytest.raises(InputError, match="thresholds changed since findings were made: run"):
            exclude_images(index, findings, NOW, ingestion, SPLITTING, None)
    findings = table_of(fault("cat/0.jpg"))
    chosen = exclude_images(index, findings, NOW, ingestion, SPLITTING, None)
    for images, names, table in (
        (index, ("blank", "dark"), chosen),
        (index_of(PATHS[1:]), ("blank",), chosen),
        (index, ("blank",), None),
    ):
        parameters = IngestionParameters(exclude=names)
        with pytest.raises(InputError, match="these images have not been explored yet"):
            split_usable_images(images, {}, parameters, SPLITTING, None, None, table)


def test_the_state_survives_the_file(tmp_path):
    table_of(fault("a")).to_parquet(tmp_path / "findings.parquet", index=False)
    assert pd.read_parquet(tmp_path / "findings.parquet").attrs[STATE] == NOW
