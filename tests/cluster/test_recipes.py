"""Recipes run on the cluster, and come to what they come to on a laptop."""

import io
import itertools
import json

import pytest
from PIL import Image

from tests.cluster.project import assert_same
from tests.conftest import Project
from tests.test_recipes import OFFLINE, RECIPES

pytestmark = pytest.mark.timeout(1200)  # the first test waits for the runs of all

SETTLED = "ingestion.label=parent"
EXACT = f"{OFFLINE},featurization.precision=float32"
MORE = {
    "pets": ",splitting.count=5",
    "colours": ",modelling.grid.folds=3",
    "brands": ",featurization.pooling=max,mapping.mosaics.size=600",
}
# What a clock measured, and the digest of the classifier, whose last digits differ.
OF_THE_RUN = {"seconds", "images_per_second", "classifier"}
# All but the digits, of which every step is one of the fruits or the colours too.
CHOSEN = sorted(RECIPES.keys() - {"digits"})
CLASSIFYING = [name for name in CHOSEN if name != "brands"]


def first_of_each(folder, count):
    """The first images of each folder of a folder."""
    for place in sorted(each for each in folder.iterdir() if each.is_dir()):
        yield from itertools.islice(sorted(place.iterdir()), count)


def fruits(folder):
    """Three kinds of fruit: name of the image in its set, and the file."""
    for side, count in {"Training": 12, "Test": 8}.items():
        for image in first_of_each(folder / side, count):
            if image.parent.name.startswith("Tomato"):
                yield f"{side}/{image.parent.name}/{image.name}", image


def as_they_lie(folder, count):
    """Name of the image in its set, and the file."""
    for image in first_of_each(folder, count):
        yield f"{image.parent.name}/{image.name}", image


def images_of(name, assets):
    """Some real images for a recipe: few, since a run's start takes as long as hundreds."""
    match name:
        case "fruits":
            return fruits(assets / "fruits")
        case "brands":
            return as_they_lie(assets / "pets", 2)
        case "pets":
            return itertools.islice(as_they_lie(assets / "pets", 7), 8 * 7)
    return as_they_lie(assets / name, 7)


def params_of(name, images):
    """Parameters of a recipe, the same on the cluster and here."""
    network = "" if name == "colours" else f",{EXACT}"
    return f"images={images},{SETTLED}{network}{MORE.get(name, '')}"


@pytest.fixture(scope="module")
def images(assets, store, tmp_path_factory):
    """The images of these recipes, each in a folder of its name: here, and in the bucket."""
    folder = tmp_path_factory.mktemp("recipes")
    for name in CHOSEN:
        for place, image in images_of(name, assets):
            link = folder / name / place
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(image)
            store.put_files([image], f"recipes/{name}/{link.parent.relative_to(folder / name)}")
    return folder


@pytest.fixture(scope="module")
def there(whole_cluster, new_project, application, images):
    """The project after they ran on the cluster."""
    whole_cluster.restore()
    project = new_project("recipes")
    places = {name: f"s3://{project.store.bucket}/recipes/{name}" for name in CHOSEN}
    for name, place in places.items():
        status, output = project.start(application, params_of(name, place), *config_of(name)).end()
        assert status == 0, output
        assert f"{project.storage}/08_reporting/{name}" in output
    return project


def config_of(name):
    return "--config", str(RECIPES[name])


@pytest.fixture(params=CLASSIFYING)
def both(request, there, images, run_here, project_here):
    """The data set of a recipe, and the projects in which it ran on the cluster and here."""
    name = request.param
    run_here(project_here, params_of(name, images / name), *config_of(name))
    return name, there, project_here


@pytest.fixture
def project_here(tmp_path):
    """The project with an empty storage on this machine."""
    return Project(tmp_path / "storage")


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


def test_a_recipe_comes_to_the_same_on_the_cluster(both):
    dataset, there, here = both
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


def test_the_map_of_the_brands_lies_on_s3(there, images):
    count = len(list((images / "brands").glob("*/*.jpg")))
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
