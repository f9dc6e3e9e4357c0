"""A run's export labels images as the run did: without Spark, and by `--pipelines prediction`."""

import numpy as np
import pytest

from pixelmill import Classifier


def test_an_export_labels_the_test_images_as_the_run_did(digits_run):
    project, _ = digits_run
    predictions = project.table("07_model_output/digits/predictions")
    images = [project.storage / "01_raw/digits" / row["path"] for row in predictions]
    found = Classifier.load(project.storage / "06_models/digits/export").predict(images)
    assert [one.label for one in found] == [row["prediction"] for row in predictions]
    expected = [row["scores"] for row in predictions]
    np.testing.assert_allclose([one.scores for one in found], expected, atol=1e-5)


def test_a_run_of_the_prediction_labels_new_images(digits_run, project, run_here, tmp_path):
    trained, _ = digits_run
    images = tmp_path / "images"
    images.mkdir()
    digits = sorted((trained.storage / "01_raw/digits").glob("*/00.png"))
    for number, digit in enumerate(digits):
        (images / f"it's {number}.png").write_bytes(digit.read_bytes())
    (images / "broken.png").write_bytes(digits[0].read_bytes()[:100])
    export = trained.storage / "06_models/digits/export"
    params = f"dataset=new,model={export},images={images}"
    run_here(project, params, "--pipelines", "prediction")
    rows = {row["path"]: row for row in project.table("07_model_output/new/labelled_images")}
    assert len(rows) == 11
    broken = rows.pop("broken.png")
    assert broken["error"]
    assert broken["prediction"] is None
    found = Classifier.load(export).predict(digits)
    for row, one in zip((rows[path] for path in sorted(rows)), found, strict=True):
        assert (row["prediction"], row["error"]) == (one.label, None)
        assert row["score"] == pytest.approx(one.score, abs=1e-5)
    summary = project.json("02_intermediate/new/prediction/summary.json")
    assert (summary["images"], summary["labelled"], summary["failed"]) == (11, 10, 1)
    assert not (project.storage / "04_feature/new/featurizer.json").exists()
