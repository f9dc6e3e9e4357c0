"""A real service: a classifier of photos of pets and the index of them, behind HTTP."""

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import requests
from pyarrow import parquet

from pixelmill.classifier import Classifier, Manifest
from pixelmill.classifier.featurizing import convert_networks
from pixelmill.datasets.classifier_export import ClassifierExport, ExportedClassifier
from pixelmill.featurizers import find_featurizer, fingerprint
from pixelmill.models.linear import LinearModel
from pixelmill.neighbours.features import Features
from pixelmill.neighbours.updating import update_index
from pixelmill.parameters import FeaturizationParameters, NeighboursParameters
from pixelmill.preparation import Preparation

PARAMETERS = FeaturizationParameters(precision="float32")
BREEDS = ("Abyssinian", "Sphynx", "beagle", "pug")
CARD = {"dataset": "pets", "data": {"images": 28}, "split": {}, "figures": {"accuracy": 0.9}}


@dataclass(frozen=True)
class Pets:
    """Photos, their features, and what was made of them.

    Attributes:
        root: Folder of the photos.
        paths: Paths of the photos in there.
        labels: Labels of the photos.
        features: float32 [n, 1280].
        storage: With an export and an index, as runs leave them.
    """

    root: Path
    paths: list
    labels: list
    features: np.ndarray
    storage: Path

    @property
    def model(self):
        """Folder of the export."""
        return self.storage / "06_models" / "pets" / "export"

    def photo(self, number):
        """Content of a photo."""
        return (self.root / self.paths[number]).read_bytes()

    def classifier(self, labels=BREEDS):
        """A classifier by the mean features of each breed.

        Args:
            labels: Names of the breeds, in the order of the true ones.
        """
        means = np.stack([self.features[np.array(self.labels) == one].mean(0) for one in BREEDS])
        model = LinearModel(means, -(means**2).sum(1) / 2, "softmax")
        mark, part = self.featurizer()
        manifest = Manifest(
            labels=list(labels),
            dimension=self.features.shape[1],
            featurizer={"fingerprint": mark, "parts": [part]},
            estimator="nearest_mean",
            strategy="multinomial",
            train=len(self.paths),
            kind=model.kind,
            probabilities=True,
        )
        return Classifier(manifest, Preparation(self.features.shape[1]), model)

    @staticmethod
    def featurizer():
        """Fingerprint and description of the featurizer."""
        description = find_featurizer(PARAMETERS).describe()
        mark = fingerprint(description)
        own = {"featurizer", "layer", "pooling", "weights", "engine", "precision"}
        parameters = {"parameters": PARAMETERS.model_dump(include=own)}
        return mark, {"fingerprint": mark} | description | parameters

    def export(self, folder, labels=BREEDS):
        """Writes an export; returns its folder."""
        classifier = self.classifier(labels)
        networks = convert_networks(classifier.manifest.featurizer)
        files = {f"networks/{mark}": content for mark, content in networks.items()}
        files["card.json"] = json.dumps(CARD).encode()
        made = ExportedClassifier(classifier, lambda *_: "# Card", files)
        ClassifierExport(filepath=str(folder)).save(made)
        return folder

    def write_index(self):
        """Writes features and their index, as a run leaves them."""
        mark, part = self.featurizer()
        folder = self.storage / "04_feature" / "pets"
        chunk = folder / mark / "chunk=0"
        chunk.mkdir(parents=True)
        (folder / "featurizer.json").write_text(json.dumps({"fingerprint": mark}))
        count = len(self.paths)
        table = {
            "path": self.paths,
            "size": pa.array([1] * count, pa.int64()),
            "modified": pa.array(
                [datetime(2024, 5, 1, tzinfo=UTC)] * count, pa.timestamp("us", "UTC")
            ),
            "features": pa.array(list(self.features), pa.list_(pa.float32())),
            "error": pa.array([None] * count, pa.string()),
        }
        parquet.write_table(pa.table(table), chunk / "part-0.parquet")
        (chunk / "_SUCCESS").touch()
        labels = self.storage / "labels"
        labels.mkdir()
        named = pa.table({"path": self.paths, "label": self.labels})
        parquet.write_table(named, labels / "part-0.parquet")
        featurizer = {"fingerprint": mark, "parts": [part]}
        features = Features(featurizer, {"0": str(chunk)}, str(labels), str(self.root))
        update_index(str(folder / mark / "_neighbours"), features, NeighboursParameters(threads=1))


