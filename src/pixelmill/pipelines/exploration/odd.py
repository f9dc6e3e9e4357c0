"""Label errors and outliers by the features of a sample that fits in memory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from pixelmill.exploration.findings import Finding
from pixelmill.exploration.label_errors import ask_witnesses, find_label_errors
from pixelmill.exploration.label_noise import LabelNoise, fit_label_noise
from pixelmill.exploration.outliers import find_outliers, principal_components
from pixelmill.pages.formatting import quantity
from pixelmill.parameters import ExplorationParameters
from pixelmill.spark.types import DataFrame

SEED = 0
FEWEST = 3  # different images of a class whose labels are judged
TOO_FEW = "Too few images have features to look for label errors and outliers."
TOO_FEW_CLASSES = (
    f"Label errors were not looked for: that takes two classes of {FEWEST} different images each."
)
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
        infinite = int(np.count_nonzero(~finite))
        notes.append(f"Features of {quantity(infinite, 'image')} are no finite numbers.")
    clear = finite & np.array([path not in unclear for path in paths], np.bool_)
    if clear.sum() < 2:
        return [], [*notes, TOO_FEW]
    paths = list(compress(paths, clear))
    labels = columns["label"].filter(clear).to_pylist()
    reduced = principal_components(rows[clear], exploration.components)
    single = np.array([path not in copies for path in paths], np.bool_)
    outliers = find_outliers(list(compress(paths, single)), reduced[single], exploration.outliers)
    both = rows[clear], reduced
    classes = _class_count(image_index)
    errors, more = judge_labels(paths, labels, both, copies, exploration, classes)
    return [*errors, *outliers], [*notes, *more]


def _class_count(image_index: DataFrame) -> int:
    """Return the number of labels, of images without features too."""
    from pixelmill.spark import functions as sf

    return int(image_index.agg(sf.count_distinct("label")).collect()[0][0])


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


def judge_labels(
    paths: Sequence[str],
    labels: Sequence[str | None],
    both: tuple[Rows, Rows],
    copies: Mapping[str, str],
    exploration: ExplorationParameters,
    classes: int,
) -> tuple[list[Finding], list[str]]:
    """Find label errors of the classes that are large enough.

    Args:
        paths: n images.
        labels: Labels of the images, or None.
        both: Features as they were made, float32 [n, d], and their principal components,
            float32 [n, c].
        copies: Image that is kept in place of each copy, by path.
        exploration: Exploration parameters.
        classes: Number of classes, with those of which there is no image to judge.

    Returns:
        The findings, and what was not looked at.
    """
    pictures = [copies.get(path, path) for path in paths]
    of_class = {(label, picture) for label, picture in zip(labels, pictures, strict=True)}
    counts = Counter(label for label, _ in of_class if label is not None)
    names = sorted(label for label, count in counts.items() if count >= FEWEST)
    notes = []
    if counts and len(names) < classes:
        few = classes - len(names)
        have, their = ("has", "its") if few == 1 else ("have", "their")
        notes.append(
            f"{few:,} of {classes:,} classes {have} too few different images that can be judged: "
            f"{their} labels were not checked."
        )
    if len(names) < 2:
        return [], [*notes, TOO_FEW_CLASSES]
    number = {name: place for place, name in enumerate(names)}
    judged = np.array([label in number for label in labels], np.bool_)
    given = np.array([number[label] for label in labels if label in number], np.intp)
    rows, components = (of_image[judged] for of_image in both)
    copied = np.unique(np.array(pictures, object)[judged], return_inverse=True)[1]
    folds = exploration.label_errors.folds
    noise = fit_label_noise(given, ask_witnesses(rows, components, given, copied, folds))
    chosen = list(compress(paths, judged))
    found = list(find_label_errors(chosen, given, names, noise, exploration.label_errors))
    return found, [*notes, *_certainty(noise, len(given), len(found))]


def _certainty(noise: LabelNoise, labels: int, found: int) -> tuple[str, str]:
    agreement, wrong = f"{noise.agreements[-1]:.0%}", f"{noise.wrong.sum():,.0f}"
    listed = f"certain enough to be listed: {found:,}"
    are = "is" if wrong == "1" else "are"
    return (
        f"The classifier that looks for label errors agrees with {agreement} of labels.",
        f"By estimate {wrong} of {labels:,} labels {are} wrong; {listed}.",
    )
