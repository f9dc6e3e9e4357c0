"""The finished fits of grid searches, which the next run reuses."""

import json
import logging
from typing import Any
from uuid import uuid4

from kedro.io.core import AbstractDataset
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from pixelmill.datasets.folders import make_folder
from pixelmill.storage.commit import check_commit
from pixelmill.storage.file_systems import find_file_system
from pixelmill.storage.sealed_json import is_unchanged, sealed_json

COMPLETE = "_COMPLETE"

logger = logging.getLogger(__name__)


class FinishedFit(BaseModel):
    """One grid candidate on one fold.

    Attributes:
        key: Hash of all that changes the score.
        estimator: Estimator name.
        parameters: Estimator parameters, by its library's own names.
        fold: Number of the fold that was held out.
        score: Score on that fold; null if the fit failed.
        seconds: The estimator took to learn.
        warnings: Sentences of the estimator, as of an optimization that did not converge.
        error: Reason why there is no score; null if there is one.
        retry: Whether the next run tries again, because the machine failed and not the estimator.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    estimator: str
    parameters: dict[str, Any]
    fold: int
    score: float | None = None
    seconds: float
    warnings: list[str] = Field(default_factory=list)
    error: str | None = None
    retry: bool = False


FITS = TypeAdapter(list[FinishedFit])
LIST = "fits"  # in a file, beside a digest; early versions wrote the list alone


class GridFits(AbstractDataset[list[FinishedFit], list[FinishedFit]]):
    """A folder of JSON files, to which every save adds one.

    A file gets its name when it is whole, so that a run which dies in a save leaves nothing that
    counts. For Kedro the folder exists from the end of a search to the next fit.

    Example:
        >>> GridFits(filepath="data/06_models/nowhere/grid").load()
        []
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the folder; does not touch it.

        Args:
            filepath: Folder on disk or as an `s3://` URI.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath.rstrip("/")
        self._to_retry = False
        self.metadata = metadata

    def load(self) -> list[FinishedFit]:
        """Return all fits that any run saved; none where there is no folder."""
        system, folder = find_file_system(self._filepath)
        if not system.exists(folder):
            return []
        files = [str(name) for name in system.ls(folder, detail=False)]
        files = sorted(name for name in files if _is_of_fits(name.rpartition("/")[2]))
        contents = system.cat_ranges(files, None, None, on_error="raise")
        return [
            fit
            for name, content in zip(files, contents, strict=True)
            for fit in _read(name, content)
        ]

    def save(self, data: list[FinishedFit]) -> None:
        """Add fits to those that are there.

        Args:
            data: Finished fits; an empty list says that the search is over.
        """
        check_commit()
        system, folder = find_file_system(self._filepath)
        make_folder(self._filepath)
        mark = f"{folder}/{COMPLETE}"
        if not data:
            system.pipe_file(mark, b"")
            return
        if system.exists(mark):  # of an earlier search
            system.rm_file(mark)
            self._to_retry = False
        self._to_retry |= any(fit.retry for fit in data)
        draft = f"{folder}/{uuid4().hex}"
        system.pipe_file(draft, _written(data))
        system.mv(draft, f"{draft}.json")

    def is_unfinished(self) -> bool:
        """Return whether the saved fits include failures of the machine, which are tried again."""
        return self._to_retry

    def _exists(self) -> bool:
        system, folder = find_file_system(self._filepath)
        return bool(system.exists(f"{folder}/{COMPLETE}"))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


def _is_of_fits(name: str) -> bool:
    return name.endswith(".json") and not name.startswith(".")  # macOS adds ._name to a name


def _written(fits: list[FinishedFit]) -> bytes:
    # Python's own JSON has infinity, which is a fine value of a parameter.
    plain = json.loads(json.dumps([fit.model_dump() for fit in fits], default=str))
    return sealed_json({LIST: plain})


def _read(name: str, content: bytes) -> list[FinishedFit]:
    """Return the fits of a file; none of one that is damaged, so that they are done again."""
    try:
        found = json.loads(content)
        if isinstance(found, list):
            return FITS.validate_python(found)
        if is_unchanged(found):
            return FITS.validate_python(found[LIST])
    except (ValueError, LookupError, TypeError, AttributeError):  # pydantic's are ValueErrors
        pass
    logger.warning("%s is damaged: its fits are done again.", name)
    return []
