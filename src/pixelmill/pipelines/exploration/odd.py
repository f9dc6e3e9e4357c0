"""Label errors and outliers by the features of as many images as this process can hold."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixelmill.exploration.findings import Finding
from pixelmill.exploration.label_errors import find_label_errors, out_of_fold
from pixelmill.exploration.outliers import find_outliers, principal_components
from pixelmill.exploration.small_classes import class_similarities, find_among_few
from pixelmill.parameters import ExplorationParameters, LabelErrorParameters
from pixelmill.spark.types import DataFrame

SEED = 0
FEWEST = 3  # different images of a class whose labels are judged by similarity
TOO_FEW = "Too few images have features to look for label errors and outliers."
Rows = NDArray[np.float32]


def find_in_features(
    image_index: DataFrame,
    features: DataFrame,
    copies: Mapping[str, str],
    unclear: set[str],
    exploration: ExplorationParameters,
) -> tuple[list[Finding], list[str]]:
    """Find label errors and outliers.

    Args:
        image_index: Columns `path` and `label` (or null).
        features: Columns `path`, `features`, `error`.
        copies: Image that is kept in place of each copy, by path.
        unclear: Paths of images that show too little to judge what they show.
        exploration: Parameters; above `sampled` images a sample is searched.

    Returns:
        The findings, and what was not looked at.
    """
    from pixelmill.spark.vectors import collect_by_path

    table, notes = _sampled(features, image_index, exploration.sampled)
    if table is None:
        return [], [TOO_FEW]
    rows, columns = collect_by_path(table, "label")
    paths: list[str] = columns["path"].to_pylist()
    finite = np.isfinite(rows).all(axis=1)
    if not finite.all():
        infinite = np.count_nonzero(~finite)
        notes.append(f"{infinite:,} images have features that are no finite numbers.")
    clear = finite & np.array([path not in unclear for path in paths], np.bool_)
    if clear.sum() < 2:
        return [], [*notes, TOO_FEW]
    paths = list(compress(paths, clear))
    labels = columns["label"].filter(clear).to_pylist()
    reduced = principal_components(rows[clear], exploration.components)
    single = np.array([path not in copies for path in paths], np.bool_)
    outliers = find_outliers(list(compress(paths, single)), reduced[single], exploration.outliers)
    errors, more = judge_labels(paths, labels, (rows[clear], reduced), copies, exploration)
    return [*errors, *outliers], [*notes, *more]


def _sampled(
    features: DataFrame, image_index: DataFrame, most: int
) -> tuple[DataFrame | None, list[str]]:
    """Return the sampled images with their labels; None for fewer than two."""
    from pixelmill.spark.projecting import sampled

    usable = features.where("error is null").select("path", "features")
    table = usable.join(image_index.select("path", "label"), "path")
    images = table.count()
    if images < 2:
        return None, []
    if images <= most:
        return table, []
    note = (
        f"Label errors and outliers were looked for among {most:,} of {images:,} images, drawn by "
        f"chance: exploration.sampled is {most:,}."
    )
    return table.where(sampled(table, most, SEED)), [note]


def _is_enough(count: int, wanted: LabelErrorParameters) -> bool:
    """Return whether a class has enough different images: a mean of two, or one for each fold."""
    return count >= (FEWEST if count < wanted.few else wanted.folds)


def judge_labels(
    paths: Sequence[str],
    labels: Sequence[str | None],
    both: tuple[Rows, Rows],
    copies: Mapping[str, str],
    exploration: ExplorationParameters,
) -> tuple[list[Finding], list[str]]:
    """Find label errors of the classes that are large enough.

    Args:
        paths: n images.
        labels: Labels of the images, or None.
        both: Features as they were made, [n, d], which serve for small classes; and their
            principal components, [n, c], for the others.
        copies: Image that is kept in place of each copy, by path.
        exploration: Exploration parameters.

    Returns:
        The findings, and what was not looked at.
    """
    wanted = exploration.label_errors
    pictures = [copies.get(path, path) for path in paths]
    of_class = {(label, picture) for label, picture in zip(labels, pictures, strict=True)}
    counts = Counter(label for label, _ in of_class if label is not None)
    names = sorted(label for label, count in counts.items() if _is_enough(count, wanted))
    notes = []
    if counts and len(names) < len(counts):
        few = len(counts) - len(names)
        notes.append(
            f"{few:,} of {len(counts):,} classes have too few different images: their labels were "
            "not checked."
        )
    if len(names) < 2:
        return [], [*notes, "Label errors need two classes that are large enough."]
    number = {name: place for place, name in enumerate(names)}
    judged = np.array([label in number for label in labels], np.bool_)
    given = np.array([number[label] for label in labels if label in number], np.intp)
    chosen = _Judged(
        list(compress(paths, judged)),
        given,
        names,
        np.unique(np.array(pictures, object)[judged], return_inverse=True)[1],
        np.array([counts[name] < wanted.few for name in names], np.bool_)[given],
    )
    features, components = (rows[judged] for rows in both)
    found = _doubted_of_small(chosen, features, wanted)
    more, agreement = _doubted_of_large(chosen, components, wanted)
    return found + more, notes + agreement


class _Judged(NamedTuple):
    """Images whose labels are judged.

    Attributes:
        paths: m images.
        given: Positions of their labels in `names`, int [m].
        names: Names of the classes.
        pictures: Numbers of their pictures, which copies share, int [m].
        is_small: Whether their class has few images, bool [m].
    """

    paths: list[str]
    given: NDArray[np.intp]
    names: list[str]
    pictures: NDArray[np.intp]
    is_small: NDArray[np.bool_]


def _doubted_of_small(
    judged: _Judged, features: Rows, wanted: LabelErrorParameters
) -> list[Finding]:
    """Return label errors of small classes, by similarity to the others of each class."""
    small = judged.is_small
    if not small.any():
        return []
    similarities = class_similarities(features, judged.given, judged.pictures, small)
    in_doubt = list(compress(judged.paths, small))
    return list(find_among_few(in_doubt, judged.given[small], judged.names, similarities, wanted))


def _doubted_of_large(
    judged: _Judged, components: Rows, wanted: LabelErrorParameters
) -> tuple[list[Finding], list[str]]:
    """Return label errors of large classes by a classifier, and how far it agrees with labels."""
    if judged.is_small.all():
        return [], []
    given = judged.given
    probabilities = out_of_fold(components, given, judged.pictures, wanted.folds)
    agreement = float((probabilities.argmax(axis=1) == given).mean())
    note = f"The classifier that looks for label errors agrees with {agreement:.0%} of labels."
    doubted = find_label_errors(judged.paths, given, judged.names, probabilities, wanted)
    small = set(compress(judged.paths, judged.is_small))
    return [one for one in doubted if one.path not in small], [note]
