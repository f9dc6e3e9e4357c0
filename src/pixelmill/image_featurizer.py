"""A scikit-learn transformer from images to features, on all cores and without Spark."""

from __future__ import annotations

import io
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass
from typing import Any, TypeVar

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from pydantic import ValidationError
from sklearn.base import BaseEstimator, TransformerMixin

from pixelmill.errors import ImageError, InputError, UndecodableImageError
from pixelmill.featurizers import Description, find_featurizer
from pixelmill.featurizers.contracts import FeaturizedBatch
from pixelmill.featurizers.parallel import ParallelFeaturizer, open_parallel
from pixelmill.parameters import FeaturizationParameters, Parameters
from pixelmill.storage.given_images import GivenImage, read_given

DEFAULTS = FeaturizationParameters()
Group = TypeVar("Group", bound=Parameters)
NOT_IN_PNG = ("CMYK", "F", "LAB", "YCbCr")  # modes of Pillow
NOT_OF_FEATURIZATION = {"n_jobs", "progress"}

logger = logging.getLogger(__name__)


@dataclass(eq=False, repr=False)
class ImageFeaturizer(TransformerMixin, BaseEstimator):
    """Images in, features out: what the pipeline `featurization` writes into its tables.

    Nothing is learnt: `fit` only checks the parameters. Where one image is transformed several
    times, as in a cross-validation, give the pipeline a `memory`, or transform once before.

    Attributes:
        featurizer: `efficientnet_lite0`, a network of `keras.applications` in snake_case
            (`resnet50`), or another module of `pixelmill.featurizers`.
        layer: Name of the layer whose output is taken; None is the last before the classifier.
        pooling: Pooling over a layer's height and width: `avg`, `max`, or `none` (flattened).
        weights: `imagenet`, `random`, or the path or URI of a weights file.
        engine: Engine that runs the network: a module of `pixelmill.engines`.
        precision: `float32`, `bfloat16`, or `auto`: bfloat16 where the CPU has it.
        batch_size: Images that a network sees at once.
        max_pixels: Images with more pixels are refused before they are decoded.
        max_decoded_bytes: Images that take more memory to decode are refused.
        max_seconds: CPU time that an image may take.
        reads_in_flight: Images that are read ahead.
        n_jobs: Processes that work at once, as joblib counts them: -1 is one for each core.
        progress: Whether a bar shows how far it is, in a terminal or a notebook.
        errors_: For each image of the last `transform` None, or why its row is NaN.

    Example:
        >>> import numpy as np
        >>> red = np.full((32, 32, 3), (255, 0, 0), np.uint8)
        >>> colours = ImageFeaturizer("colour_statistics", n_jobs=1, progress=False)
        >>> colours.fit_transform([red, b"no image"]).shape
        (2, 18)
        >>> colours.errors_[0], colours.errors_[1].partition(":")[0]
        (None, 'no image')
    """

    featurizer: str = DEFAULTS.featurizer
    _: KW_ONLY
    layer: str | None = DEFAULTS.layer
    pooling: str = DEFAULTS.pooling
    weights: str = DEFAULTS.weights
    engine: str = DEFAULTS.engine
    precision: str = DEFAULTS.precision
    batch_size: int = DEFAULTS.batch_size
    max_pixels: int = DEFAULTS.max_pixels
    max_decoded_bytes: int = DEFAULTS.max_decoded_bytes
    max_seconds: int = DEFAULTS.max_seconds
    reads_in_flight: int = DEFAULTS.reads_in_flight
    n_jobs: int | None = -1
    progress: bool = True

    def fit(self, X: Any = None, y: Any = None) -> ImageFeaturizer:
        """Check the parameters; no image is read.

        Args:
            X: Images; they do not matter.
            y: Labels; they do not matter.

        Raises:
            InputError: A parameter is impossible, or the featurizer is unknown.
        """
        self._describe()
        return self

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Featurize images.

        Args:
            X: n images: a list, an array or a pandas Series of paths, `s3://` URIs, bytes of
                files, Pillow's images, or pixels (uint8 [height, width] or [height, width, 3 or
                4]); an array uint8 [n, height, width] or [n, height, width, 3]; or a table with
                one column of paths.

        Returns:
            float32 [n, d]; the row of an image that cannot be used is NaN, and `errors_` says
            why.

        Raises:
            InputError: A parameter is impossible, X holds no images, or none of a bucket can be
                read.
        """
        images = as_images(X)
        featurize = self._open()
        contents = read_given(map(_content, images), self.reads_in_flight)
        with _bar(len(images), shown=self.progress) as advance:
            batches = featurize(contents, advance)
        self.errors_ = [error for batch in batches for error in batch.errors]
        self._log_failures()
        width = next((batch.features.shape[1] for batch in batches if len(batch.features)), None)
        return _rows(batches, self.errors_, width or len(self.get_feature_names_out()))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return names of the columns: of statistics their own, of a network its name and a number.

        Args:
            input_features: Ignored: the input has no columns.
        """
        description = self._describe()
        names = description.get("columns")
        if names is None:
            names = [f"{self.featurizer}_{number}" for number in range(self._open().width())]
        return np.asarray(names, dtype=object)

    def __sklearn_tags__(self) -> Any:
        """Say that the input is images, and that nothing need be fitted."""
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.no_validation = True
        tags.requires_fit = False
        return tags

    def _parameters(self) -> FeaturizationParameters:
        given = self.get_params(deep=False)
        own = {name: given[name] for name in given if name not in NOT_OF_FEATURIZATION}
        return typed_parameters(FeaturizationParameters, own)

    def _describe(self) -> Description:
        return find_featurizer(self._parameters()).describe()

    def _open(self) -> ParallelFeaturizer:
        return open_parallel(self._parameters(), effective_n_jobs(self.n_jobs))

    def _log_failures(self) -> None:
        failed = [error for error in self.errors_ if error is not None]
        if failed:
            logger.warning(
                "%d of %d images have no features, and their rows are NaN (errors_ has the "
                "reasons); the first: %s", len(failed), len(self.errors_), failed[0],
            )  # fmt: skip


