"""A real classifier's predictions on real images, and a browser to look at the report."""

from dataclasses import replace

import numpy as np
import pytest
from kedro.runner import SequentialRunner
from PIL import Image

from pixelmill.pipelines.reporting import create_pipeline
from pixelmill.pipelines.reporting.counts import ConfusionCount, ImageCount
from pixelmill.pipelines.reporting.nodes import score_classifier
from pixelmill.pipelines.reporting.score_counts import ScoreCount
from tests.pipelines.reporting.described import CLASSIFIER, FEATURIZER, IDLE_PROFILE, PROFILE
from tests.pipelines.reporting.modelling_results import everything_more, nothing_more
from tests.pipelines.reporting.results import Inputs, Outputs
from tests.pipelines.reporting.similarity_results import COPIES, INDEX, map_of

NOTHING_SIMILAR = {
    "map_summary": {},
    "map_samples": [],
    "small_map": b"",
    "duplicates_summary": {},
    "neighbours_summary": {},
    "exploration_summary": {},
    "table_samples": [],
    "pair_samples": [],
}
PAGE = create_pipeline().filter(
    node_names=[
        *("draw_calibration_curve", "draw_explained_variance", "draw_k_distances", "write_report"),
        *("prepare_run_section", "prepare_classifier_section", "prepare_model_section"),
        *("prepare_sample_section", "prepare_feature_section", "prepare_similarity_section"),
    ]
)
SCORES = [ScoreCount(4, 20, 9, 15, 9.1), ScoreCount(9, 70, 68, 70, 67.2)]


@pytest.fixture(scope="session")
def run(spark, tmp_path_factory):
    """Runs the reporting pipeline on inputs and gives its outputs."""

    def run_reporting(inputs):
        folder = tmp_path_factory.mktemp("08_reporting")
        catalog = inputs.catalog(spark, folder)
        SequentialRunner().run(create_pipeline(), catalog)
        return Outputs(folder, catalog)

    return run_reporting


@pytest.fixture(scope="session")
def digits(assets):
    """Handwritten digits, the predictions of a logistic regression on their pixels, 3 failures."""
    from sklearn.linear_model import LogisticRegression

    root = assets / "bengali_digits"
    paths = [path for label in range(10) for path in sorted(root.glob(f"{label}/*.png"))[:12]]
    pixels = np.stack([_pixels(path) for path in paths])
    labels = np.array([path.parent.name for path in paths])
    train = np.arange(len(paths)) % 12 < 6
    model = LogisticRegression(C=1e-5, max_iter=500).fit(pixels[train], labels[train])
    names = [path.relative_to(root).as_posix() for path in paths]
    broken = [("0/cut.jpg", "truncated: at byte 8192"), ("1/cut.jpg", "truncated: at byte 99")]
    broken.append(("2/notes.jpg", "not an image"))
    rows = list(zip(names, labels.tolist(), train.tolist(), strict=True))
    tested = [row for row in rows if not row[2]]
    predicted = model.predict(pixels[~train]).tolist()
    scores = model.predict_proba(pixels[~train]).tolist()
    return Inputs(
        root=root,
        splits=[(name, label, "train" if chosen else "test") for name, label, chosen in rows]
        + [(path, path[0], "train") for path, _ in broken],
        features=[(name, None) for name in names] + broken,
        predictions=[
            (name, label, guess, score)
            for (name, label, _), guess, score in zip(tested, predicted, scores, strict=True)
        ],
        labels=model.classes_.tolist(),
    )


def _pixels(path):
    return np.asarray(Image.open(path).convert("L").resize((8, 8)), float).ravel()


@pytest.fixture(scope="session")
def digits_report(run, digits):
    """The report on the digits."""
    return run(digits)


@pytest.fixture(scope="session")
def full_report(run, digits):
    """The report on the digits with every section that there is."""
    mistakes = [("0", "1", "0/gone.png", "0")]
    mistakes += [("1", "2", path, label) for path, label, _ in digits.splits if label in "12"][:9]
    more = everything_more(digits.labels, mistakes)
    summary = {"variance_share": [0.5, 0.3, 0.15], "warnings": ["It did not converge."]}
    labelled = [(path, label) for path, label, _ in digits.splits if label in "0123"]
    similar = {
        "map_summary": map_of([("0/gone.png", "0"), *labelled]),
        "duplicates_summary": COPIES,
        "neighbours_summary": INDEX,
    }
    return run(replace(digits, modelling=more, classifier=summary, similarity=similar))


@pytest.fixture(scope="session")
def every_section():
    """What the other pipelines leave where all of it applies: a function of the classes."""
    return everything_more


@pytest.fixture
def idle_profile():
    """The profile of a run that found every feature in place."""
    return IDLE_PROFILE


@pytest.fixture
def inputs(tmp_path):
    """What the page takes besides figures: source, featurizer, profile, classifier."""
    return {
        "source": Inputs(tmp_path).source(),
        "joined_featurizer": FEATURIZER,
        "profile": PROFILE,
        "classifier_summary": CLASSIFIER,
    }


@pytest.fixture
def page_of(tmp_path, inputs):
    """Writes the report on given classes: three images of each, one of them a mistake."""

    def write(labels, samples=(), paths=(), **others):
        counts = [ConfusionCount(label, label, 2) for label in labels]
        counts += [
            ConfusionCount(label, after, 1)
            for label, after in zip(labels, [*labels[1:], labels[0]], strict=True)
        ]
        images = [ImageCount("test", label, None, 3) for label in labels]
        images += [ImageCount("train", label, None, 5) for label in labels]
        reasons = [
            {"reason": path, "images": 1, "examples": [{"path": path, "error": f"{path}: {path}"}]}
            for path in paths
        ]
        metrics, scores = score_classifier(
            counts,
            SCORES,
            images,
            inputs["classifier_summary"] | {"labels": list(labels)},
            inputs["joined_featurizer"],
            inputs["profile"],
            others.pop("dataset", "pets"),
        )
        given = (
            nothing_more()
            | NOTHING_SIMILAR
            | inputs
            | {
                "metrics": metrics,
                "scores_by_class": scores,
                "confusion_counts": counts,
                "image_counts": images,
                "samples": list(samples),
                "failures": {"images": 9, "failed": len(paths), "reasons": reasons},
            }
            | others
        )
        for node in PAGE.nodes:
            given |= node.run({name: given[name] for name in node.inputs})
        file = tmp_path / "report.html"
        file.write_text(given["report"], encoding="utf-8")
        return file

    return write
