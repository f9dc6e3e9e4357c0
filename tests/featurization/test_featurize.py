"""Features in one call, the same as those of the tables to the last bit."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pixelmill import ImageFeaturizer, featurize
from pixelmill.errors import InputError


@pytest.fixture(scope="module")
def stored(digits_run):
    """Locations of some images of the sample, and their features in the table."""
    project, _ = digits_run
    root = project.json("02_intermediate/digits/source.json")["root"]
    rows = sorted(project.features("digits"), key=lambda row: row["path"])[::25]
    return (
        [f"{root}/{row['path']}" for row in rows],
        np.array([row["features"] for row in rows], np.float32),
        {row["featurizer"] for row in rows},
    )


def test_the_transformer_gives_the_features_of_the_tables(stored):
    paths, expected, _ = stored
    rows = ImageFeaturizer(progress=False).fit_transform(paths)
    np.testing.assert_array_equal(rows, expected)


def test_spark_gives_the_rows_of_the_tables(spark, stored, tmp_path):
    paths, expected, featurizers = stored
    rows = featurize([*paths, tmp_path / "nowhere.jpg"], spark=True).collect()
    found = {row.path: row for row in rows}
    np.testing.assert_array_equal([found[path].features for path in paths], expected)
    assert {row.featurizer for row in rows} == featurizers
    assert "vanished" in found[f"{tmp_path}/nowhere.jpg"].error
    assert len(rows) == len(paths) + 1


def test_a_folder_is_featurized_with_and_without_spark(spark, assets):
    folder = assets / "colours" / "red"
    here = featurize(folder, featurizer="colour_statistics")
    there = featurize(folder, featurizer="colour_statistics", spark=True).toPandas()
    both = here.merge(there, on="path")
    assert len(both) == len(here) == len(there) > 1
    assert all((row.features_x == np.float32(row.features_y)).all() for row in both.itertuples())


def test_images_of_a_list_keep_their_paths(assets):
    paths = [str(path) for path in sorted((assets / "colours" / "red").iterdir())]
    table = featurize([*paths, "nowhere.jpg"], featurizer="colour_statistics")
    assert table.path.tolist() == [*paths, str(Path("nowhere.jpg").absolute())]
    assert table.error.notna().tolist() == [False] * len(paths) + [True]
    with pytest.raises(InputError, match="ingestion is for a folder, a bucket or a table"):
        featurize(paths, ingestion={"exclude": ["*"]})
    arrow = featurize(pa.array(paths), featurizer="colour_statistics")
    assert arrow.path.tolist() == paths
    assert arrow.error.isna().all()


@pytest.mark.parametrize("images", [None, 5, b"content", [None], [b"/a.jpg"], pd.DataFrame()])
def test_what_names_no_images_is_a_type_error(images):
    with pytest.raises(TypeError, match="give "):
        featurize(images)


def test_a_parameter_that_does_not_exist_is_one_sentence():
    with pytest.raises(InputError, match="batchsize is 3"):
        featurize("/photos", batchsize=3)


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        ([], "no images in this list"),
        (["/a.jpg", "s3://photos/a.jpg"], "images of one bucket"),
        (["/a.jpg", "/caf\udce9.jpg"], r"the name caf\\xe9.jpg is not UTF-8: rename the file"),
    ],
)
def test_a_list_has_one_root(images, sentence):
    with pytest.raises(InputError, match=sentence):
        featurize(images)
