"""A real classifier's predictions on real images, and a browser to look at the report."""

import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import ParquetDataset
from kedro_datasets.pickle import PickleDataset
from kedro_datasets.plotly import JSONDataset as PlotlyDataset
from kedro_datasets.text import TextDataset
from PIL import Image

from pixelmill.datasets.png_image import PngImage
from pixelmill.parameters import ReportingParameters
from pixelmill.pipelines.reporting import create_pipeline

SPLITS = "path string, label string, split string"
FEATURES = "path string, error string"
PREDICTIONS = "path string, label string, prediction string, scores array<double>"

PROFILE = {
    "images": 123,
    "failed": 3,
    "already_done": 0,
    "seconds": 4.1,
    "images_per_second": 30.0,
    "cores": 2,
    "share": {
        "start_up": 0.2,
        "read": 0.01,
        "decode": 0.14,
        "infer": 0.6,
        "write": 0.04,
        "idle": 0.01,
    },
    "seconds_by_step": {
        "start_up": 1.64,
        "read": 0.08,
        "decode": 1.15,
        "infer": 4.92,
        "write": 0.33,
        "idle": 0.08,
    },
    "batches": 8,
    "peak_worker_memory_bytes": 412_000_000,
    "engine": "openvino",
    "precision": "float32",
    "cpu_has_bfloat16": True,
    "bottleneck": "60% of the core time is inference in float32",
    "advice": "set featurization.precision to bfloat16, about 1.5 times faster in all",
    "failures": {"truncated": 2, "not an image": 1},
}
IDLE_PROFILE = {
    "images": 0,
    "failed": 0,
    "already_done": 123,
    "seconds": 0.0,
    "images_per_second": None,
    "cores": None,
    "share": None,
    "seconds_by_step": None,
    "batches": 0,
    "peak_worker_memory_bytes": None,
    "engine": "openvino",
    "precision": "float32",
    "bottleneck": "nothing to do",
    "advice": "every image of the index has its features",
    "failures": {},
}
FEATURIZER = {
    "fingerprint": "0123456789abcdef",
    "parts": [
        {
            "fingerprint": "0123456789abcdef",
            "network": "efficientnet_lite0",
            "layer": None,
            "input_size": [224, 224],
            "parameters": {"network": "efficientnet_lite0", "batch_size": 8},
        }
    ],
}
CLASSIFIER = {
    "trained": True,
    "reason": None,
    "estimator": "logistic_regression",
    "strategy": "multinomial",
    "parameters": {"maxIter": 100},
    "labels": [],
    "train": 60,
    "seconds": 1.25,
    "warnings": [],
    "probabilities": True,
    "features": ["efficientnet_lite0"],
    "preparation": {"scale": True, "normalize": False, "pca": None},
    "variance_share": None,
}
FIGURES = (
    *("confusion_matrix", "class_scores", "calibration_curve", "pair_success"),
    *("grid_leaderboard", "explained_variance", "feature_importance", "feature_exploration"),
)
PAIRS = ["class_a", "class_b", "train", "test", "success_rate"]
GRID = ["estimator", "parameters", "fold_scores", "mean", "std", "fit_seconds", "error"]
STATISTICS = [f"{channel}_mean" for channel in ("red", "green", "blue", "hue")]


@dataclass
class Inputs:
    """What the earlier pipelines leave for the report, as plain rows.

    Attributes:
        root: Folder of the images.
        splits: Rows (path, label, split).
        features: Rows (path, error).
        predictions: Rows (path, label, prediction, scores).
        labels: The classifier's classes.
        classifier: Entries of the classifier's summary that differ from a trained one.
        profile: The run profile.
        reporting: How many thumbnails.
        modelling: What only some strategies and features leave, by the names of the catalog.
    """

    root: Path
    splits: list = field(default_factory=list)
    features: list = field(default_factory=list)
    predictions: list = field(default_factory=list)
    labels: list = field(default_factory=list)
    classifier: dict = field(default_factory=dict)
    profile: dict = field(default_factory=lambda: PROFILE)
    reporting: ReportingParameters = field(default_factory=ReportingParameters)
    modelling: dict = field(default_factory=dict)

    def source(self):
        return {
            "images": str(self.root),
            "root": str(self.root),
            "count": len(self.splits),
            "labels": len({label for _, label, _ in self.splits} - {None}),
            "unlabelled": sum(label is None for _, label, _ in self.splits),
            "skipped": {"hidden": 2, "not an image": 1, "duplicate path": 0},
            "skipped_examples": ["notes.txt"],
        }

    def catalog(self, spark, folder):
        """The catalog of a run: small tables in memory, outputs in the files that users open."""
        held = {
            "splits": spark.createDataFrame(self.splits, SPLITS),
            "features": spark.createDataFrame(self.features, FEATURES),
            "predictions": spark.createDataFrame(self.predictions, PREDICTIONS),
            "source": self.source(),
            "joined_featurizer": FEATURIZER,
            "profile": self.profile,
            "classifier_summary": CLASSIFIER | {"labels": self.labels} | self.classifier,
            "params:reporting": self.reporting,
            "params:dataset": "digits & more",
            **nothing_more(),
            **self.modelling,
        }
        strict = {"allow_nan": False}
        files = {
            "metrics": JSONDataset(filepath=f"{folder}/metrics.json", save_args=strict),
            "failures": JSONDataset(filepath=f"{folder}/failures.json", save_args=strict),
            "classes": ParquetDataset(filepath=f"{folder}/classes.parquet"),
            "table_samples": PickleDataset(filepath=f"{folder}/table_samples.pickle"),
            "pair_samples": PickleDataset(filepath=f"{folder}/pair_samples.pickle"),
            **{name: PlotlyDataset(filepath=f"{folder}/{name}.json") for name in FIGURES},
            "prediction_sheet": PngImage(filepath=f"{folder}/prediction_sheet.png"),
            "samples": PickleDataset(filepath=f"{folder}/samples.pickle"),
            "report": TextDataset(
                filepath=f"{folder}/report.html",
                fs_args={"open_args_save": {"mode": "w", "encoding": "utf-8"}},
            ),
        }
        memory = {name: MemoryDataset(value, copy_mode="assign") for name, value in held.items()}
        return DataCatalog(memory | files)


