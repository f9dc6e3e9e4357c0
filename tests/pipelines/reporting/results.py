"""What a run of the reporting pipeline takes, and what it leaves."""

from dataclasses import dataclass, field
from pathlib import Path

from kedro.io import DataCatalog, MemoryDataset
from kedro_datasets.json import JSONDataset
from kedro_datasets.pandas import ParquetDataset
from kedro_datasets.pickle import PickleDataset
from kedro_datasets.text import TextDataset

from pixelmill.datasets.feature_sets import FeatureSet
from pixelmill.datasets.optional_output import OMITTED
from pixelmill.datasets.png_image import PngImage
from pixelmill.datasets.svg_figure import SvgFigure
from pixelmill.parameters import ReportingParameters
from tests.pipelines.reporting.described import CLASSIFIER, FEATURIZER, PROFILE
from tests.pipelines.reporting.modelling_results import nothing_more

SPLITS = "path string, label string, split string"
FEATURES = "path string, error string"
PREDICTIONS = "path string, label string, prediction string, scores array<double>"

FIGURES = ("calibration_curve", "explained_variance", "k_distances")


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
        similarity: What the pipelines of the map, copies and neighbours leave, likewise.
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
    similarity: dict = field(default_factory=dict)

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
        features = spark.createDataFrame(self.features, FEATURES)
        held = {
            "splits": spark.createDataFrame(self.splits, SPLITS),
            "features": features,
            "feature_sets": [FeatureSet(FEATURIZER["parts"][0], lambda: features)],
            "predictions": spark.createDataFrame(self.predictions, PREDICTIONS),
            "source": self.source(),
            "joined_featurizer": FEATURIZER,
            "profile": self.profile,
            "classifier_summary": CLASSIFIER | {"labels": self.labels} | self.classifier,
            "measured_classifier": {},
            "params:reporting": self.reporting,
            "params:dataset": "digits & more",
            **nothing_more(),
            **self.modelling,
            "map_summary": {},
            "map_picture": OMITTED,
            "duplicates_summary": {},
            "neighbours_summary": {},
            "exploration_summary": {},
            **self.similarity,
        }
        strict = {"allow_nan": False}
        files = {
            "metrics": JSONDataset(filepath=f"{folder}/metrics.json", save_args=strict),
            "failures": JSONDataset(filepath=f"{folder}/failures.json", save_args=strict),
            "classes": ParquetDataset(filepath=f"{folder}/classes.parquet"),
            "table_samples": PickleDataset(filepath=f"{folder}/table_samples.pickle"),
            "pair_samples": PickleDataset(filepath=f"{folder}/pair_samples.pickle"),
            "small_map": PickleDataset(filepath=f"{folder}/small_map.pickle"),
            "map_samples": PickleDataset(filepath=f"{folder}/map_samples.pickle"),
            "confusion_matrix": ParquetDataset(filepath=f"{folder}/confusion_matrix.parquet"),
            **{name: SvgFigure(filepath=f"{folder}/{name}.svg") for name in FIGURES},
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
