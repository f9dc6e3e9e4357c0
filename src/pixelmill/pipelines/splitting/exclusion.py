"""Images that `ingestion.exclude` leaves out of the splits because of findings."""

from typing import TYPE_CHECKING

from pixelmill.datasets.index_state import index_state
from pixelmill.datasets.splits_table import Splits
from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters, SplittingParameters
from pixelmill.parameters.exploration import COPIES, EXCLUDABLE
from pixelmill.pipelines.exploration.state import STATE
from pixelmill.pipelines.splitting.earlier import earlier_by_path, earlier_splits
from pixelmill.spark.types import ArrowTable, DataFrame, PandasFrame

if TYPE_CHECKING:
    from pyarrow import Schema

    from pixelmill.spark.types import Table

OF_INDEX, NAMES = "image_index", "exclude"  # metadata of the table
COMMAND = "kedro run --pipelines exploration"


def exclude_images(
    image_index: DataFrame,
    findings: PandasFrame,
    findings_state: str,
    ingestion: IngestionParameters,
    splitting: SplittingParameters,
    stored_splits: Splits | None,
) -> ArrowTable:
    """Choose the images that are in neither split.

    Of the copies of a picture one stays: the one that is in the splits already, so that a new copy
    moves no image; else the one that the findings suggest to keep, or the first by path.

    Args:
        image_index: Columns `path`, `size`, `modified`.
        findings: The table of that name.
        findings_state: What it must be made from.
        ingestion: Names the kinds of findings.
        splitting: The splits of an earlier run count where these are the same.
        stored_splits: What an earlier run left, or None.

    Returns:
        `path` and `kind`: as `ingestion.exclude` names it, the first where there are several.

    Raises:
        InputError: The findings are of other images or thresholds.
    """
    import pyarrow as pa

    if findings.attrs.get(STATE) != findings_state:
        raise InputError(
            "ingestion.exclude names findings, but images, labels or thresholds changed since "
            f"findings were made: run `{COMMAND}` first"
        )
    names = excluded_names(ingestion, splitting)
    of_copies = [name for name in names if EXCLUDABLE[name][0] in COPIES]
    chosen: dict[str, str] = {}
    for name in names:
        if name not in of_copies:
            rows = findings[findings["kind"].isin(EXCLUDABLE[name])]
            chosen |= {path: name for path in rows["path"] if path not in chosen}
    # A copy of a picture that is left out for another reason may take its place.
    if of_copies:
        earlier = earlier_splits(stored_splits, splitting)
        chosen |= _copies(findings, of_copies, set(chosen), earlier)
    table = pa.table({"path": list(chosen), "kind": list(chosen.values())}, schema=_schema())
    return table.replace_schema_metadata(
        {OF_INDEX: index_state(image_index), NAMES: ",".join(names)}
    )


def excluded_names(
    ingestion: IngestionParameters, splitting: SplittingParameters
) -> tuple[str, ...]:
    """Return which findings are left out: near-duplicates also where `splitting` asks for it.

    Args:
        ingestion: Names findings in `exclude`.
        splitting: Parameters; uses `near_duplicates`.
    """
    copies = ("duplicates",) if splitting.near_duplicates == "leave_out" else ()
    return tuple(dict.fromkeys((*ingestion.excluded_findings, *copies)))


def check_excluded(
    excluded: ArrowTable | None, image_index: DataFrame, names: tuple[str, ...]
) -> ArrowTable:
    """Return the table of `exclude_images`, or refuse it if it is of other images.

    Args:
        excluded: The table, or None.
        image_index: Columns `path`, `size`, `modified`.
        names: Findings that `ingestion.exclude` names.

    Raises:
        InputError: The findings are of other images or other kinds, or missing.
    """
    metadata = {} if excluded is None else excluded.schema.metadata or {}
    wanted = {OF_INDEX: index_state(image_index), NAMES: ",".join(names)}
    if (
        excluded is None
        or {name: metadata.get(name.encode(), b"").decode() for name in wanted} != wanted
    ):
        raise InputError(
            f"ingestion.exclude names {', '.join(names)}, but these images have not been "
            "explored yet: run `kedro run --pipelines splitting` without choosing among its nodes"
        )
    return excluded


def _copies(
    findings: PandasFrame, names: list[str], gone: set[str], earlier: "Table"
) -> dict[str, str]:
    """Return the copies of which another one stays in the splits, and the name of each.

    Args:
        findings: Columns `path`, `kind`, and `related_path`: what it is a copy of.
        names: Which copies are left out, keys of `EXCLUDABLE`.
        gone: Paths that are left out already.
        earlier: Splits of an earlier run, columns `path` and `earlier`.
    """
    copies = findings[findings["kind"].isin(COPIES)]
    kinds = dict(zip(copies["path"], copies["kind"], strict=True))
    name_of = {kind: name for name in reversed(names) for kind in EXCLUDABLE[name]}
    rows = copies[copies["kind"].isin(list(name_of))]
    original = dict(zip(rows["path"], rows["related_path"], strict=True))
    # What has the bytes of a copy is in the group of that copy.
    groups = {path: original.get(of, of) for path, of in original.items()}
    members = sorted({*groups, *groups.values()} - gone)
    split = earlier_by_path(earlier, members)
    ordered = sorted(members, key=lambda path: (path not in split, path in groups))
    staying = {groups.get(path, path): path for path in reversed(ordered)}
    left = [path for path in members if staying[groups.get(path, path)] != path]
    # Near ones alone are left out: with each go those that have its bytes.
    rows = copies[~copies["kind"].isin(list(name_of)) & copies["related_path"].isin(left)]
    left += sorted({*rows["path"]} - gone - {*left})
    return {path: name_of.get(kinds.get(path, ""), names[0]) for path in left}


def _schema() -> "Schema":
    import pyarrow as pa

    return pa.schema({"path": pa.string(), "kind": pa.string()})
