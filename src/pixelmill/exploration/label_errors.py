"""Label errors by confident learning.

Two witnesses say what an image shows without having seen its label: a classifier of the other
images (`out_of_fold`), and how similar it is to the other images of each class
(`class_similarity`). `label_noise` makes of both the probability of each class, and that of a wrong
label.

The threshold of a class is how probable it is, on average, for the images that have its label. An
image belongs confidently to a class whose threshold its probability reaches; where it reaches
several, to the likeliest one. An image that belongs confidently to another class than its label
says is in doubt: it lies off the diagonal of the *confident joint*. As the thresholds are those of
each class, a class that is hard to predict does not look full of errors. With few classes that
are easy to separate the thresholds come near to 1: so an image whose likeliest class is much
likelier than its label (`sure`) is in doubt as well.

Of the images in doubt those are found of whose labels a share (`precision`) is expected to be
wrong. That expectation is too high where images of one class are not near each other: then an
image that looks like another class is nothing unusual. So the share must be larger by twice the
difference of two agreements with the labels: of both witnesses together, and of the similarities
alone. Where features do not separate the classes, few images are found or none. Nor are those of
a class of which most would be.

Source: Northcutt, Jiang and Chuang, Confident Learning: Estimating Uncertainty in Dataset Labels,
Journal of Artificial Intelligence Research 70, 2021; `confident_classes` gives the answers of
cleanlab 2.9.0's `find_label_issues(filter_by="confident_learning")`.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pixelmill.exploration.class_similarity import WIDTH, class_similarities
from pixelmill.exploration.findings import Finding
from pixelmill.exploration.label_noise import LabelNoise, most_certain
from pixelmill.one_core import one_core
from pixelmill.pages.formatting import label
from pixelmill.parameters import LabelErrorParameters

Rows = NDArray[np.float32]
Labels = NDArray[np.intp]
Probabilities = NDArray[np.float32]
Scores = NDArray[np.float32]

LEAST = 2e-6  # of a threshold: a class of which the classifier knows nothing
TOLERANCE = 1e-6
LEAST_WRONG = 0.2  # of the probability that a label is wrong; lower ones are not worth a look
DISTRUST = 2.0  # by which a difference of agreements raises the share, up to the largest one
LARGEST_SHARE = 0.97
# C, of rows whose mean square length is 1: small, or the classifier learns wrong labels by heart.
PENALTY = 3.0
# By how the images are divided, the classifier of few images says this or that: mean of several.
REPEATED = 3
MOST_CLASSES = 300  # that a classifier learns in acceptable time


def confident_classes(labels: Labels, probabilities: Probabilities) -> Labels:
    """Return the class that each image confidently belongs to.

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
    noise: LabelNoise,
    parameters: LabelErrorParameters,
) -> Iterator[Finding]:
    """Find the images whose label is probably wrong.

    Args:
        paths: n images.
        labels: intp [n], positions in `names`.
        names: Names of the k classes.
        noise: Probabilities of the classes, and of a wrong label; the first witness is the
            similarities.
        parameters: Least differences of probabilities, and the precision that is wanted.

    Yields:
        A finding for each, whose score is the probability that the label is wrong.
    """
    probabilities = noise.probabilities
    confident = confident_classes(labels, probabilities)
    others = np.where(confident != labels, confident, probabilities.argmax(axis=1))
    every = np.arange(len(labels))
    differences = probabilities[every, others] - probabilities[every, labels]
    least = np.where(confident != labels, parameters.margin, parameters.sure)
    in_doubt = (others != labels) & (differences >= least) & (noise.wrong >= LEAST_WRONG)
    found = most_certain(noise.wrong, in_doubt, _share(noise, parameters.precision))
    # Where most images of a class are in doubt, features do not know the class: a rare one.
    doubted = np.bincount(labels[found], minlength=len(names))
    found = found[(2 * doubted <= np.bincount(labels, minlength=len(names)))[labels[found]]]
    for place in np.sort(found).tolist():
        given, other = int(labels[place]), int(others[place])
        own, suggested = (float(probabilities[place, one]) for one in (given, other))
        evidence = (
            f"The label is {label(names[given])} with a probability of {own:.2f}, but "
            f"{label(names[other])} has {suggested:.2f}: it is wrong with a probability of "
            f"{noise.wrong[place]:.2f}; the limit is {noise.wrong[found[-1]]:.2f}."
        )
        yield Finding(paths[place], "label_error", float(noise.wrong[place]), evidence)


def _share(noise: LabelNoise, precision: float) -> float:
    """Return the share of the found labels that is to be expected to be wrong."""
    distrust = DISTRUST * max(0.0, noise.agreements[-1] - noise.agreements[0])
    return max(precision, min(LARGEST_SHARE, precision + distrust))


def ask_witnesses(
    rows: Rows, components: Rows, labels: Labels, pictures: Labels, folds: int
) -> list[Scores]:
    """Score the classes of each image without its label.

    Args:
        rows: Features as the featurizer made them, float32 [n, d].
        components: Their principal components, float32 [n, c].
        labels: intp [n], from 0 to k - 1, at least two classes.
        pictures: intp [n], from 0 on; images of one number are copies.
        folds: Parts of the images, for the classifier.

    Returns:
        Similarities to the other images of each class, and logarithms of the probabilities of a
        classifier, each float32 [n, k]. Of many classes the similarities alone.
    """
    similarities = class_similarities(rows, labels, pictures) / WIDTH
    if int(labels.max()) >= MOST_CLASSES:
        return [similarities]
    turns = [out_of_fold(components, labels, pictures, folds, seed) for seed in range(REPEATED)]
    return [similarities, np.log(np.maximum(np.mean(turns, axis=0), TOLERANCE))]


def out_of_fold(
    rows: Rows, labels: Labels, pictures: Labels, folds: int, seed: int = 0
) -> Probabilities:
    """Return the probabilities of each image by a logistic regression of the others.

    Args:
        rows: Features of comparable scale, float32 [n, d].
        labels: intp [n], from 0 to k - 1, at least two classes.
        pictures: intp [n], from 0 on; images of one number are copies and stay in one fold, because
            a classifier that has seen a copy has seen the image.
        folds: Parts of the images.
        seed: Seed of the division.

    Returns:
        float32 [n, k]. A class that is in no other fold has the probability 0; an image whose
        label is such a class, of which nothing can be said, has none but zeros.
    """
    from sklearn.linear_model import LogisticRegression

    rows = rows / np.sqrt(np.square(rows).sum(axis=1).mean() + 1e-12)
    fold = _folds(labels, pictures, folds, seed)
    found = np.zeros((len(rows), int(labels.max()) + 1), np.float32)
    with one_core():
        for number in range(folds):
            train = np.flatnonzero(fold != number)
            known = np.unique(labels[train])
            test = np.flatnonzero((fold == number) & np.isin(labels, known))
            if len(test) and len(known) > 1:
                classifier = LogisticRegression(C=PENALTY, max_iter=1000)
                classifier.fit(rows[train], labels[train])
                found[np.ix_(test, classifier.classes_)] = classifier.predict_proba(rows[test])
    return found


def _folds(labels: Labels, pictures: Labels, folds: int, seed: int) -> Labels:
    """Deal the pictures of each class, in an order by chance, to one fold after another."""
    _, first, picture = np.unique(pictures, return_index=True, return_inverse=True)
    order = np.lexsort((np.random.default_rng(seed).random(len(first)), labels[first]))
    dealt = np.empty(len(first), np.intp)
    dealt[order] = np.arange(len(first)) % folds
    return np.asarray(dealt[picture], np.intp)