@dataclass
class Service:
    """A running `pixelmill-serve`.

    Attributes:
        process: Process of the front end.
        log: File of what it says.
        url: Where it answers.
        session: Keeps the connection.
    """

    process: subprocess.Popen
    log: Path
    url: str
    session: requests.Session = field(default_factory=requests.Session)

    def post(self, path, *images, **options):
        """Sends images as multipart."""
        files = [("files", (f"{number}.jpg", image)) for number, image in enumerate(images)]
        return self.session.post(f"{self.url}{path}", files=files, timeout=60, **options)

    def get(self, path, **options):
        """Asks for a path."""
        return self.session.get(f"{self.url}{path}", timeout=60, **options)

    def metric(self, name):
        """Value of a metric without labels, or with those in its name."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.get("/metrics").text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def worker(self):
        """Number of the process of the model."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(children.read_text().split()[-1])

    def stop(self):
        """Ends it as a container's runtime does; returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def services(tmp_path_factory):
    """What starts services; all of them end with the context."""
    started = []

    def start(model, *arguments, **environment):
        log = tmp_path_factory.mktemp("service") / "log.txt"
        command = [sys.executable, "-m", "pixelmill.serving", str(model), "--port", "0", *arguments]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=output,
                env=os.environ | environment,
            )
        started.append(process)
        line = process.stdout.readline().decode()
        assert " at http" in line, log.read_text()
        return Service(process, log, line.split()[-1].rstrip("/"))

    try:
        yield start
    finally:
        for process in started:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def start_service(tmp_path_factory):
    """Starts services that end with the tests of a file."""
    with services(tmp_path_factory) as start:
        yield start


@pytest.fixture(scope="session")
def pets(assets, tmp_path_factory):
    """Seven photos of each of four breeds, with an export and an index."""
    root = assets / "pets"
    paths = [
        str(path.relative_to(root)) for one in BREEDS for path in sorted((root / one).iterdir())
    ]
    opened = find_featurizer(PARAMETERS).prepare().open(2)
    features = np.concatenate([opened([(root / path).read_bytes()]).features for path in paths])
    storage = tmp_path_factory.mktemp("storage")
    made = Pets(root, paths, [path.split("/")[0] for path in paths], features, storage)
    made.export(made.model)
    made.write_index()
    return made


@pytest.fixture(scope="session")
def service(pets, tmp_path_factory):
    """A service of the pets with their index, which lives as long as the process of the tests."""
    with services(tmp_path_factory) as start:
        yield start(pets.model, "--set=reload_seconds=0")


@pytest.fixture
def visit(chromium):
    """Opens a page of a service, and collects what it complains of and asks of other servers.

    `below` is the path below which a proxy shows the service.
    """
    contexts = []

    def open_page(service, path="/", width=1280, below="", **options):
        context = chromium.new_context(viewport={"width": width, "height": 844}, **options)
        contexts.append(context)
        page = context.new_page()
        place = f"{service.url}{below}"
        page.noise, page.choosers = [], []
        page.on("filechooser", lambda chooser: _note_chooser(page, chooser))
        page.on("console", lambda said: said.type == "error" and page.noise.append(said.text))
        page.on("pageerror", lambda error: page.noise.append(str(error)))
        page.on("dialog", lambda dialog: page.noise.append(dialog.message) or dialog.dismiss())
        page.on("request", lambda request: _note_other_place(page, request.url, place))
        if below:
            page.route(f"{place}/**", lambda route: _pass_on(route, place, service.url))
        page.goto(f"{place}{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()


def _note_chooser(page, chooser):
    page.choosers.append(chooser)


def _note_other_place(page, url, place):
    if not url.startswith((f"{place}/", "data:", "blob:")):
        page.noise.append(url)


def _pass_on(route, place, url):
    route.fulfill(response=route.fetch(url=route.request.url.replace(place, url)))
