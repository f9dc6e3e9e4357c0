"""Faulty images by the measures of `picture_checks`: blank, dark, bright, blurred and so on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixelmill.exploration.findings import Finding
from pixelmill.featurizers.picture_checks import COLUMNS
from pixelmill.parameters import BlurParameters, CheckParameters, ExplorationParameters

Rows = NDArray[np.float32]
Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Rule(NamedTuple):
    """How a kind of fault is recognised by a number.

    Attributes:
        column: One of `picture_checks`.
        is_above: Whether large numbers are the fault, else small ones.
        sentence: Sentence of the evidence, with `{}` for the number.
        decimals: Decimals of the number; more where it would look like the threshold.
        unless: Kinds that an image must not have: a blank image is not blurred as well.
        unless_beyond: Whether to have such a kind means to be beyond its limit, else to be found:
            all dark images are nearly grey, those of which only worse ones are listed too.
    """

    column: str
    is_above: bool
    sentence: str
    decimals: int = 0
    unless: tuple[str, ...] = ()
    unless_beyond: bool = False


_MOST_DECIMALS = 6

# In an order in which each rule comes after those that it names.
RULES = {
    "blank": Rule("contrast", False, "Contrast is {}", 3),
    "dark": Rule("luma_p99", False, "99% of the pixels have a luma of {} or less", 0, ("blank",)),
    "bright": Rule("luma_p5", True, "95% of the pixels have a luma of {} or more", 0, ("blank",)),
    "blurred": Rule(
        "edge_width",
        True,
        "The sharpest edges are {} pixels wide at 256 pixels",
        1,
        ("blank", "dark", "bright"),
    ),
    "tiny": Rule("short_side", False, "Pixels of the shorter side: {}"),
    "odd_aspect": Rule("aspect", True, "The longer side is {} times the shorter one", 1),
    "greyscale": Rule(
        "chroma_p99",
        False,
        "The channels of 99% of the pixels differ by {} or less",
        0,
        ("blank", "dark", "bright"),
        unless_beyond=True,
    ),
}


@dataclass(frozen=True)
class Threshold:
    """What a number must be beyond.

    Attributes:
        value: Threshold in the unit of the column.
        is_of_data_set: Whether it is the percentile of the data set, else the limit for all.
        limit: Limit for all data sets, beyond which an image has the fault also where only worse
            ones are found; the threshold itself without one.
    """

    value: float
    is_of_data_set: bool
    limit: float


class FrequentFault(NamedTuple):
    """A kind of fault of which not all images are found.

    Attributes:
        share: Share of the images that are beyond the limit.
        sentence: What is found of them, and why no more.
    """

    share: float
    sentence: str


class Others(NamedTuple):
    """Which images have another kind of fault.

    Attributes:
        found: Those beyond its threshold.
        beyond: Those beyond its limit for all data sets.
    """

    found: Flags
    beyond: Flags

    @classmethod
    def of(cls, rule: Rule, values: Values, threshold: Threshold, judged: Flags) -> "Others":
        """Compare the numbers of a rule's column with its threshold."""
        found = judged & _is_beyond(rule, values, threshold.value)
        return cls(found, judged & _is_beyond(rule, values, threshold.limit))


def find_thresholds(parameters: ExplorationParameters, rows: Rows) -> dict[str, Threshold]:
    """Return the threshold of each kind: the stricter of limit and percentile.

    The percentile is one of all images, but those that cannot have the fault do not count among the
    worst: many blank images would leave no room for the blurred ones.

    Args:
        parameters: Limit and percentile of each kind.
        rows: Measures of the images of the data set, or of a sample, float32 [n, 21], n from 1 on.

    Returns:
        By kind; a kind without limit and percentile is not looked for.
    """
    found: dict[str, Threshold] = {}
    others: dict[str, Others] = {}
    for kind, rule in RULES.items():
        may_have = _judged(kind, rows, others, parameters.blurred)
        values = _values(rule, rows)
        threshold = _threshold(rule, getattr(parameters, kind), values[may_have], len(rows))
        if threshold is not None:
            found[kind] = threshold
            others[kind] = Others.of(rule, values, threshold, may_have)
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
    for kind, threshold, values, judged in _measured(rows, thresholds, blurred):
        flags = judged & _is_beyond(RULES[kind], values, threshold.value)
        for place in np.flatnonzero(flags).tolist():
            yield _finding(paths[place], kind, float(values[place]), threshold)


