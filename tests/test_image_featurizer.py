"""The transformer as scikit-learn's users use it."""

import io
import logging
from pathlib import PurePosixPath

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator

from pixelmill import ImageFeaturizer
from pixelmill.errors import InputError
from pixelmill.parameters import FeaturizationParameters


def colours(**parameters):
    """A fast featurizer, which needs no network."""
    return ImageFeaturizer("colour_statistics", n_jobs=1, progress=False, **parameters)


@pytest.fixture(scope="module")
def photos(assets):
    """Paths and labels of 24 photos in two colours."""
    paths = [
        path
        for name in ("blue", "red")
        for path in sorted((assets / "colours" / name).iterdir())[:12]
    ]
    return [str(path) for path in paths], [path.parent.name for path in paths]


def png(pixels):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


def test_it_works_in_a_pipeline_that_is_cross_validated(photos):
    paths, labels = photos
    pipeline = make_pipeline(colours(), LogisticRegression(max_iter=1000))
    assert cross_val_score(pipeline, paths, labels, cv=3).mean() > 0.8
    assert list(pipeline.fit(paths, labels).predict(paths[:1])) == labels[:1]


def test_a_failure_is_a_row_of_nan_with_its_reason(photos, caplog):
    paths, _ = photos
    featurizer = colours()
    with caplog.at_level(logging.WARNING):
        rows = featurizer.fit_transform([paths[0], "/nowhere.jpg", b"no image", None, paths[1]])
    assert rows.shape == (5, 18)
    assert rows.dtype == np.float32
    assert np.isnan(rows).all(axis=1).tolist() == [False, True, True, True, False]
    assert featurizer.errors_[0] is featurizer.errors_[4] is None
    assert "vanished" in featurizer.errors_[1]
    assert "NoneType" in featurizer.errors_[3]
    assert "3 of 5 images have no features" in caplog.text
    assert np.isnan(featurizer.transform([b""])).all()
    assert featurizer.transform([]).shape == (0, 18)


def test_paths_bytes_and_pixels_are_the_same_picture(photos, tmp_path):
    with Image.open(photos[0][0]) as photo:
        pixels = np.asarray(photo.convert("RGB"))
    (tmp_path / "photo.png").write_bytes(png(pixels))
    given = [tmp_path / "photo.png", png(pixels), pixels, Image.fromarray(pixels)]
    rows = colours().fit_transform(given)
    assert (rows == rows[0]).all()
    assert (colours().transform(np.stack([pixels, pixels])) == rows[0]).all()


@pytest.mark.parametrize("mode", ["CMYK", "F", "LAB", "YCbCr", "L", "1"])
def test_an_image_of_pillow_is_the_same_in_every_mode(mode):
    photo = Image.linear_gradient("L").convert("RGB").resize((20, 10))
    photo = photo.convert("L").convert(mode) if mode == "F" else photo.convert(mode)
    stream = io.BytesIO()
    photo.save(stream, "TIFF")
    featurizer = colours()
    rows = featurizer.transform([stream.getvalue(), photo])
    assert featurizer.errors_ == [None, None]
    assert (rows[0] == rows[1]).all()


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((8, 8, 3)), np.zeros((8, 8, 2), np.uint8), np.zeros((0, 8), np.uint8), np.uint8(3)],
)
def test_pixels_that_are_no_picture_are_a_row(pixels):
    featurizer = colours()
    assert np.isnan(featurizer.transform([np.asarray(pixels)])).all()
    assert featurizer.errors_[0].startswith("no image: ")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("photo.jpg", "X is one image"),
        (b"photo", "X is one image"),
        (np.zeros((8, 9, 3), np.uint8), "X is one image"),  # and no 8 grey ones of width 3
        (Image.new("RGB", (9, 8)), "X is one image"),
        (None, "X is of type NoneType"),
        (np.zeros((3, 4)), "X has the shape (3, 4)"),
        (np.array([b"a\0"]), "loses zero bytes"),
    ],
)
def test_what_holds_no_images_is_refused(given, sentence):
    with pytest.raises(InputError) as problem:
        colours().transform(given)
    assert sentence in str(problem.value)


def test_tables_and_columns_of_paths(photos):
    paths, _ = photos
    expected = colours().transform(paths[:3])
    table = pd.DataFrame({"path": paths[:3], "price": [1.0, 2.0, 3.0]}, index=["x", "y", "z"])
    for given in (table["path"], table[["path"]], np.array(paths[:3]), np.array(paths[:3], object),
                  pa.array(paths[:3]), pa.table({"path": paths[:3]}),
                  [*map(PurePosixPath, paths[:3])]):  # fmt: skip
        assert (colours().transform(given) == expected).all()
    both = ColumnTransformer([("colours", colours(), "path")], remainder="passthrough")
    assert both.fit_transform(table).shape == (3, 19)
    frame = colours().set_output(transform="pandas").fit_transform(table["path"])
    assert list(frame.index) == ["x", "y", "z"]
    assert frame.columns[0] == colours().get_feature_names_out()[0]


def test_it_is_cloned_and_pickled_with_its_parameters():
    featurizer = ImageFeaturizer("resnet50", layer="conv5_block3_out", pooling="max", n_jobs=2)
    stream = io.BytesIO()
    joblib.dump(featurizer, stream)
    for copy in (clone(featurizer), joblib.load(stream)):
        assert copy.get_params() == featurizer.get_params()
    own = FeaturizationParameters().model_dump(exclude={"chunk_size"})
    assert ImageFeaturizer().get_params() == own | {"n_jobs": -1, "progress": True}


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"featurizer": "resnet5"}, "did you mean resnet50"),
        ({"pooling": "mean"}, "pooling is 'mean'"),
        ({"batch_size": 0}, "batch_size is 0"),
    ],
)
def test_an_impossible_parameter_is_refused_by_fit(parameters, sentence):
    with pytest.raises(InputError, match=sentence):
        ImageFeaturizer(**parameters).fit()


def test_scikit_learn_finds_nothing_wrong():
    checks = estimator_checks_generator(colours())
    for estimator, check in checks:
        check(estimator)