def typed_parameters(model: type[Group], given: Mapping[str, Any]) -> Group:
    """Return a group of parameters from the arguments of a function.

    Args:
        model: The group.
        given: Parameters by name; the others have their defaults.

    Raises:
        InputError: One is unknown or impossible.
    """
    try:
        return model.model_validate(given)
    except ValidationError as problem:
        first = problem.errors()[0]
        name = ".".join(map(str, first["loc"]))
        wrong = first["msg"].removeprefix("Value error, ")
        raise InputError(f"{name} is {first['input']!r}: {wrong}") from None


def as_images(X: Any) -> Sequence[Any]:
    """Return the images of what scikit-learn is given, each for itself.

    Args:
        X: As `ImageFeaturizer.transform` takes it.

    Raises:
        InputError: The input is a single image, or a table of numbers.
    """
    if _is_one_image(X):
        raise InputError("X is one image: give a list of images, [image]")
    images = X.to_pandas() if hasattr(X, "to_pandas") else X  # Arrow's own arrays hold no text
    array = images.to_numpy() if hasattr(images, "to_numpy") else images
    if not isinstance(array, Iterable):
        raise InputError(f"X is of type {type(X).__name__}: give a list of images")
    if not isinstance(array, np.ndarray):
        return list(array)
    if array.dtype.kind == "S":
        raise InputError(
            f"X is an array of dtype {array.dtype}, which loses zero bytes at the end: give a list"
        )
    if array.ndim == 2 and array.shape[1] == 1 and array.dtype.kind in "OUT":
        return list(array[:, 0])
    if array.ndim in (0, 2):
        raise InputError(
            f"X has the shape {array.shape}: give a list of paths, bytes or pixels, or one column"
        )
    return list(array)


def _is_one_image(X: Any) -> bool:
    """Return whether X is what belongs into a list; of pixels, the last axis is then colours."""
    from PIL.Image import Image

    is_coloured = isinstance(X, np.ndarray) and X.ndim == 3 and X.shape[2] in (3, 4)
    return isinstance(X, str | bytes | os.PathLike | Image) or is_coloured


def _content(image: Any) -> GivenImage | ImageError:
    """Return what can be read or decoded; pixels become a file without loss."""
    from PIL.Image import Image

    if isinstance(image, str | os.PathLike | bytes):
        return image
    try:
        if isinstance(image, Image):
            return _as_file(image)
        if isinstance(image, np.ndarray):
            return _as_file(_picture(image))
    except (OSError, ValueError, TypeError, SystemError) as problem:
        return UndecodableImageError(f"no image: {problem}")
    return UndecodableImageError(
        f"no image: it is of type {type(image).__name__}; give a path, bytes or pixels"
    )


def _picture(pixels: NDArray[Any]) -> Any:
    from PIL.Image import fromarray

    channels = pixels.shape[2:]
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or channels not in ((), (3,), (4,)):
        raise ValueError(
            f"pixels are uint8 [height, width] or [height, width, 3 or 4], and these are "
            f"{pixels.dtype} {list(pixels.shape)}"
        )
    return fromarray(np.ascontiguousarray(pixels))


def _as_file(picture: Any) -> bytes:
    stream = io.BytesIO()
    if picture.mode in NOT_IN_PNG:
        picture.save(stream, "TIFF")
    else:
        picture.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _rows(
    batches: Sequence[FeaturizedBatch], errors: Sequence[str | None], width: int
) -> NDArray[np.float32]:
    rows = np.full((len(errors), width), np.nan, np.float32)
    good = [batch.features for batch in batches if len(batch.features)]
    if good:
        rows[[error is None for error in errors]] = np.concatenate(good)
    return rows


@contextmanager
def _bar(total: int, *, shown: bool) -> Iterator[Callable[[FeaturizedBatch], object]]:
    """Show a progress bar in a terminal or a notebook, and nothing elsewhere."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    hidden = not (shown and (console.is_terminal or console.is_jupyter))
    with Progress(console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task("featurizing", total=total)
        yield lambda batch: bar.advance(task, len(batch.errors))
