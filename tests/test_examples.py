"""The parts in `examples`: each is found by its name and does what its file says."""

import json
import sys
from importlib import import_module

import numpy as np
import pytest

from pixelmill import sources
from pixelmill.errors import InputError
from pixelmill.estimators import ArrayTraining, BinaryProblem, find_estimator
from pixelmill.estimators._training import Arrays
from pixelmill.featurizers import find_featurizer
from pixelmill.parameters import FeaturizationParameters, IngestionParameters
from pixelmill.sources import find_source
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples"
FILES = sorted(path.relative_to(EXAMPLES) for path in EXAMPLES.glob("*/*.py"))


@pytest.fixture(autouse=True)
def copied(monkeypatch):
    """The examples as modules of their packages, as if their files were copied there."""
    for file in FILES:
        package = import_module(f"pixelmill.{file.parent}")
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(EXAMPLES / file.parent)])
    sources._kinds.cache_clear()
    yield
    sources._kinds.cache_clear()
    for file in FILES:
        name = f"pixelmill.{file.parent}.{file.stem}"
        monkeypatch.delattr(import_module(f"pixelmill.{file.parent}"), file.stem, raising=False)
        sys.modules.pop(name, None)


def test_readme_lists_every_example():
    readme = (EXAMPLES / "README.md").read_text("utf-8")
    assert len(FILES) >= 3
    for file in FILES:
        assert f"`{file}`" in readme
        assert len((EXAMPLES / file).read_text("utf-8").splitlines()) <= 55, file


@pytest.fixture
def photo(assets):
    """Content of a photo."""
    return next(assets.rglob("*.jpg")).read_bytes()


def test_featurizer(photo):
    found = find_featurizer(FeaturizationParameters(featurizer="grey_histogram"))
    assert found.describe()["levels"] == 16
    batch = found.prepare().open(1)([photo, b"not an image"])
    assert batch.features.shape == (1, 16)
    assert batch.features.sum() == pytest.approx(1)
    assert batch.errors[0] is None
    assert batch.errors[1].startswith("not an image")


def test_estimator():
    rng = np.random.default_rng(0)
    target = np.repeat(np.arange(3), 20)
    features = np.eye(3)[target] + rng.normal(0, 0.1, (60, 3))
    training = ArrayTraining(Arrays(features, target, 4))  # no image of the fourth class
    found = find_estimator("nearest_centroid", {})
    scores = found.fit(training).model.scores(features)
    means = np.array([features[target == one].mean(axis=0) for one in range(3)])
    distances = np.linalg.norm(features[:, None] - means, axis=2)
    assert (scores.argmax(axis=1) == distances.argmin(axis=1)).all()
    (pair,) = found.fit_binary(training, [BinaryProblem(2, 0)])
    assert pair.model.scores(features[target == 2]).argmax(axis=1).all()
    with pytest.raises(InputError, match="nearest_centroid has none, so leave out"):
        find_estimator("nearest_centroid", {"C": 1})


def test_source(tmp_path, photo):
    (tmp_path / "cat.jpg").write_bytes(photo)
    images = [("cat.jpg", [1]), ("gone.jpg", []), ("both.jpg", [1, 2])]
    content = {
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
        "images": [{"id": n, "file_name": name} for n, (name, _) in enumerate(images)],
        "annotations": [
            {"image_id": n, "category_id": category}
            for n, (_, categories) in enumerate(images)
            for category in categories
        ],
    }
    file = tmp_path / "annotations.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    parameters = IngestionParameters(label="column", column="category")
    index = find_source(f"coco:{file}", parameters).list_images().index(None)
    assert index.table.to_pydict()["path"] == ["both.jpg", "cat.jpg", "gone.jpg"]
    assert index.table.to_pydict()["label"] == [None, "cat", None]
    file.write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="is no COCO file"):
        find_source(f"coco:{file}", parameters).list_images()
