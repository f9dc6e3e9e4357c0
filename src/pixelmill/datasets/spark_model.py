"""A trained classifier as a folder: Spark ML's own format, and a manifest that says what it is."""

import platform
from dataclasses import dataclass
from importlib import metadata as installed
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import fsspec
from kedro.io.core import AbstractDataset
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pixelmill.datasets.parquet_table import spark_path
from pixelmill.errors import InputError

if TYPE_CHECKING:
    from pyspark.ml import PipelineModel
    from pyspark.sql import DataFrame

FORMAT = 1
MANIFEST = "manifest.json"
PREDICTIONS = "path string, label string, prediction string, scores array<double>"
TRAIN_AGAIN = "run `kedro run --pipelines modelling` to train one"


def versions() -> dict[str, str]:
    """Of what a model depends on."""
    packages = {name: installed.version(name) for name in ("pixelmill", "pyspark")}
    return {"python": platform.python_version(), **packages}


class Manifest(BaseModel):
    """What a classifier is, readable without Spark.

    Attributes:
        format: Of the folder.
        reason: Why there is no model; null where there is one.
        labels: Of the classes, in the order of the scores.
        dimension: Features of an image.
        featurizer: `fingerprint` and description of what made the features.
        estimator: Its name.
        strategy: Its name.
        parameters: Of the estimator as they were used, by its own names.
        train: Images it was trained on.
        versions: Of Python and the packages that it was trained with.
        model: Folder of the Spark model beside the manifest; null before it was saved.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    reason: str | None = None
    labels: list[str] = Field(default_factory=list)
    dimension: int = 0
    featurizer: dict[str, Any]
    estimator: str
    strategy: str
    parameters: dict[str, Any] = Field(default_factory=dict)
    train: int = 0
    versions: dict[str, str] = Field(default_factory=versions)
    model: str | None = None


@dataclass(frozen=True)
class Classifier:
    """Features in, labels and scores out; without a model, the reason why there is none.

    Attributes:
        manifest: What it is.
        model: Adds `scores` (vector, one number for each label) to a table with `vector` (the
            features as a Spark vector).
    """

    manifest: Manifest
    model: "PipelineModel | None" = None

    def predict(self, images: "DataFrame") -> "DataFrame":
        """Labels images by their features.

        Args:
            images: Columns `path`, `label` (may be null) and `features` (array of float32, as
                many as the manifest's `dimension`).

        Returns:
            `path`, `label`, `prediction` and `scores` (array of float64 in the order of the
            manifest's `labels`), a row for each image; no rows where there is no model.
        """
        from pyspark.ml.functions import array_to_vector, vector_to_array
        from pyspark.sql import functions as sf

        if self.model is None:
            return images.sparkSession.createDataFrame([], PREDICTIONS)
        rows = images.select("path", "label", array_to_vector(sf.col("features")).alias("vector"))
        scored = self.model.transform(rows)
        scored = scored.select("path", "label", vector_to_array(sf.col("scores")).alias("scores"))
        best = sf.array_position("scores", sf.array_max("scores"))
        predicted = sf.element_at(sf.lit(self.manifest.labels), best.cast("int"))
        return scored.select("path", "label", predicted.alias("prediction"), "scores")


class SparkModel(AbstractDataset[Classifier, Classifier]):
    """A folder with `manifest.json` and the Spark model that it names.

    A model is written under a new name and the manifest last, in one step. Whoever dies before
    leaves the classifier that was there, whole; the next save clears what the dead one left.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Names the folder; touches neither Spark nor the folder.

        Args:
            filepath: Folder of the model, on disk or as an `s3://` URI.
            metadata: For Kedro's plugins, as kedro-viz's layer.
        """
        self._filepath = filepath.rstrip("/")
        self.metadata = metadata

    def save(self, data: Classifier) -> None:
        """Replaces the classifier.

        Args:
            data: With its model, or with the reason why there is none.
        """
        name = None if data.model is None else f"model-{uuid4().hex}"
        if data.model is not None:
            data.model.write().save(spark_path(f"{self._filepath}/{name}"))
        self._write_manifest(data.manifest.model_copy(update={"model": name}))
        self._clear(keep=name)

    def load(self) -> Classifier:
        """The classifier, ready for `predict`.

        Raises:
            InputError: Where there is none, or one of another format.
        """
        from pyspark.ml import PipelineModel

        manifest = self.manifest()
        if manifest.model is None:
            return Classifier(manifest)
        model = PipelineModel.load(spark_path(f"{self._filepath}/{manifest.model}"))
        return Classifier(manifest, model)

    def manifest(self) -> Manifest:
        """What the classifier is, without starting Spark.

        Raises:
            InputError: Where there is none, or one of another format.
        """
        system, folder = fsspec.core.url_to_fs(self._filepath)
        try:
            found = Manifest.model_validate_json(system.cat_file(f"{folder}/{MANIFEST}"))
        except FileNotFoundError as error:
            raise InputError(
                f"there is no classifier in {self._filepath}: {TRAIN_AGAIN}"
            ) from error
        except ValidationError as error:
            raise InputError(f"{self._filepath}/{MANIFEST} is damaged: {TRAIN_AGAIN}") from error
        if found.format != FORMAT:
            raise InputError(
                f"the classifier in {self._filepath} has format {found.format}, and this version "
                f"reads {FORMAT}: {TRAIN_AGAIN}"
            )
        return found

    def _write_manifest(self, manifest: Manifest) -> None:
        system, folder = fsspec.core.url_to_fs(self._filepath)
        system.makedirs(folder, exist_ok=True)
        draft = f"{folder}/{MANIFEST}.{uuid4().hex}"
        system.pipe_file(draft, manifest.model_dump_json(indent=2).encode())
        system.mv(draft, f"{folder}/{MANIFEST}")

    def _clear(self, keep: str | None) -> None:
        """Removes models and drafts that no manifest names."""
        system, folder = fsspec.core.url_to_fs(self._filepath)
        system.invalidate_cache(folder)
        for entry in system.ls(folder, detail=False):
            name = str(entry).rstrip("/").rpartition("/")[2]
            if name not in (MANIFEST, keep) and name.startswith(("model-", f"{MANIFEST}.")):
                system.rm(entry, recursive=True)

    def _exists(self) -> bool:
        system, folder = fsspec.core.url_to_fs(self._filepath)
        system.invalidate_cache(folder)
        return bool(system.exists(f"{folder}/{MANIFEST}"))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
