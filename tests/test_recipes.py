"""The recipes: each says what it needs, asks for what its original did, and runs offline."""

import json
import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from kedro.config import OmegaConfigLoader
from openpyxl import Workbook
from PIL import Image

from pixelmill.cli import run
from pixelmill.errors import InputError
from pixelmill.groupings import find_grouping
from pixelmill.projections import find_projection
from pixelmill.settings import CONFIG_LOADER_ARGS
from pixelmill.strategies import find_strategy
from pixelmill.validation import validate_parameters
from tests.recipe_runs import FRUITS, OFFLINE, RECIPES

FAMILIES = {
    "sklearn.svm.SVC",
    "sklearn.neural_network.MLPClassifier",
    "sklearn.ensemble.RandomForestClassifier",
    "sklearn.ensemble.HistGradientBoostingClassifier",
    "sklearn.linear_model.LogisticRegression",
}
every_recipe = pytest.mark.parametrize("name", RECIPES)


def parameters_of(name, more=""):
    """All parameters of a run with a recipe, as Kedro merges and pixelmill types them."""
    given = ["--config", str(RECIPES[name]), "--params", f"images=/photos{more}"]
    params = run.make_context("run", given).params["params"]
    loader = OmegaConfigLoader("conf", env="local", runtime_params=params, **CONFIG_LOADER_ARGS)
    return validate_parameters(loader["parameters"], params)


def comment_of(name):
    """The comment that opens a recipe."""
    return RECIPES[name].read_text(encoding="utf-8").partition("\nrun:")[0]


def test_there_is_a_recipe_for_each_published_use_case():
    assert list(RECIPES) == ["brands", "colours", "digits", "fruits", "pets"]


@every_recipe
def test_a_recipe_opens_with_its_command_data_time_result_and_original(name):
    comment = comment_of(name)
    assert all(line.startswith("#") for line in comment.splitlines())
    said = dict(re.findall(r"^# (\w+): +(.+)$", comment, re.MULTILINE))
    assert {"Images", "Time", "Result", "Original", "Offline"} <= said.keys()
    assert said["Command"].startswith(f"kedro run --config recipes/{name}.yml --params images=/")


@every_recipe
def test_a_recipe_has_valid_parameters_and_no_images(name):
    parameters = parameters_of(name)
    find_strategy(parameters.modelling)
    assert parameters.images == "/photos"
    assert "images:" not in RECIPES[name].read_text(encoding="utf-8").partition("\nrun:")[2]
    assert parameters.dataset == ("bengali_digits" if name == "digits" else name)


@every_recipe
@pytest.mark.parametrize("wrong", ["splitting.counts=5", "modelling.estimators=svm_sgd", "data=x"])
def test_a_misspelt_parameter_beside_a_recipe_is_refused(name, wrong):
    with pytest.raises(InputError, match="unknown parameter"):
        parameters_of(name, f",{wrong}")


@pytest.mark.parametrize("name", ["pets", "fruits", "digits"])
def test_offline_parameters_of_a_recipe_need_no_download(name):
    assert OFFLINE in comment_of(name)
    online, offline = parameters_of(name), parameters_of(name, f",{OFFLINE}")
    assert online.featurization.weights == "imagenet"
    assert (offline.featurization.featurizer, offline.featurization.layer) == (
        "efficientnet_lite0",
        None,
    )
    assert offline.modelling == online.modelling


def test_pets_asks_for_what_its_original_did():
    pets = parameters_of("pets")
    assert (pets.featurization.featurizer, pets.featurization.layer) == ("vgg16", "fc2")
    assert (pets.splitting.method, pets.splitting.count) == ("first_per_class", 100)
    assert (pets.modelling.strategy, pets.modelling.estimator) == ("one_vs_one", "svm_sgd")
    assert pets.ingestion.label == "pattern"
    assert re.search(pets.ingestion.pattern, "great_pyrenees_12.jpg")[1] == "great_pyrenees"
    assert parameters_of("pets", ",ingestion.label=parent").ingestion.label == "parent"


def test_fruits_asks_for_what_its_original_did():
    fruits = parameters_of("fruits")
    assert fruits.featurization.featurizer == "resnet50"
    assert fruits.splitting.method == "folder"
    assert fruits.modelling.preparation.scale
    assert fruits.modelling.preparation.pca is not None
    assert fruits.modelling.estimator == "logistic_regression"


def test_digits_asks_for_what_its_original_did():
    digits = parameters_of("digits")
    assert digits.featurization.featurizer == "inception_v3"
    assert digits.modelling.estimator == "logistic_regression"


def test_colours_asks_for_five_families_in_five_folds():
    colours = parameters_of("colours")
    grid = colours.modelling.grid
    assert colours.featurization.featurizer == "colour_statistics"
    assert grid.folds == 5
    assert {point.estimator for point in grid.points} == FAMILIES
    assert len(grid.points) == len(FAMILIES)
    assert grid.points[0].parameters == {"C": [1, 10, 100], "gamma": [0.1, 0.01]}


def test_brands_asks_for_what_its_original_did():
    brands = parameters_of("brands")
    assert (brands.featurization.featurizer, brands.featurization.pooling) == ("resnet50", "max")
    assert brands.ingestion.label == "none"
    mapping = brands.mapping
    assert mapping.preparation.pca == 50
    assert (mapping.projection.method, mapping.grouping.method) == ("tsne", "dbscan")
    assert "eps" not in mapping.grouping.parameters  # it comes from the knee
    assert (mapping.grouping.space, mapping.mosaics.size) == ("projection", 5000)
    find_projection("tsne").check(mapping.projection.parameters)
    find_grouping("dbscan").check(mapping.grouping.parameters)
    offline = parameters_of("brands", ",featurization.featurizer=efficientnet_lite0")
    assert "featurization.featurizer=efficientnet_lite0" in comment_of("brands")
    assert (offline.featurization.layer, offline.featurization.pooling) == (None, "max")


