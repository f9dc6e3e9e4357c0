"""Results of a run, printed at its end."""

from collections.abc import Set

import click
from kedro.io import DataCatalog

from pixelmill.pages.formatting import quantity
from pixelmill.summary import (
    labelling,
    mapped,
    shown_path,
    summary,
    with_nothing_computed,
)
from pixelmill.untrusted_text import LONGEST_LINE, safe_text

FILES = {
    "report": "report.html",
    "metrics": "metrics.json",
    "exploration_page": "exploration.html",
    "findings": "findings.parquet",
}
MAP_FILES = {"map_page": "map.html", "scatter.mosaic": "mosaic.png"}
LABELLED = "labelled_images"
MAPPED = "map_summary"
SEARCHED = "search_sheet"
OF_A_RUN = ("source", "profile", "classifier_summary", "metrics")
BESIDE = ("duplicates_summary", "neighbours_summary")
EXPLORED = "exploration_summary"
NOTHING_TO_DO = "nothing to do"
"""Scripts look for this line: every output is up to date."""


def print_outcome(
    made: set[str], catalog: DataCatalog, storage: str, verified: Set[str] = frozenset()
) -> None:
    """Print the results of a run: only of what it made, or found to be what it would make again.

    Args:
        made: Names of the outputs of all nodes that ran or were up to date.
        catalog: Catalog of the run.
        storage: Folder or URI of all tables.
        verified: Names of those that were up to date.
    """
    if LABELLED in made:
        print_labelling(catalog, storage)
    elif SEARCHED in made:
        print_search(catalog, storage)
    else:
        if MAPPED not in made or made & {"metrics", EXPLORED}:
            print_summary(made, catalog, storage, verified)
        if MAPPED in made:
            print_map(made, catalog, storage)


def print_summary(
    made: set[str], catalog: DataCatalog, storage: str, verified: Set[str] = frozenset()
) -> None:
    """Print what a run made of images, features, classifier and figures.

    Args:
        made: Names of the outputs of all nodes that ran.
        catalog: Catalog of the run.
        storage: Folder or URI of all tables.
        verified: Names of those that were up to date.
    """
    names = (*OF_A_RUN, EXPLORED) if MAPPED in made else (*OF_A_RUN, *BESIDE, EXPLORED)
    found = {name: catalog.load(name) for name in names if name in made}
    if "profile" in verified:
        found["profile"] = with_nothing_computed(found["profile"])
    files = [file for name, file in FILES.items() if name in made]
    if not found and not files:
        return
    dataset = catalog.load("params:dataset")
    places = [f"  {shown_path(f'{storage}/08_reporting/{dataset}/{file}')}" for file in files]
    for line in (*summary(dataset, **found), *["open:"] * bool(files), *places):
        _print(line)


def print_labelling(catalog: DataCatalog, storage: str) -> None:
    """Print what a classifier made of new images.

    Args:
        catalog: Catalog of the run, with `labelling_summary`.
        storage: Folder or URI of all tables.
    """
    for line in labelling(catalog.load("labelling_summary")):
        _print(line)
    dataset = catalog.load("params:dataset")
    _print(f"  {shown_path(f'{storage}/07_model_output/{dataset}/{LABELLED}')}")


def print_map(made: set[str], catalog: DataCatalog, storage: str) -> None:
    """Print what the map shows, and the files to open.

    Args:
        made: Names of the outputs of all nodes that ran.
        catalog: Catalog of the run, with `map_summary`.
        storage: Folder or URI of all tables.
    """
    dataset = catalog.load("params:dataset")
    beside = {name: catalog.load(name) for name in BESIDE if name in made}
    for line in mapped(dataset, catalog.load(MAPPED), **beside):
        _print(line)
    for name, file in MAP_FILES.items():
        if name in made and catalog.exists(name):
            _print(f"  {shown_path(f'{storage}/08_reporting/{dataset}/{file}')}")


def print_search(catalog: DataCatalog, storage: str) -> None:
    """Print the place of the picture of a search.

    Args:
        catalog: Catalog of the run.
        storage: Folder or URI of all tables.
    """
    dataset = catalog.load("params:dataset")
    verdict = catalog.load("search_result")["verdict"] if catalog.exists("search_result") else None
    for line in ("", *([verdict] if verdict else []), "open:"):
        _print(line)
    _print(f"  {shown_path(f'{storage}/08_reporting/{dataset}/search.png')}")


def what_was_done(made: Set[str], catalog: DataCatalog) -> str:
    """Say what a pipeline did, in a few words; nothing if there is no number.

    Args:
        made: Names of the datasets that it wrote.
        catalog: Catalog of the run.
    """
    if "source" in made:
        return quantity(catalog.load("source")["count"], "image")
    if made & {"profile", "prediction_profile"}:
        profile = catalog.load("profile" if "profile" in made else "prediction_profile")
        return f"{quantity(profile['images'], 'image')} computed, {profile['failed']:,} failed"
    if "classifier_summary" in made:
        found = catalog.load("classifier_summary")
        if found["trained"]:
            return f"{found['estimator']} trained on {quantity(found['train'], 'image')}"
    return ""


def _print(line: str) -> None:
    """Print a line, with names of classes and groups that others chose made safe."""
    click.echo(safe_text(line, LONGEST_LINE))
