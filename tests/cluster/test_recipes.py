"""Recipes run on the cluster, and come to what they come to on a laptop."""

import io
import json

import pytest
from PIL import Image

from tests.cluster.project import assert_same
from tests.recipe_runs import RECIPES, config_of, params_of

pytestmark = pytest.mark.timeout(1200)  # the first test waits for the runs of all

# What a clock measured, and the digest of the classifier, whose last digits differ.
OF_THE_RUN = {"seconds", "images_per_second", "classifier"}
# All but the digits, of which every step is one of the fruits or the colours too.
CHOSEN = sorted(RECIPES.keys() - {"digits"})
CLASSIFYING = [name for name in CHOSEN if name != "brands"]


@pytest.fixture(scope="module")
def places(store, recipe_images):
    """URIs of the images of these recipes in the bucket."""
    for name in CHOSEN:
        folder = recipe_images(name)
        for image in sorted(file for file in folder.rglob("*") if file.is_file()):
            store.put_files([image], f"recipes/{name}/{image.parent.relative_to(folder)}")
    return {name: f"s3://{store.bucket}/recipes/{name}" for name in CHOSEN}


@pytest.fixture(scope="module")
def there(new_project, live_application, places):
    """The project after they ran on the cluster."""
    application, project = live_application(), new_project("recipes")
    for name, place in places.items():
        status, output = project.start(application, params_of(name, place), *config_of(name)).end()
        assert status == 0, output
        assert f"{project.storage}/08_reporting/{name}" in output
    return project


def figures_of(found, name=""):
    """Every figure of a JSON document by its place; without what is of one run alone."""
    if isinstance(found, dict):
        entries = found.items()
    elif isinstance(found, list):
        entries = enumerate(found)
    else:
        return {name: found}
    figures = [figures_of(each, f"{name}/{key}") for key, each in entries if key not in OF_THE_RUN]
    return {place: each for some in figures for place, each in some.items()}


@pytest.mark.parametrize("dataset", CLASSIFYING)
def test_a_recipe_comes_to_the_same_on_the_cluster(there, recipe_project, dataset):
    here = recipe_project(dataset)
    assert_same(there.features(dataset), here.features(dataset))
    metrics = f"08_reporting/{dataset}/metrics.json"
    ours, theirs = figures_of(there.json(metrics)), figures_of(here.json(metrics))
    assert ours.keys() == theirs.keys()
    for place, figure in ours.items():
        # Sums over partitions of another number differ in their last digit.
        exact = not isinstance(figure, float)
        assert figure == (theirs[place] if exact else pytest.approx(theirs[place], rel=1e-9)), place
    folder = there.storage.removeprefix(f"s3://{there.store.bucket}/")
    report = there.store.read(f"{folder}/08_reporting/{dataset}/report.html")
    assert b"<html" in report


def test_the_map_of_the_brands_is_on_s3(there, recipe_images):
    count = len(list(recipe_images("brands").glob("*/*.jpg")))
    folder = f"{there.storage.removeprefix(f's3://{there.store.bucket}/')}/08_reporting/brands"
    found = json.loads(there.store.read(f"{folder}/map.json"))
    assert (found["images"], found["failed"]) == (count, 0)
    assert found["neighbours"]["trustworthiness"] > 0.85
    assert b"<html" in there.store.read(f"{folder}/map.html")
    for name in ("mosaic.png", "mosaic.jpg", "mosaic_grid.jpg", "mosaic_bordered.jpg"):
        with Image.open(io.BytesIO(there.store.read(f"{folder}/{name}"))) as mosaic:
            assert mosaic.size == (600, 600)
    index = json.loads(there.store.read(f"{folder}/neighbours.json"))
    assert (index["images"], index["recall"]) == (count, pytest.approx(1, abs=0.03))
