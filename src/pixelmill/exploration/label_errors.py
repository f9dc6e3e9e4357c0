"""Label errors by confident learning.

A classifier gives every image probabilities without having seen it (`out_of_fold`). The threshold
of a class is how sure it is, on average, of the images that have its label. An image belongs
confidently to a class whose threshold its probability reaches; where it reaches several, to the
likeliest one. An image that belongs confidently to another class than its label says is a label
error: it lies off the diagonal of the *confident joint*. As the thresholds are those of each class,
a class that the classifier finds hard is not taken to be full of errors.

With few classes that are easy to tell apart the thresholds come near to 1, and wrong labels in the
training of the classifier keep it from reaching them: an image whose likeliest class is much
likelier than its label (`sure`) is found as well.

Of a class with few images (`few`) a classifier learns too little to be sure of anything, and a
wrong label of seven is a seventh of what it learns. The image's features are then compared with the
means of all classes by their cosine, its own class without the image and its copies: one that is
nearer to another class by a margin (`find_among_few`) is a label error. Features are centred
before, so that what all images have in common does not count. Where features tell the classes apart
badly, many images are a little nearer to another class: the margin must also be beyond Tukey's
fence of the margins of this data set, q75 + f (q75 - q25).

Source: Northcutt, Jiang and Chuang, Confident Learning: Estimating Uncertainty in Dataset Labels,
Journal of Artificial Intelligence Research 70, 2021; `confident_classes` gives the answers of
cleanlab 2.9.0's `find_label_issues(filter_by="confident_learning")`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelmill.exploration.findings import Finding
from pixelmill.parameters import LabelErrorParameters

Rows = NDArray[np.float32]
Labels = NDArray[np.intp]
Probabilities = NDArray[np.float64]
Cosines = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEAST = 2e-6  # of a threshold: a class of which the classifier knows nothing
TOLERANCE = 1e-6
SEED = 0
# C, of rows whose mean square length is 1: small, or the classifier learns wrong labels by heart.
PENALTY = 1.0


def confident_classes(labels: Labels, probabilities: Probabilities) -> Labels:
    """The class that each image confidently belongs to.

    Args:
        labels: intp [n], from 0 to k - 1.
        probabilities: float64 [n, k], of a classifier that has not seen the image.

    Returns:
        intp [n]; the image's own label where it belongs confidently to none, or where the
        classifier takes its own label for the likeliest.
    """
    classes = probabilities.shape[1]
    counts = np.bincount(labels, minlength=classes)
    own = probabilities[np.arange(len(labels)), labels]
    sums = np.bincount(labels, weights=own, minlength=classes)
    means = np.divide(sums, counts, out=np.full(classes, np.inf), where=counts > 0)
    reached = probabilities >= np.maximum(means, LEAST) - TOLERANCE
    likeliest = probabilities.argmax(axis=1)
    several = reached.sum(axis=1) > 1
    confident = np.where(several, likeliest, reached.argmax(axis=1))
    stays = ~reached.any(axis=1) | (likeliest == labels)
    return np.where(stays, labels, confident)


def find_label_errors(
    paths: Sequence[str],
    labels: Labels,
    names: Sequence[str],
    probabilities: Probabilities,
    parameters: LabelErrorParameters,
) -> Iterator[Finding]:
    """The images whose label is probably wrong.

    Args:
        paths: n images.
        labels: intp [n], places in `names`.
        names: Names of the k classes.
        probabilities: float64 [n, k], of a classifier that has not seen the image.
        parameters: Differences of the probabilities of the other label and of the given one.

    Yields:
        A finding for each, whose score is that difference.
    """
    confident = confident_classes(labels, probabilities)
    others = np.where(confident != labels, confident, probabilities.argmax(axis=1))
    every = np.arange(len(labels))
    differences = probabilities[every, others] - probabilities[every, labels]
    least = np.where(confident != labels, parameters.margin, parameters.sure)
    for place in np.flatnonzero((others != labels) & (differences >= least)).tolist():
        given, other = int(labels[place]), int(others[place])
        own, suggested = (float(probabilities[place, label]) for label in (given, other))
        evidence = (
            f"The label is {names[given]} with a probability of {own:.2f}, but {names[other]} has "
            f"{suggested:.2f}; the limit is a difference of {least[place]:g}."
        )
        yield Finding(paths[place], "label_error", suggested - own, evidence)


def find_among_few(
    paths: Sequence[str],
    labels: Labels,
    names: Sequence[str],
    cosines: Cosines,
    parameters: LabelErrorParameters,
) -> Iterator[Finding]:
    """The images of small classes whose label is probably wrong.

    Args:
        paths: n images.
        labels: intp [n], places in `names`.
        names: Names of the k classes.
        cosines: float64 [n, k], of `class_cosines`; only images of small classes are given.
        parameters: The least difference, and the fence of the differences of these images.

    Yields:
        A finding for each, whose score is the difference of the cosines over 2.
    """
    every = np.arange(len(labels))
    own = cosines[every, labels]
    rest = cosines.copy()
    rest[every, labels] = -np.inf
    others = rest.argmax(axis=1)
    differences = rest[every, others] - own
    least = _least_difference(differences, parameters)
    for place in np.flatnonzero(differences >= least).tolist():
        given, other = names[int(labels[place])], names[int(others[place])]
        evidence = (
            f"The cosine to the other images of {given} is {own[place]:.2f}, but to those of "
            f"{other} {rest[place, others[place]]:.2f}; the limit is a difference of "
            f"{least:.2f}."
        )
        score = float(np.clip(differences[place] / 2, 0, 1))
        yield Finding(paths[place], "label_error", score, evidence)


def _least_difference(differences: Cosines, parameters: LabelErrorParameters) -> float:
    if not len(differences):
        return parameters.few_margin
    lower, upper = np.quantile(differences, (0.25, 0.75)).tolist()
    return max(parameters.few_margin, float(upper + parameters.few_fence * (upper - lower)))


def class_cosines(rows: Rows, labels: Labels, pictures: Labels, chosen: Flags) -> Cosines:
    """Cosines between the features of images and the means of classes.

    Args:
        rows: Features as the featurizer made them, float32 [n, d].
        labels: intp [n], from 0 to k - 1.
        pictures: intp [n]; images of one number are copies, and count once in a class.
        chosen: bool [n], true for the m images whose cosines are wanted.

    Returns:
        float64 [m, k]; the own class of an image is the mean of its other pictures, and 0 where it
        has none.
    """
    units = _units(rows - rows.mean(axis=0, dtype=np.float64).astype(np.float32))
    # A picture that stands c times in a class weighs 1 / c each time.
    both = labels.astype(np.int64) * (int(pictures.max()) + 1) + pictures
    _, group, counts = np.unique(both, return_inverse=True, return_counts=True)
    weights = 1 / counts[group]
    sums = _sums(units, labels, weights)
    own, place = np.unique(group[chosen], return_inverse=True)
    of_own = np.isin(group, own)
    of_picture = _sums(units[of_own], np.searchsorted(own, group[of_own]), weights[of_own])
    found = np.asarray(units[chosen] @ _units(sums).T, np.float64)
    others = _units(sums[labels[chosen]] - of_picture[place])
    found[np.arange(len(found)), labels[chosen]] = (units[chosen] * others).sum(axis=1)
    return found


def _sums(rows: Rows, groups: Labels, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted sums of the rows of each group, [k, d]."""
    from scipy.sparse import csr_array

    places = groups, np.arange(len(rows))
    return np.asarray(csr_array((weights, places)) @ rows, np.float64)


