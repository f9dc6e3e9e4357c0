"""Runs of the recipes on a few real images, once for the tests of this machine and of a cluster."""

import itertools
from pathlib import Path

import pytest
from filelock import FileLock

from tests.conftest import Project

RECIPES = {path.stem: path for path in sorted(Path("recipes").glob("*.yml"))}
OFFLINE = "featurization.featurizer=efficientnet_lite0,featurization.layer=null"
FRUITS = ("Apple Red Delicious", "Cherry Rainier", "Tomato 1")
# The same features on every machine, to the last digits.
EXACT = f"{OFFLINE},featurization.precision=float32"
MORE = {
    "pets": ",splitting.count=5",
    "colours": ",modelling.grid.folds=2",
    "brands": ",featurization.pooling=max,mapping.mosaics.size=600",
}


def config_of(name):
    """The arguments of `kedro run` that name a recipe."""
    return "--config", str(RECIPES[name])


def params_of(name, images):
    """Parameters of a recipe, the same wherever it runs.

    Args:
        name: Name of the recipe.
        images: Folder or URI.
    """
    network = "" if name == "colours" else f",{EXACT}"
    return f"images={images},ingestion.label=parent{network}{MORE.get(name, '')}"


def images_of(name, assets):
    """Name of an image in its set, and the file: few, as a run's start takes as long as hundreds.

    Args:
        name: Name of the recipe.
        assets: Folder of real images.
    """
    match name:
        case "fruits":
            for side, count in {"Training": 12, "Test": 8}.items():
                for place, image in _first_of_each(assets / "fruits" / side, count):
                    if image.parent.name in FRUITS:
                        yield f"{side}/{place}", image
        case "brands":
            yield from _first_of_each(assets / "pets", 2)
        case "pets":
            yield from itertools.islice(_first_of_each(assets / "pets", 7, every=4), 8 * 7)
        case _:
            yield from _first_of_each(assets / name, 7)


def _first_of_each(folder, count, every=1):
    for place in sorted(each for each in folder.iterdir() if each.is_dir())[::every]:
        for image in itertools.islice(sorted(place.iterdir()), count):
            yield f"{place.name}/{image.name}", image


@pytest.fixture(scope="session")
def recipe_images(assets, shared_folder):
    """Gives the folder of a recipe's images."""

    def link(name):
        folder = shared_folder / "recipe images" / name
        with FileLock(f"{shared_folder}/{name} images.lock"):
            if not folder.exists():
                for place, image in images_of(name, assets):
                    made = folder / place
                    made.parent.mkdir(parents=True, exist_ok=True)
                    made.symlink_to(image)
        return folder

    return link


@pytest.fixture(scope="session")
def recipe_project(run_here, recipe_images, shared_folder):
    """Gives the project after a recipe ran on this machine, once for all processes of the tests.

    Nothing may be written into its storage.
    """

    def run_recipe(name):
        project = Project(shared_folder / "recipes" / name)
        done = shared_folder / f"{name}.done"
        with FileLock(shared_folder / f"{name}.lock"):
            if not done.exists():
                run_here(project, params_of(name, recipe_images(name)), *config_of(name))
                done.touch()
        return project

    return run_recipe
