"""Where images come from, how they are divided, and what turns them into features."""

import re
from difflib import get_close_matches
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pixelmill.images.kinds import EXTENSIONS
from pixelmill.images.limits import Limits
from pixelmill.parameters._base import Count, Fraction, Parameters
from pixelmill.parameters.collection import DownloadsParameters
from pixelmill.parameters.exploration import EXCLUDABLE

_WORD = re.compile(r"[A-Za-z_]+")


def _alone(given: Any) -> Any:
    """One pattern is a list of one."""
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
            depth; with one, of the path below the images' root, where `**` stands for any number
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


class SplittingParameters(Parameters):
    """How the images are divided into 'train' and 'test'.

    Attributes:
        method: Split by a hash of path and seed, the first of each class, a folder of the path, or
            a column of the table that lists the images.
        test_fraction: Share of the images that is tested (method: fraction).
        count: Number of training images of each class (method: first_per_class).
        column: Name of the column that holds 'train' or 'test' (method: column).
        seed: Changes which images are drawn (method: fraction).
        near_duplicates: Whether the copies of an image are divided like other images, or left
            out of both splits, so that no copy of a training image is tested.
    """

    method: Literal["fraction", "first_per_class", "folder", "column"] = "fraction"
    test_fraction: Fraction = 0.3
    count: Count = 100
    column: str | None = None
    seed: int = 0
    near_duplicates: Literal["keep", "leave_out"] = "keep"

    @model_validator(mode="after")
    def _column_is_named(self) -> "SplittingParameters":
        if self.method == "column" and self.column is None:
            raise ValueError("method: column needs splitting.column")
        return self


class FeaturizationParameters(Parameters):
    """What turns an image into a vector, and how the work is divided.

    Attributes:
        featurizer: `efficientnet_lite0`, a network of `keras.applications` by its name in
            snake_case (`resnet50`), or a module of `pixelmill.featurizers`.
        layer: Name of the layer whose output is taken; null is the last before the classifier.
        pooling: Pooling over a layer's height and width: mean, maximum, or flattened (none).
        weights: `imagenet`, `random`, or the path or URI of a weights file.
        engine: Engine that runs the network: a module of `pixelmill.engines`.
        precision: Precision of the arithmetic; `auto` is bfloat16 where the CPU has it.
        batch_size: Images that the network sees at once.
        chunk_size: Images that are saved at once: what a killed run loses at most.
        max_pixels: Images with more pixels are refused before they are decoded.
        max_decoded_bytes: Images that take more memory to decode are refused from their header.
        max_seconds: CPU time that a worker may take for an image; one that takes more is refused.
        reads_in_flight: Images that a worker reads ahead of the network.
    """

    featurizer: str = "efficientnet_lite0"
    layer: str | None = None
    pooling: Literal["avg", "max", "none"] = "avg"
    weights: str = "imagenet"
    engine: str = "openvino"
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    batch_size: Annotated[int, Field(ge=1, le=1024)] = 8
    chunk_size: Count = 20_000
    max_pixels: Count = Limits().max_pixels
    max_decoded_bytes: Count = Limits().max_decoded_bytes
    max_seconds: Count = Limits().max_seconds
    reads_in_flight: Annotated[int, Field(ge=1, le=256)] = 16

    @property
    def limits(self) -> Limits:
        """What refuses an image before it is decoded."""
        return Limits(self.max_pixels, self.max_decoded_bytes, self.max_seconds)
