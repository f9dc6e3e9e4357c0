"""A real classifier's predictions on real images, and a browser to look at the report."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.runner import SequentialRunner
from kedro_datasets.json import JSONDataset
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
    "network": "efficientnet_lite0",
    "layer": None,
    "input_size": [224, 224],
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
}


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
    """

    root: Path
    splits: list = field(default_factory=list)
    features: list = field(default_factory=list)
    predictions: list = field(default_factory=list)
    labels: list = field(default_factory=list)
    classifier: dict = field(default_factory=dict)
    profile: dict = field(default_factory=lambda: PROFILE)
    reporting: ReportingParameters = field(default_factory=ReportingParameters)

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
            "featurizer": FEATURIZER,
            "profile": self.profile,
            "classifier_summary": CLASSIFIER | {"labels": self.labels} | self.classifier,
            "params:reporting": self.reporting,
            "params:dataset": "digits & more",
        }
        strict = {"allow_nan": False}
        files = {
            "metrics": JSONDataset(filepath=f"{folder}/metrics.json", save_args=strict),
            "failures": JSONDataset(filepath=f"{folder}/failures.json", save_args=strict),
            "confusion_matrix": PlotlyDataset(filepath=f"{folder}/confusion_matrix.json"),
            "class_scores": PlotlyDataset(filepath=f"{folder}/class_scores.json"),
            "prediction_sheet": PngImage(filepath=f"{folder}/prediction_sheet.png"),
            "samples": PickleDataset(filepath=f"{folder}/samples.pickle"),
            "report": TextDataset(
                filepath=f"{folder}/report.html",
                fs_args={"open_args_save": {"mode": "w", "encoding": "utf-8"}},
            ),
        }
        memory = {name: MemoryDataset(value, copy_mode="assign") for name, value in held.items()}
        return DataCatalog(memory | files)


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
        "featurizer": FEATURIZER,
        "profile": PROFILE,
        "classifier_summary": CLASSIFIER,
    }
