"""The run profile: where the time went, what holds the run back, and what would move it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pixelmill.engines.openvino import cpu_has_bfloat16
from pixelmill.pipelines.featurization.bottleneck import find_bottleneck

if TYPE_CHECKING:
    from pixelmill.featurizers import Description
    from pixelmill.spark.metering import Usage

Profile = dict[str, Any]
STEPS = ("start_up", "read", "decode", "infer", "write", "idle")


def run_profile(
    usage: Usage | None,
    featurizer: Description,
    *,
    already_done: int,
    seconds: float = 0.0,
    prepared_after: float = 0.0,
    cores: int = 0,
) -> Profile:
    """Sums up a featurization.

    Args:
        usage: What the workers measured; None where there was nothing to do.
        featurizer: Description, with `engine` and `precision` where it is a network.
        already_done: Images whose features were there before.
        seconds: Wall time of the run so far.
        prepared_after: Seconds of it before the first task, in which every core waits.
        cores: That the run could use.

    Returns:
        The contents of `profile.json`; shares are fractions of `cores` times `seconds`.
    """
    engine = {name: featurizer.get(name) for name in ("engine", "precision")}
    if usage is None or not usage.images:
        return {"images": 0, "failed": 0, "already_done": already_done, **engine} | _NOTHING
    spent = _core_seconds(usage, seconds, prepared_after, cores)
    share = {step: spent[step] / (cores * seconds) for step in STEPS}
    found = find_bottleneck(share, usage.images, seconds, featurizer, None)
    return {
        "images": usage.images,
        "failed": usage.failed,
        "already_done": already_done,
        "seconds": seconds,
        "images_per_second": usage.images / seconds,
        "cores": cores,
        "share": share,
        "seconds_by_step": spent,
        "batches": usage.batches,
        "peak_worker_memory_bytes": usage.peak_memory,
        **engine,
        # Only OpenVINO can tell, and takes a second to load.
        "cpu_has_bfloat16": cpu_has_bfloat16() if "precision" in featurizer else None,
        "bottleneck": found.sentence,
        "advice": found.advice,
        "failures": dict(usage.failures.most_common()),
    }


def is_network_bound(profile: Profile) -> bool:
    """Whether it is a network, and its inference takes the largest share of the core time."""
    share: dict[str, float] | None = profile["share"]
    if share is None or profile["precision"] is None:
        return False
    return max(share, key=lambda step: share[step]) == "infer"


def with_trial(profile: Profile, featurizer: Description, bfloat16_gain: float | None) -> Profile:
    """The profile with advice from a trial of another precision.

    Args:
        profile: Of a run whose bottleneck is inference.
        featurizer: Description with `precision`.
        bfloat16_gain: How many times faster the network ran in bfloat16; None where not tried.
    """
    found = find_bottleneck(
        profile["share"], profile["images"], profile["seconds"], featurizer, bfloat16_gain
    )
    return profile | {"bottleneck": found.sentence, "advice": found.advice}


_NOTHING: Profile = {
    "seconds": 0.0,
    "images_per_second": None,
    "cores": None,
    "share": None,
    "seconds_by_step": None,
    "batches": 0,
    "peak_worker_memory_bytes": None,
    "bottleneck": "nothing to do",
    "advice": "every image of the index has its features",
    "failures": {},
}


def _core_seconds(
    usage: Usage, seconds: float, prepared_after: float, cores: int
) -> dict[str, float]:
    spent = usage.seconds | {"start_up": usage.seconds["start_up"] + prepared_after * cores}
    return spent | {"idle": max(0.0, cores * seconds - sum(spent.values()))}