def nothing_more():
    """What the other pipelines leave where nothing of it applies."""
    return {
        "pairs": pd.DataFrame(columns=PAIRS),
        "pair_mistakes": [],
        "class_rates": [],
        "grid": pd.DataFrame(columns=GRID),
        "importance": [],
        "exploration": {},
    }


def everything_more(labels, mistakes):
    """What the other pipelines leave where all of it applies, for some classes.

    Args:
        labels: The classes.
        mistakes: Of pairs: (class_a, class_b, path, label).
    """
    random = np.random.default_rng(0)
    hard = {(a, b) for a, b, _, _ in mistakes}
    pairs = [
        (a, b, 12, 12, 0.75 if (a, b) in hard else 1.0)
        for a, b in itertools.combinations(labels, 2)
    ]
    names = ["class_a", "class_b", "path", "label"]
    return {
        "pairs": pd.DataFrame(pairs, columns=PAIRS),
        "pair_mistakes": [
            dict(zip(names, one, strict=True)) | {"margin": -0.25} for one in mistakes
        ],
        "class_rates": [
            {"label": one, "test": 60, "success_rate": 0.9, "sensitivity": 0.7, "specificity": 0.95}
            for one in labels
        ],
        "grid": pd.DataFrame(
            [
                ("sklearn.svm.SVC", '{"C": 1}', [0.7, 0.8], 0.75, 0.05, 0.012, None),
                ("sklearn.svm.SVC", '{"C": 10}', [0.9, 0.8], 0.85, 0.05, 0.5, None),
                ("sklearn.svm.SVC", '{"C": -1}', None, None, None, None, "C must be above 0"),
            ],
            columns=GRID,
        ),
        "importance": [
            {"feature": name, "permutation": 0.1, "permutation_std": 0.02, "impurity": 0.25}
            for name in STATISTICS
        ],
        "exploration": {
            "classes": {label: 12 + place for place, label in enumerate(labels)},
            "statistics": [
                {"name": name, "edges": [0.0, 0.5, 1.0], "counts": [3, 9], "mean": 0.6, "std": 0.2}
                for name in STATISTICS
            ],
            "correlation": {"names": STATISTICS, "values": np.eye(4).tolist()},
            "class_means": {
                "labels": list(labels),
                "names": STATISTICS,
                "values": random.normal(size=(len(labels), 4)).tolist(),
            },
        },
    }


@dataclass
class Outputs:
    """A finished report: its folder, and every dataset of it."""

    folder: Path
    datasets: DataCatalog

    def __getitem__(self, name):
        return self.datasets[name].load()

    @property
    def report(self):
        return self.folder / "report.html"


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
    return run(replace(digits, modelling=more, classifier=summary))


@pytest.fixture(scope="session")
def every_section():
    """What the other pipelines leave where all of it applies: a function of the classes."""
    return everything_more


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """A browser without a window; tests that need one are skipped where there is none."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        names = ("chromium", "chromium-browser", "google-chrome")
        found = next(filter(None, map(shutil.which, names)), engine.chromium.executable_path)
        if not Path(found).exists():
            pytest.skip("no Chromium to look at the report with")
        browser = engine.chromium.launch(
            executable_path=found, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def look(chromium):
    """Opens a page from disk and collects whatever it says or asks for."""
    contexts = []

    def open_page(path, width=390, **options):
        context = chromium.new_context(viewport={"width": width, "height": 844}, **options)
        contexts.append(context)
        page = context.new_page()
        page.noise = []
        page.on("console", lambda message: page.noise.append(message.text))
        page.on("pageerror", lambda error: page.noise.append(str(error)))
        page.on("dialog", lambda dialog: page.noise.append(dialog.message) or dialog.dismiss())
        page.on("request", lambda request: _note_request(page, request.url))
        page.goto(Path(path).as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


def _note_request(page, url):
    if not url.startswith(("data:", "file:")) or (url.startswith("file:") and page.url == url):
        page.noise.append(url)


@pytest.fixture
def idle_profile():
    """The profile of a run that found every feature in place."""
    return IDLE_PROFILE


@pytest.fixture
def inputs(tmp_path):
    """What `write_report` takes besides figures: source, featurizer, profile, classifier."""
    return {
        "source": Inputs(tmp_path).source(),
        "joined_featurizer": FEATURIZER,
        "profile": PROFILE,
        "classifier_summary": CLASSIFIER,
    }