def about_frequent_faults(
    parameters: ExplorationParameters, rows: Rows, thresholds: dict[str, Threshold]
) -> dict[str, FrequentFault]:
    """Return the kinds of which more images are beyond the limit than are found.

    Args:
        parameters: Limit and percentile of each kind.
        rows: Measures from which the thresholds were taken, float32 [n, 21].
        thresholds: Thresholds by kind.

    Returns:
        By kind.
    """
    frequent: dict[str, FrequentFault] = {}
    for kind, threshold, values, judged in _measured(rows, thresholds, parameters.blurred):
        rule, check = RULES[kind], getattr(parameters, kind)
        if threshold.is_of_data_set and check.limit is not None:
            found = (judged & _is_beyond(rule, values, threshold.value)).mean()
            faulty = (judged & _is_beyond(rule, values, threshold.limit)).mean()
            listed = f"the worst {found:.0%} are listed" if found else "none is listed"
            # Images of the same number are all found or none of them.
            equal = "" if found else ", and more have the worst value"
            sentence = (
                f"{kind.replace('_', ' ').capitalize()}: {faulty:.0%} of the images are beyond the "
                f"limit, {check.limit:g}, but {listed}: exploration.{kind}.worst_percent is "
                f"{check.worst_percent:g}{equal}."
            )
            frequent[kind] = FrequentFault(float(faulty), sentence)
    return frequent


def _measured(
    rows: Rows, thresholds: dict[str, Threshold], blurred: BlurParameters
) -> Iterator[tuple[str, Threshold, Values, Flags]]:
    """Yield each kind, its threshold, the numbers and which of the images may have the fault."""
    others: dict[str, Others] = {}
    for kind, threshold in thresholds.items():
        values, judged = _values(RULES[kind], rows), _judged(kind, rows, others, blurred)
        others[kind] = Others.of(RULES[kind], values, threshold, judged)
        yield kind, threshold, values, judged


def _values(rule: Rule, rows: Rows) -> Values:
    """Return the numbers of a rule's column."""
    return rows[:, COLUMNS.index(rule.column)].astype(np.float64)


def _judged(kind: str, rows: Rows, others: dict[str, Others], blurred: BlurParameters) -> Flags:
    """Return which images may have a fault: none that hides it, and edges if it is blur."""
    flags = np.ones(len(rows), np.bool_)
    if kind == "blurred":
        flags &= rows[:, COLUMNS.index("edge_strength")] >= blurred.edge_strength
        flags &= rows[:, COLUMNS.index("short_side")] >= blurred.shorter_side
    rule = RULES[kind]
    for other in rule.unless:
        if other in others:
            flags &= ~(others[other].beyond if rule.unless_beyond else others[other].found)
    return flags


def _is_beyond(rule: Rule, values: Values, limit: float) -> Flags:
    return values > limit if rule.is_above else values < limit


def _threshold(rule: Rule, check: CheckParameters, values: Values, images: int) -> Threshold | None:
    """Return the stricter threshold of a kind.

    Args:
        rule: Rule of the kind.
        check: Limit and percentile.
        values: Numbers of the images that may have the fault.
        images: Number of all images.
    """
    found = [] if check.limit is None else [Threshold(check.limit, False, check.limit)]
    if check.worst_percent is not None:
        most = max(1, min(int(images * check.worst_percent / 100), images - 1))  # that are found
        if most < len(values):
            ordered = np.sort(values if rule.is_above else -values)
            level = float(ordered[len(values) - most - 1]) * (1 if rule.is_above else -1)
            found.append(Threshold(level, True, level if check.limit is None else check.limit))
    if not found:
        return None
    stricter = max if rule.is_above else min
    return stricter(found, key=lambda one: one.value)


def _finding(path: str, kind: str, value: float, threshold: Threshold) -> Finding:
    rule = RULES[kind]
    # Both are positive where one is beyond the other, but for a number that is zero.
    ratio = threshold.value / value if rule.is_above else value / threshold.value
    name = "worst images of this data set begin at" if threshold.is_of_data_set else "limit is"
    number, limit = _distinct(value, threshold, rule.decimals)
    evidence = f"{rule.sentence.format(number)}; the {name} {limit}."
    return Finding(path, kind, float(np.clip(1 - ratio, 0, 1)), evidence)


def _distinct(value: float, threshold: Threshold, decimals: int) -> tuple[str, str]:
    """Write a number and its threshold with as many decimals as show on which side it lies."""
    for digits in range(decimals, _MOST_DECIMALS + 1):
        number, limit = f"{value:.{digits}f}", f"{threshold.value:.{digits}f}"
        if not threshold.is_of_data_set:
            limit = f"{threshold.value:.6g}"  # as it was written
        shown = float(number) - float(limit)
        if shown and (shown > 0) == (value > threshold.value):
            break
    return number, limit
