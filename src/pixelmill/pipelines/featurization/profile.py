"""The run profile: where the time went, what holds the run back, and what would move it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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
    bfloat16_gain: float | None = None,
) -> Profile:
    """Sums up a featurization.

    Args:
        usage: What the workers measured; None where there was nothing to do.
        featurizer: Description with `engine` and `precision`.
        already_done: Images whose features were there before.
        seconds: Wall time of the run so far.
        prepared_after: Seconds of it before the first task, in which every core waits.
        cores: That the run could use.
        bfloat16_gain: How many times faster the network ran in bfloat16, where that was tried.

    Returns:
        The contents of `profile.json`; shares are fractions of `cores` times `seconds`.
    """
    engine = {name: featurizer.get(name) for name in ("engine", "precision")}
    if usage is None or not usage.images:
        return {"images": 0, "failed": 0, "already_done": already_done, **engine} | _NOTHING
    spent = _core_seconds(usage, seconds, prepared_after, cores)
    share = {step: spent[step] / (cores * seconds) for step in STEPS}
    found = find_bottleneck(share, usage.images, seconds, featurizer, bfloat16_gain)
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
        "cpu_has_bfloat16": _cpu_has_bfloat16(),
        "bottleneck": found.sentence,
        "advice": found.advice,
        "failures": dict(usage.failures.most_common()),
    }


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
    spent = {step: float(usage.seconds[step]) for step in STEPS}
    spent["start_up"] += prepared_after * cores
    spent["idle"] = max(0.0, cores * seconds - sum(spent.values()))
    return spent


def _cpu_has_bfloat16() -> bool:
    from pixelmill.engines.openvino import resolve_precision

    return bool(resolve_precision("auto") == "bfloat16")