def _units(rows: NDArray[Any]) -> NDArray[Any]:
    """Rows of length 1; those that are nearly zero become zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    divided = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > LEAST)
    return np.asarray(divided)


def out_of_fold(rows: Rows, labels: Labels, pictures: Labels, folds: int) -> Probabilities:
    """Probabilities of each image by a logistic regression of the others.

    Args:
        rows: Features of comparable scale, float32 [n, d].
        labels: intp [n], from 0 to k - 1, at least two classes.
        pictures: intp [n]; images of one number are copies and stay in one fold, because a
            classifier that has seen a copy has seen the image.
        folds: Parts of the images.

    Returns:
        float64 [n, k]. A class that is in no other fold has the probability 0.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from threadpoolctl import threadpool_limits

    rows = rows / np.sqrt(np.square(rows).sum(axis=1).mean() + 1e-12)
    parts = StratifiedGroupKFold(folds, shuffle=True, random_state=SEED)
    found = np.zeros((len(rows), int(labels.max()) + 1))
    with threadpool_limits(1):  # small matrices: threads would wait for each other
        for train, test in parts.split(rows, labels, pictures):
            classifier = LogisticRegression(C=PENALTY, max_iter=1000)
            classifier.fit(rows[train], labels[train])
            found[np.ix_(test, classifier.classes_)] = classifier.predict_proba(rows[test])
    return found
