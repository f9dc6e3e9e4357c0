"""What holds a run back, told from what the run measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pixelmill.pipelines.featurization.remedies import advice
from pixelmill.pipelines.featurization.sentences import sentence

if TYPE_CHECKING:
    from pixelmill.pipelines.featurization.facts import Facts
    from pixelmill.spark.core_time import CoreTime

WORTH_TELLING = 0.01  # of the core time


class Finding(NamedTuple):
    """A share of the core time, and the way to less of it.

    Attributes:
        name: Name of the bottleneck.
        share: Share of the core time, 0 to 1.
        sentence: Sentence on the time, with numbers.
        advice: Parameter to set, and its effect.
    """

    name: str
    share: float
    sentence: str
    advice: str


def find_bottlenecks(spent: dict[str, float], facts: Facts) -> list[Finding]:
    """The largest use of the core time, and all others above a hundredth of it, in their order.

    Args:
        spent: Core-seconds by what they went to; their sum is the core time.
        facts: What the sentences tell.
    """
    total = sum(spent.values())
    ordered = sorted(spent, key=lambda name: -spent[name])
    shares = {name: spent[name] / total for name in ordered}
    return [
        Finding(name, share, sentence(name, share, facts), advice(name, share, facts))
        for name, share in shares.items()
        if name == ordered[0] or share >= WORTH_TELLING
    ]


def divide(measured: dict[str, float], core_time: CoreTime) -> dict[str, float]:
    """Divides the core time of a run by what it went to.

    Args:
        measured: Core-seconds by step, as the workers measured them.
        core_time: As Spark saw it.

    Returns:
        Core-seconds by the names of findings; their sum is the core time.
    """
    # What tasks took beyond the steps that their workers measured.
    outside = max(0.0, core_time.tasks - core_time.retried - sum(measured.values()))
    waking = min(core_time.waking, outside)
    shuffle = min(core_time.shuffle, outside - waking)
    spent = measured | {
        "start_up": measured["start_up"] + core_time.before + waking,
        "shuffle": shuffle,
        "overhead": outside - waking - shuffle,
        "retried": core_time.retried,
        "skew": core_time.skew,
        "stragglers": core_time.stragglers,
        "idle": core_time.unused,
    }
    return spent | {"between": max(0.0, core_time.total - sum(spent.values()))}
