"""The manifest of a classifier, `manifest.json` of its folder."""

import platform
import re
from contextlib import suppress
from importlib import metadata as installed
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pixelmill.storage.listed_files import ListedFile

FORMAT = 4  # 4: files have sizes, and models of scikit-learn are no pickles


def versions() -> dict[str, str]:
    """Return the versions of what a classifier depends on, as far as it is installed."""
    found = {"python": platform.python_version()}
    for name in ("pixelmill", "pyspark", "scikit-learn", "numpy"):
        with suppress(installed.PackageNotFoundError):
            found[name] = installed.version(name)
    return found


def cpu_model() -> str:
    """Return this machine's CPU model, on which features depend in their last digits.

    Returns:
        The name that Linux gives it, or the architecture where that is unknown.
    """
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.machine()


class Manifest(BaseModel):
    """Description of a classifier, readable without its libraries.

    Attributes:
        format: Version of the folder's format.
        reason: Reason why there is no model; null if there is one.
        labels: Class labels, in the order of the scores.
        dimension: Features of an image, before the preparation.
        featurizer: Description of the features: `fingerprint`, and `parts`, each the description
            of a featurizer with its `fingerprint`, in the order in which their features are joined.
        estimator: Estimator name.
        strategy: Strategy name.
        parameters: Estimator parameters that were used, by its library's own names.
        train: Images it was trained on.
        identity: Identity that predictions and metrics of this classifier carry; '' without a
            model.
        versions: Versions of Python and of the packages that it was trained with.
        kind: Kind of model: the module of `pixelmill.models` that reads its files.
        probabilities: Whether scores are probabilities.
        folder: Beside the manifest, that holds everything else; '' is the manifest's own.
        files: Size and SHA-256 of each file in `folder`, by its path in there; filled in by
            whoever writes it.
        spark_model: Subfolder with the same model in Spark's own format; null if there is none.
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
    identity: str = ""
    versions: dict[str, str] = Field(default_factory=versions)
    kind: str | None = None
    probabilities: bool = False
    folder: str = ""
    files: dict[str, ListedFile] = Field(default_factory=dict)
    spark_model: str | None = None
