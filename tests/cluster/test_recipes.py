"""Every recipe runs on the cluster, and comes to what it comes to on a laptop."""

import io
import itertools
import json
from pathlib import Path

import pytest
from PIL import Image

from tests.cluster.project import assert_same
from tests.conftest import Project
from tests.test_recipes import OFFLINE, RECIPES

SETTLED = "featurization.precision=float32,ingestion.label=parent"
MORE = {"pets": ",splitting.count=5"}
DATASETS = {"digits": "bengali_digits"}
TIMES = {"seconds", "images_per_second"}
CLASSIFYING = sorted(RECIPES.keys() - {"brands"})


def first_of_each(folder, count):
    """The first images of each folder of a folder."""
    for place in sorted(each for each in folder.iterdir() if each.is_dir()):
        yield from itertools.islice(sorted(place.iterdir()), count)


def as_fruits(folder):
    """Digits in the place of fruits: name of the image in its set, and the file."""
    for number, image in enumerate(first_of_each(folder, 20)):
        if image.parent.name in "123":
            side = "Training" if number % 20 < 12 else "Test"
            yield f"{side}/Apple {image.parent.name}/{image.name}", image


def as_they_lie(folder, count):
    """Name of the image in its set, and the file."""
    for image in first_of_each(folder, count):
        yield f"{image.parent.name}/{image.name}", image


def images_of(name, assets):
    """Some real images for a recipe: few, since every run starts for a quarter of a minute."""
    match name:
        case "fruits":
            return as_fruits(assets / "bengali_digits")
        case "digits":
            return as_they_lie(assets / "bengali_digits", 20)
    return as_they_lie(assets / name, 7)


@pytest.fixture(params=CLASSIFYING)
def both(request, assets, project, tmp_path):
    """The name of a recipe, its project on the cluster, and that on this machine."""
    name = request.param
    images = {Path(place): image for place, image in images_of(name, assets)}
    for place, image in images.items():
        copy = tmp_path / "images" / place
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.symlink_to(image)
        project.store.put_files([image], f"recipes/{name}/{place.parent}")
    recipe = ("--config", str(RECIPES[name]))
    params = SETTLED + MORE.get(name, "") + ("" if name == "colours" else f",{OFFLINE}")
    here = Project(tmp_path / "storage")
    here.run(f"images={tmp_path / 'images'},{params}", *recipe)
    there = f"images=s3://{project.store.bucket}/recipes/{name},{params}"
    status, output = project.start(there, *recipe).end()
    assert status == 0, output
    assert f"{project.storage}/08_reporting" in output
    return DATASETS.get(name, name), project, here


def figures_of(found, name=""):
    """Every figure of a JSON document by its place; without what a clock measured."""
    if isinstance(found, dict):
        entries = found.items()
    elif isinstance(found, list):
        entries = enumerate(found)
    else:
        return {name: found}
    figures = [figures_of(each, f"{name}/{key}") for key, each in entries if key not in TIMES]
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


def test_the_map_of_the_brands_lies_on_s3(assets, project):
    images = dict(as_they_lie(assets / "pets", 2))
    for place, image in images.items():
        project.store.put_files([image], f"recipes/brands/{Path(place).parent}")
    params = f"images=s3://{project.store.bucket}/recipes/brands,{SETTLED},{OFFLINE}"
    small = "featurization.pooling=max,mapping.mosaics.size=600"
    recipe = ("--config", str(RECIPES["brands"]))
    status, output = project.start(f"{params},{small}", *recipe).end()
    assert status == 0, output
    folder = f"{project.storage.removeprefix(f's3://{project.store.bucket}/')}/08_reporting/brands"
    found = json.loads(project.store.read(f"{folder}/map.json"))
    assert (found["images"], found["failed"]) == (len(images), 0)
    assert found["neighbours"]["trustworthiness"] > 0.85
    assert b"<html" in project.store.read(f"{folder}/map.html")
    for style in ("", "_grid", "_bordered"):
        with Image.open(io.BytesIO(project.store.read(f"{folder}/mosaic{style}.png"))) as mosaic:
            assert mosaic.size == (600, 600)
    index = json.loads(project.store.read(f"{folder}/neighbours.json"))
    assert (index["images"], index["recall"]) == (len(images), pytest.approx(1, abs=0.03))