def test_brands_runs_pipelines_without_labels_and_named_ones():
    given = ["--config", str(RECIPES["brands"])]
    pipelines = run.make_context("run", given).params["pipelines"]
    assert pipelines == ["ingestion", "featurization", "mapping"]
    named = run.make_context("run", [*given, "--pipelines", "ingestion"])
    assert named.params["pipelines"] == ["ingestion"]


@pytest.fixture
def run_recipe(project, run_here):
    """Runs a recipe offline on a folder of images, and gives the project after it."""

    def run_recipe(name, images, more=""):
        params = f"images={images},{OFFLINE}{more}"
        run_here(project, params, "--config", str(RECIPES[name]))
        return project

    return run_recipe


def test_pets_separates_every_pair_of_breeds(recipe_project):
    project = recipe_project("pets")
    metrics = project.json("08_reporting/pets/metrics.json")
    assert [metrics[name] for name in ("classes", "train", "test")] == [8, 40, 16]
    assert metrics["accuracy"] > 0.6  # of 8 breeds, from 5 photos each
    pairs = project.table("08_reporting/pets/pairs.parquet")
    assert len({(row["class_a"], row["class_b"]) for row in pairs}) == 8 * 7 // 2
    assert {(row["train"], row["test"]) for row in pairs} == {(10, 4)}
    rates = [row["success_rate"] for row in pairs]
    assert sum(rates) / len(rates) > 0.95


def test_fruits_trains_on_the_one_folder_and_tests_the_other(recipe_project):
    project = recipe_project("fruits")
    metrics = project.json("08_reporting/fruits/metrics.json")
    assert [metrics[name] for name in ("classes", "train", "test")] == [3, 36, 24]
    assert metrics["accuracy"] > 0.9
    tested = project.table("07_model_output/fruits/predictions")
    assert {Path(row["path"]).parts[0] for row in tested} == {"Test"}
    assert {row["label"] for row in tested} == set(FRUITS)


def test_digits_reports_every_class(run_recipe, assets):
    project = run_recipe("digits", assets / "bengali_digits")
    metrics = project.json("08_reporting/bengali_digits/metrics.json")
    assert metrics["accuracy"] > 0.8
    classes = project.table("08_reporting/bengali_digits/classes.parquet")
    assert sorted(row["label"] for row in classes) == sorted("0123456789")
    assert sum(row["train"] + row["test"] for row in classes) == 500
    assert all(0 <= row[name] <= 1 for row in classes for name in ("precision", "recall", "f1"))


def test_colours_chooses_among_five_families(recipe_project):
    project = recipe_project("colours")
    grid = project.table("08_reporting/colours/grid.parquet")
    assert {row["estimator"] for row in grid} == FAMILIES
    assert len(grid) == 6 + 2 + 2 + 2 + 3
    assert [row["error"] for row in grid if row["error"]] == []
    assert all(isinstance(json.loads(row["parameters"]), dict) for row in grid)
    assert max(row["mean"] for row in grid) > 0.8
    assert project.json("08_reporting/colours/metrics.json")["accuracy"] > 0.7


@pytest.fixture
def brands(assets, tmp_path):
    """An Excel file of URLs on loopback: 4 photos of 20 breeds, and a dead one."""
    breeds = sorted((assets / "pets").iterdir())[:20]
    photos = [photo for breed in breeds for photo in sorted(breed.glob("*.jpg"))[:4]]
    handler = partial(SimpleHTTPRequestHandler, directory=assets / "pets")
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.05,)).start()
    book = Workbook()
    book.active.append(["Brand", "Image URL"])
    for place in [*(photo.relative_to(assets / "pets") for photo in photos), Path("x/dead.jpg")]:
        url = f"http://127.0.0.1:{server.server_port}/{quote(str(place))}"
        book.active.append([place.parts[0], url])
    book.save(tmp_path / "brands.xlsx")
    yield tmp_path / "brands.xlsx"
    server.shutdown()
    server.server_close()


def test_brands_makes_a_map_of_a_list_of_urls(run_recipe, brands):
    own_server = ",ingestion.downloads.private_addresses=true"
    project = run_recipe("brands", brands, f"{own_server},mapping.mosaics.size=600")
    came = project.table("02_intermediate/brands/collected")
    assert {row["Brand"] for row in came} > {"x"}
    assert sorted(row["status"] for row in came) == ["failed", *["ok"] * 80]
    placed = project.table("07_model_output/brands/image_map")
    assert {row["path"] for row in placed} == {row["path"] for row in came if row["status"] == "ok"}
    summary = project.json("08_reporting/brands/map.json")
    assert (summary["images"], summary["failed"]) == (80, 1)
    assert summary["grouping"]["method"] == "dbscan"
    assert summary["grouping"]["eps"] == pytest.approx(
        summary["grouping"]["k_distances"][summary["grouping"]["knee"]]
    )
    [dead] = [row["error"] for row in project.features("brands") if row["error"]]
    assert dead == "download failed: HTTP 404 Not Found"
    reports = project.storage / "08_reporting" / "brands"
    assert (reports / "map.html").stat().st_size > 10_000
    with Image.open(reports / "mosaic.png") as mosaic:
        assert mosaic.size == (600, 600)
