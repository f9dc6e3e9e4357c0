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

Classes with few images (`few`) are judged otherwise: see `small_classes`.

Source: Northcutt, Jiang and Chuang, Confident Learning: Estimating Uncertainty in Dataset Labels,
Journal of Artificial Intelligence Research 70, 2021; `confident_classes` gives the answers of
cleanlab 2.9.0's `find_label_issues(filter_by="confident_learning")`.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pixelmill.exploration.findings import Finding
from pixelmill.parameters import LabelErrorParameters

Rows = NDArray[np.float32]
Labels = NDArray[np.intp]
Probabilities = NDArray[np.float64]

LEAST = 2e-6  # of a threshold: a class of which the classifier knows nothing
TOLERANCE = 1e-6
SEED = 0
# C, of rows whose mean square length is 1: small, or the classifier learns wrong labels by heart.
PENALTY = 3.0


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
