"""The recipe of colours, from the start pages of a gallery to the report."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

RECIPE = Path("recipes/colours.yml")
COLLECTOR = Path("recipes/collectors/colours.yml")
COLLECTED = "ingestion.label=column,ingestion.column=label"


@pytest.fixture
def quick(tmp_path):
    """The recipe with two points of its grid, and its collector without pauses."""
    recipe = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))
    grid = recipe["run"]["params"]["modelling"]["grid"]
    grid["folds"], grid["points"] = 2, grid["points"][:1]
    grid["points"][0]["parameters"] = {"C": [10, 100], "gamma": [0.01]}
    collector = yaml.safe_load(COLLECTOR.read_text(encoding="utf-8"))
    collector |= {"politeness": {"delay": 0}, "limits": {"wait": 3}}
    for name, content in {"recipe.yml": recipe, "collector.yml": collector}.items():
        (tmp_path / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    return tmp_path / "recipe.yml", tmp_path / "collector.yml"


def test_colours_goes_from_the_gallery_to_the_report(site, quick, project, run_here, chromium_path):
    recipe, collector = quick
    assert f"collection.gallery={COLLECTOR},{COLLECTED}" in RECIPE.read_text(encoding="utf-8")
    own_site = "collection.private_addresses=true,collection.requests_per_second=1000"
    given = f"images={site.url}/,collection.gallery={collector},{COLLECTED},{own_site}"
    run_here(project, given, "--config", str(recipe))
    came = project.table("02_intermediate/colours/collected")
    photos = {f"{photo.partition('?')[0]}?…" for photo in site.photos(*site.works)}
    assert {row["url"] for row in came} == photos
    assert {row["status"] for row in came} == {"ok"}
    assert Counter(row["label"] for row in came) == {
        colour: len(names) for colour, names in site.works.items()
    }
    metrics = project.json("08_reporting/colours/metrics.json")
    images = {row["sha256"] for row in came}  # some photos have the same bytes
    assert (metrics["classes"], metrics["train"] + metrics["test"]) == (11, len(images))
    assert metrics["accuracy"] > 0.5  # of 11 colours, from about five photos each
    report = (project.storage / "08_reporting/colours/report.html").read_text(encoding="utf-8")
    assert all(colour in report for colour in site.works)
    assert not list(project.storage.glob("02_intermediate/colours/url_list*"))
