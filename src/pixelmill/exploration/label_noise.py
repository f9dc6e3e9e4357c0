"""The probability that a label is wrong, from the scores of its image in each class.

Scores of witnesses, such as logarithms of a classifier's probabilities and similarities to the
other images of each class, are weighted, and their softmax over the classes is q(c | x), the
probability that image x shows class c. A label g is right with the probability 1 - e, or else one
of the k - 1 others by chance, so that

    P(g | x) = (1 - e) q(g | x) + e (1 - q(g | x)) / (k - 1).

Weights and rate e are those under which the labels of the data set are most probable. Where scores
do not separate the classes, small weights make them so: q is flat, and no label is doubted much.
Where they do, images far from their label can only be explained by e. By Bayes' rule the label is
wrong with the probability of the second term over the sum.

Before any label is seen, e has the distribution Beta(2, 40), as of 40 labels of which one or two
are wrong: without it, scores that say nothing let e be anything. The logarithms of the weights have
the deviation 3.

Source: Angluin and Laird, Learning from Noisy Examples, 1988, for the noise; Platt, Probabilistic
Outputs for Support Vector Machines, 1999, for the weights; `benchmarks.label_errors` measures both.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.intp]
Scores = NDArray[np.float32]
Floats = NDArray[np.float64]

# Images by which three numbers are fitted: as many as have a million scores, or these.
FITTED_SCORES = 1_000_000
FITTED = 2000
WRONG, RIGHT = 2, 40  # of the Beta distribution of e
SPREAD = 3.0  # deviation of the logarithms of the weights
STARTS = (-1.0, 1.0)  # of these logarithms: there may be two maxima
BOUNDS = (-5.0, 5.0)
RATES = (-7.0, 0.0)  # logit of e, of one label of a thousand to every second one
SEED = 0


class LabelNoise(NamedTuple):
    """What witnesses say of the labels of n images.

    Attributes:
        probabilities: Probability of each class, float32 [n, k].
        wrong: Probability that the label is wrong, float64 [n].
        agreements: Share of the images whose label is the likeliest class, by each witness alone;
            the last one by all of them.
    """

    probabilities: NDArray[np.float32]
    wrong: Floats
    agreements: list[float]


def fit_label_noise(labels: Labels, scores: Sequence[Scores]) -> LabelNoise:
    """Weigh the scores of witnesses by how well they explain the labels, and doubt labels by them.

    Args:
        labels: intp [n], from 0 to k - 1, k at least 2.
        scores: One array for each witness, float32 [n, k], larger for likelier classes; none may
            be infinite.
    """
    from scipy.optimize import minimize

    most = max(FITTED, FITTED_SCORES // scores[0].shape[1])
    chosen = np.random.default_rng(SEED).permutation(len(labels))[:most]
    # The gradient is a difference of costs that are nearly equal.
    fitted = labels[chosen], [of_witness[chosen].astype(np.float64) for of_witness in scores]
    bounds = [*[BOUNDS] * len(scores), RATES]
    found = [
        minimize(_cost, [*[start] * len(scores), -3.0], fitted, "L-BFGS-B", bounds=bounds)
        for start in STARTS
    ]
    best: Floats = min(found, key=lambda one: float(one.fun)).x
    logs = _class_logs(best, scores)
    right, wrong = _label_logs(best[-1], logs, labels)
    agreements = [float((one.argmax(axis=1) == labels).mean()) for one in (*scores, logs)]
    return LabelNoise(np.exp(logs), np.exp(wrong - np.logaddexp(right, wrong)), agreements)


def most_certain(wrong: Floats, candidates: NDArray[np.bool_], precision: float) -> Labels:
    """Choose as many labels as possible, of which a share is expected to be wrong.

    The expected share is the mean of their probabilities, so that the most doubtful labels make
    room for others.

    Args:
        wrong: Probability that the label is wrong, float64 [n].
        candidates: bool [n], true for those that may be chosen.
        precision: Least expected share.

    Returns:
        Positions of the chosen labels, the most doubtful first; perhaps none.
    """
    places = np.flatnonzero(candidates)
    ordered = places[np.argsort(-wrong[places], kind="stable")]
    means = wrong[ordered].cumsum() / np.arange(1, len(ordered) + 1)
    return ordered[: np.count_nonzero(means >= precision)]  # the means only fall


def _cost(numbers: Floats, labels: Labels, scores: Sequence[Floats]) -> float:
    """Return the negative logarithm of the probability of labels, weights and rate."""
    logs = _class_logs(numbers, scores)
    right, wrong = _label_logs(numbers[-1], logs, labels)
    rate, no_rate = -np.logaddexp(0, -numbers[-1]), -np.logaddexp(0, numbers[-1])
    before = WRONG * rate + RIGHT * no_rate - np.square(numbers[:-1]).sum() / (2 * SPREAD**2)
    return -float(np.logaddexp(right, wrong).sum() + before)


def _class_logs(numbers: Floats, scores: Sequence[NDArray[Any]]) -> Any:
    """Return log q(c | x), [n, k], for logarithms of the weights and the logit of e."""
    from scipy.special import log_softmax

    weights = np.exp(numbers[:-1]).tolist()
    weighted = [weight * of_one for weight, of_one in zip(weights, scores, strict=True)]
    return log_softmax(np.sum(weighted, axis=0), axis=1)


def _label_logs(logit: float, logs: Any, labels: Labels) -> tuple[Floats, Floats]:
    """Return logarithms of both terms of P(g | x), float64 [n]: right and wrong label."""
    own = logs[np.arange(len(labels)), labels].astype(np.float64)
    others = np.log(np.maximum(-np.expm1(own), 1e-12) / (logs.shape[1] - 1))
    return own - np.logaddexp(0, logit), others - np.logaddexp(0, -logit)
