"""Outliers: images whose nearest neighbours are far away.

The distance of an image is the mean of those to its k nearest others. Distances in a data set
spread over orders of magnitude and are skewed to the right, so the fence is Tukey's on their
logarithms: q75 + f (q75 - q25).

Source: Angiulli and Pizzuti, Fast Outlier Detection in High Dimensional Spaces, 2002; Tukey,
Exploratory Data Analysis, 1977.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pixelmill.exact_neighbours import neighbours_among
from pixelmill.exploration.findings import Finding
from pixelmill.one_core import one_core
from pixelmill.parameters import OutlierParameters

ROUNDING = 1e-6  # of distances: those that are equal are not beyond their own logarithm
MOST_DIGITS = 9
Rows = NDArray[np.float32]


def principal_components(rows: Rows, count: int) -> Rows:
    """Scale features to variance 1 and take their principal components.

    Args:
        rows: float32 [n, d], n at least 2.
        count: Number of components; at most d and n - 1 are computed.

    Returns:
        float32 [n, c]; zeros where all rows are equal.
    """
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    if (rows == rows[0]).all():
        return np.zeros((len(rows), 1), np.float32)
    components = min(count, rows.shape[1], len(rows) - 1)
    with one_core():
        scaled = StandardScaler().fit_transform(rows)
        found = PCA(components, svd_solver="randomized", random_state=0).fit_transform(scaled)
    return np.asarray(found, np.float32)


def find_outliers(
    paths: Sequence[str], rows: Rows, parameters: OutlierParameters
) -> Iterator[Finding]:
    """Yield the images that are unlike all others.

    Args:
        paths: n images, of which none is a copy of another one.
        rows: Features of comparable scale, float32 [n, d].
        parameters: Neighbours and fence.

    Yields:
        A finding for each, related to its nearest image; none where there are too few images to
        tell what is usual.
    """
    if len(paths) <= 2 * parameters.neighbours:
        return
    nearest, distances = neighbours_among(rows, parameters.neighbours)
    means = distances.mean(axis=1)
    fence = _fence(means, parameters.fence)
    usual = float(np.median(means))
    for place in np.flatnonzero(means > fence * (1 + ROUNDING)).tolist():
        mean = float(means[place])
        away, limit = _distinct(mean, fence)
        evidence = (
            f"The {parameters.neighbours} nearest images are {away} away on average; "
            f"the median of this data set is {usual:.3g} and its limit {limit}."
        )
        near = paths[int(nearest[place, 0])]
        yield Finding(paths[place], "outlier", 1 - fence / mean, evidence, near)


def _distinct(mean: float, fence: float) -> tuple[str, str]:
    """Write both with as many digits as show that they differ."""
    for digits in range(3, MOST_DIGITS):
        away, limit = f"{mean:.{digits}g}", f"{fence:.{digits}g}"
        if away != limit:
            break
    return away, limit


def _fence(means: NDArray[np.float64], ranges: float) -> float:
    """Return the distance beyond which an image is an outlier."""
    positive = means[means > 0]  # copies of one picture have no logarithm
    if not len(positive):
        return np.inf
    lower, upper = np.quantile(np.log(positive), (0.25, 0.75))
    return float(np.exp(upper + ranges * (upper - lower)))
