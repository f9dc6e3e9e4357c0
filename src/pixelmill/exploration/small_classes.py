"""Label errors of classes with few images, by how similar an image is to the others of each class.

Of a class with few images a classifier learns too little to be sure of anything, and a wrong label
of seven is a seventh of what it learns. So the features x of an image, centred and of length 1, are
compared with those of all other pictures y of each class c:

    s(x, c) = (cos(x, m_c) + t log mean_{y in c} exp(cos(x, y) / t)) / 2,    t = 0.1.

The first term compares with the mean m_c of the class, the second one with its nearest images: it
lies between their mean cosine and the largest one. Alone, the mean finds photos of breeds with an
unusual look, and the nearest images find those that lie among two breeds; both terms together have
fewer of either. The image and its copies are left out of their classes.

An image is a label error where it is more similar to another class than to its own by a margin.
Where features tell the classes apart badly, many images are a little more similar to another class:
so the margin must also be beyond Tukey's fence of these differences in the data set,
q75 + f (q75 - q25).

Source: Tukey, Exploratory Data Analysis, 1977; `benchmarks.exploration --classes 37` measures both.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelmill.exploration.findings import Finding
from pixelmill.parameters import LabelErrorParameters

Rows = NDArray[np.float32]
Labels = NDArray[np.intp]
Similarities = NDArray[np.float64]
Flags = NDArray[np.bool_]

WIDTH = 0.1  # t: cosines that lie so far below the largest one count a third
CHUNK = 512  # images that are compared with all others at once
NOTHING = 2e-6  # length of features below which they point nowhere


def find_among_few(
    paths: Sequence[str],
    labels: Labels,
    names: Sequence[str],
    similarities: Similarities,
    parameters: LabelErrorParameters,
) -> Iterator[Finding]:
    """The images of small classes whose label is probably wrong.

    Args:
        paths: n images.
        labels: intp [n], positions in `names`.
        names: Names of the k classes.
        similarities: float64 [n, k], of `class_similarities`; only images of small classes.
        parameters: The least difference, and the fence of the differences of these images.

    Yields:
        A finding for each, whose score is the difference of the similarities over 2.
    """
    every = np.arange(len(labels))
    own = similarities[every, labels]
    rest = similarities.copy()
    rest[every, labels] = -np.inf
    others = rest.argmax(axis=1)
    differences = rest[every, others] - own
    least = _least_difference(differences, parameters)
    for place in np.flatnonzero(differences >= least).tolist():
        given, other = names[int(labels[place])], names[int(others[place])]
        evidence = (
            f"The similarity to the other images of {given} is {own[place]:.2f}, but to those of "
            f"{other} {rest[place, others[place]]:.2f}; the limit is a difference of {least:.2f}."
        )
        score = float(np.clip(differences[place] / 2, 0, 1))
        yield Finding(paths[place], "label_error", score, evidence)


def class_similarities(rows: Rows, labels: Labels, pictures: Labels, chosen: Flags) -> Similarities:
    """How similar images are to the others of each class.

    Args:
        rows: Features as the featurizer made them, float32 [n, d].
        labels: intp [n], from 0 to k - 1.
        pictures: intp [n]; images of one number are copies, and count once in a class.
        chosen: bool [n], true for the m images whose similarities are wanted.

    Returns:
        float64 [m, k], -1 to 1.
    """
    units = _units(rows - rows.mean(axis=0, dtype=np.float64).astype(np.float32))
    # A picture that stands c times in a class weighs 1 / c each time.
    both = labels.astype(np.int64) * (int(pictures.max()) + 1) + pictures
    _, group, counts = np.unique(both, return_inverse=True, return_counts=True)
    weights = 1 / counts[group]
    to_means = _cosines_to_means(units, labels, group, weights, chosen)
    return (to_means + _to_nearest(units, labels, pictures, weights, chosen)) / 2


def _least_difference(differences: Similarities, parameters: LabelErrorParameters) -> float:
    if not len(differences):
        return parameters.few_margin
    lower, upper = np.quantile(differences, (0.25, 0.75)).tolist()
    return max(parameters.few_margin, float(upper + parameters.few_fence * (upper - lower)))


def _cosines_to_means(
    units: Rows, labels: Labels, group: Labels, weights: NDArray[np.float64], chosen: Flags
) -> Similarities:
    """Cosines to the means of the classes, [m, k].

    The own class of an image is the mean of its other pictures, and 0 where it has none. Images of
    one `group` are copies in one class.
    """
    sums = _sums(units, labels, weights)
    own, place = np.unique(group[chosen], return_inverse=True)
    of_own = np.isin(group, own)
    of_picture = _sums(units[of_own], np.searchsorted(own, group[of_own]), weights[of_own])
    found = np.asarray(units[chosen] @ _units(sums).T, np.float64)
    others = _units(sums[labels[chosen]] - of_picture[place])
    found[np.arange(len(found)), labels[chosen]] = (units[chosen] * others).sum(axis=1)
    return found


def _to_nearest(
    units: Rows,
    labels: Labels,
    pictures: Labels,
    weights: NDArray[np.float64],
    chosen: Flags,
) -> Similarities:
    """The second term, [m, k]: t log mean exp(cos / t) over the other pictures of each class.

    It is written as 1 + t log mean exp((cos - 1) / t), in which no power is too large. A class
    without other pictures gets -1, the least cosine.
    """
    from scipy.sparse import csr_array

    images = np.arange(len(units))
    of_class = csr_array((weights, (labels, images)))
    counts = np.bincount(labels, weights)
    found = np.empty((int(chosen.sum()), len(counts)))
    wanted = np.flatnonzero(chosen)
    for start in range(0, len(wanted), CHUNK):
        some = wanted[start : start + CHUNK]
        powers = units[some] @ units.T
        powers -= 1
        powers /= WIDTH
        np.exp(powers, out=powers)
        same = pictures[some][:, None] == pictures
        powers[same] = 0
        sums = (of_class @ powers.T).T
        of_others = counts - (of_class @ same.T.astype(np.float64)).T
        means = np.divide(sums, of_others, out=np.zeros_like(sums), where=of_others > 0.5)
        found[start : start + len(some)] = 1 + WIDTH * np.log(np.maximum(means, np.exp(-2 / WIDTH)))
    return found


def _sums(rows: Rows, groups: Labels, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weighted sums of the rows of each group, [k, d]."""
    from scipy.sparse import csr_array

    places = groups, np.arange(len(rows))
    return np.asarray(csr_array((weights, places)) @ rows, np.float64)


def _units(rows: NDArray[Any]) -> NDArray[Any]:
    """Rows of length 1; those that are nearly zero become zero."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    divided = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > NOTHING)
    return np.asarray(divided)
