"""Faulty images by the measures of `picture_checks`: blank, dark, bright, blurred and so on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixelmill.exploration.findings import Finding
from pixelmill.featurizers.picture_checks import COLUMNS
from pixelmill.parameters import BlurParameters, CheckParameters, ExplorationParameters

Rows = NDArray[np.float32]
Flags = NDArray[np.bool_]


class Rule(NamedTuple):
    """How a kind of fault is recognised by a number.

    Attributes:
        column: One of `picture_checks`.
        is_above: Whether large numbers are the fault, else small ones.
        sentence: Sentence of the evidence, with `{}` for the number.
        unless: Kinds that an image must not have: a blank image is not blurred as well.
    """

    column: str
    is_above: bool
    sentence: str
    unless: tuple[str, ...] = ()


# In an order in which each rule comes after those that it names.
RULES = {
    "blank": Rule("contrast", False, "Contrast is {:.3f}"),
    "dark": Rule("luma_p99", False, "99% of the pixels have a luma of {:.0f} or less", ("blank",)),
    "bright": Rule("luma_p5", True, "95% of the pixels have a luma of {:.0f} or more", ("blank",)),
    "blurred": Rule(
        "edge_width",
        True,
        "The sharpest edges are {:.1f} pixels wide at 256 pixels",
        ("blank", "dark", "bright"),
    ),
    "tiny": Rule("short_side", False, "The shorter side has {:.0f} pixels"),
    "odd_aspect": Rule("aspect", True, "The longer side is {:.1f} times the shorter one"),
    "greyscale": Rule(
        "chroma_p99",
        False,
        "The channels of 99% of the pixels differ by {:.0f} or less",
        ("blank", "dark", "bright"),
    ),
}


@dataclass(frozen=True)
class Threshold:
    """What a number must be beyond.

    Attributes:
        value: Threshold in the unit of the column.
        is_of_data_set: Whether it is the percentile of the data set, else the limit for all.
    """

    value: float
    is_of_data_set: bool


def find_thresholds(
    parameters: ExplorationParameters, images: int, ranked: Callable[[str, int], float]
) -> dict[str, Threshold]:
    """Return the threshold of each kind: the stricter of limit and percentile.

    Args:
        parameters: Limit and percentile of each kind.
        images: Number of images of the data set, at least 1.
        ranked: Function from a column and a rank (1 is the smallest) to the value of that rank.

    Returns:
        By kind; a kind without limit and percentile is not looked for.
    """
    found = {}
    for kind, rule in RULES.items():
        threshold = _threshold(rule, getattr(parameters, kind), images, ranked)
        if threshold is not None:
            found[kind] = threshold
    return found


def find_faults(
    paths: Sequence[str],
    rows: Rows,
    thresholds: dict[str, Threshold],
    blurred: BlurParameters,
) -> Iterator[Finding]:
    """Yield the faulty ones of some images.

    Args:
        paths: n images.
        rows: Measures of the images, float32 [n, 21], as `picture_checks` computes them.
        thresholds: Thresholds by kind.
        blurred: Conditions under which an image can be judged blurred.

    Yields:
        The findings, kind after kind.
    """
    beyond: dict[str, Flags] = {}
    for kind, threshold in thresholds.items():
        rule = RULES[kind]
        values = rows[:, COLUMNS.index(rule.column)].astype(np.float64)
        flags = values > threshold.value if rule.is_above else values < threshold.value
        if kind == "blurred":
            flags &= rows[:, COLUMNS.index("edge_strength")] >= blurred.edge_strength
            flags &= rows[:, COLUMNS.index("short_side")] >= blurred.shorter_side
        for other in rule.unless:
            flags &= ~beyond.get(other, np.zeros(len(rows), np.bool_))
        beyond[kind] = flags
        for place in np.flatnonzero(flags).tolist():
            yield _finding(paths[place], kind, float(values[place]), threshold)


def _threshold(
    rule: Rule, check: CheckParameters, images: int, ranked: Callable[[str, int], float]
) -> Threshold | None:
    found = [] if check.limit is None else [Threshold(check.limit, False)]
    if check.worst_percent is not None:
        most = min(int(images * check.worst_percent / 100), images - 1)  # that are found
        rank = images - most if rule.is_above else most + 1
        found.append(Threshold(ranked(rule.column, rank), True))
    if not found:
        return None
    stricter = max if rule.is_above else min
    return stricter(found, key=lambda one: one.value)


def _finding(path: str, kind: str, value: float, threshold: Threshold) -> Finding:
    rule = RULES[kind]
    # Both are positive where one is beyond the other, but for a number that is zero.
    ratio = threshold.value / value if rule.is_above else value / threshold.value
    name = "worst images of this data set begin at" if threshold.is_of_data_set else "limit is"
    evidence = f"{rule.sentence.format(value)}; the {name} {threshold.value:.3g}."
    return Finding(path, kind, float(np.clip(1 - ratio, 0, 1)), evidence)
