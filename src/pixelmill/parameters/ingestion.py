"""Parameters of the ingestion."""

import re
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pixelmill.images.kinds import EXTENSIONS
from pixelmill.parameters._base import Parameters
from pixelmill.parameters.collection import DownloadsParameters
from pixelmill.parameters.exploration import EXCLUDABLE

_WORD = re.compile(r"[A-Za-z_]+")


def _alone(given: Any) -> Any:
    """Return a single pattern as a list."""
    return (given,) if isinstance(given, str) else given


class IngestionParameters(Parameters):
    """How `images` becomes the image index.

    Attributes:
        label: Where an image's label comes from: its parent folder, a regular expression on its
            path, a column of the table that lists the images, or nowhere.
        pattern: Regular expression with one group (label: pattern). It is searched in the file
            name; where it has a slash (other than in a class such as [^/]) and is not found there,
            in the path below the images' root.
        column: Name of the label's column (label: column).
        path_column: Name of the column that holds the paths or URLs, where `images` is a table;
            null looks for it.
        sheet: Name of the sheet, where `images` is an Excel file; null is the first.
        extensions: File name endings, in lower case, that count as images.
        exclude: Excluded images. Globs of files and folders: without a slash, of a name at any
            depth; with one, of the path below the images' root, where `**` matches any number
            of folders. And kinds of findings (`blank`, `dark`, …; `duplicates` for exact and near
            ones): these images stay in the index but are in neither split. A file or folder of
            such a name is meant with a slash behind it (`blank/`).
        encoding: Encoding of a CSV or text file, as Python names it; null is that of its
            byte-order mark, else UTF-8.
        sample_folder: Folder that the embedded sample is written to.
        downloads: Earlier names of parameters of the collection.
    """

    label: Literal["parent", "pattern", "column", "none"] = "parent"
    pattern: str | None = None
    column: str | None = None
    path_column: str | None = None
    sheet: str | None = None
    extensions: tuple[str, ...] = EXTENSIONS
    exclude: Annotated[tuple[str, ...], BeforeValidator(_alone)] = ()
    encoding: str | None = None
    sample_folder: str = "data/01_raw/digits"
    downloads: DownloadsParameters = Field(default_factory=DownloadsParameters)

    @property
    def excluded_globs(self) -> tuple[str, ...]:
        """What `exclude` says of names and paths."""
        return tuple(one for one in self.exclude if one not in EXCLUDABLE)

    def without_labels(self) -> "IngestionParameters":
        """Return the parameters of images that need no labels, such as those to predict."""
        return self.model_copy(update={"label": "none"})

    @property
    def excluded_findings(self) -> tuple[str, ...]:
        """What `exclude` says of findings, keys of `EXCLUDABLE`."""
        return tuple(dict.fromkeys(one for one in self.exclude if one in EXCLUDABLE))

    @field_validator("exclude")
    @classmethod
    def _findings_are_known(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for name in given:
            nearest = get_close_matches(name.lower(), EXCLUDABLE, n=1, cutoff=0.7)
            if nearest and name not in EXCLUDABLE and _WORD.fullmatch(name):
                raise ValueError(
                    f"there is no finding {name!r}: did you mean {nearest[0]!r}? For a file or "
                    f"folder of this name write '{name}/'"
                )
        return given

    @field_validator("encoding")
    @classmethod
    def _encoding_is_known(cls, given: str | None) -> str | None:
        if given is not None:
            try:
                "a".encode(given)
            except (LookupError, ValueError):
                raise ValueError(f"{given!r} is no text encoding that Python knows") from None
        return given

    @model_validator(mode="after")
    def _label_has_its_source(self) -> "IngestionParameters":
        if self.label in ("pattern", "column") and getattr(self, self.label) is None:
            raise ValueError(f"label: {self.label} needs ingestion.{self.label}")
        return self
