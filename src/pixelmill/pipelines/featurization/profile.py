"""The run profile: where the time went, what holds the run back, and what would move it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pixelmill.engines.openvino import cpu_has_bfloat16
from pixelmill.pipelines.featurization.bottleneck import divide, find_bottlenecks
from pixelmill.pipelines.featurization.cluster import describe_cluster

if TYPE_CHECKING:
    from pixelmill.featurizers import Description
    from pixelmill.pipelines.featurization.facts import Facts

Profile = dict[str, Any]
STEPS = ("start_up", "read", "decode", "infer", "write", "idle")


def run_profile(
    facts: Facts | None,
    featurizer: Description,
    *,
    already_done: int,
    prepared_after: float = 0.0,
) -> Profile:
    """Sums up a featurization.

    Args:
        facts: What the run measured; None where there was nothing to do.
        featurizer: Description, with `engine` and `precision` where it is a network.
        already_done: Images whose features were there before.
        prepared_after: Seconds before the first task, in which every core waits.

    Returns:
        The contents of `profile.json`; shares are fractions of the core time, which is that of
        all executors, each from the time when it was there.
    """
    engine = {name: featurizer.get(name) for name in ("fingerprint", "engine", "precision")}
    engine |= {"date": datetime.now(UTC).date().isoformat()}
    if facts is None or not facts.usage.images:
        return {"images": 0, "failed": 0, "already_done": already_done, **engine} | _NOTHING
    usage, seconds = facts.usage, facts.seconds
    spent = _by_step(facts, prepared_after)
    return {
        "images": usage.images,
        "failed": usage.failed,
        "already_done": already_done,
        "seconds": seconds,
        "images_per_second": usage.images / seconds,
        "cores": facts.cores,
        "share": {step: spent[step] / facts.core_seconds for step in STEPS},
        "seconds_by_step": spent,
        "batches": usage.batches,
        "peak_worker_memory_bytes": usage.peak_memory,
        **engine,
        # Only OpenVINO can tell, and takes a second to load.
        "cpu_has_bfloat16": cpu_has_bfloat16() if "precision" in featurizer else None,
        **_explained(facts, spent),
        "cluster": describe_cluster(facts.core_time),
        "failures": dict(usage.failures.most_common()),
        "remarks": dict(usage.remarks.most_common()),
    }


def with_earlier(profile: Profile, previous: Profile) -> Profile:
    """The profile, with that of an earlier run as `last` where that one tells more.

    A plan needs measured seconds, and of as many images as possible: a run with nothing to do has
    none, and one that adds an image to thousands measures little but its own start.

    Args:
        profile: Profile of this run.
        previous: Profile of the run before; empty for none.
    """
    earlier = previous.get("last") or previous
    same = earlier.get("fingerprint") == profile["fingerprint"] or not profile["images"]
    if not same or earlier.get("images", 0) <= profile["images"]:
        return profile
    return profile | {"last": earlier}


def is_network_bound(profile: Profile) -> bool:
    """Whether it is a network, and its inference takes the largest share of the core time."""
    found = profile["findings"]
    return bool(found) and profile["precision"] is not None and found[0]["name"] == "infer"


def with_trial(profile: Profile, facts: Facts, bfloat16_gain: float | None) -> Profile:
    """The profile with advice from a trial of another precision.

    Args:
        profile: Profile of a run whose bottleneck is inference.
        facts: Statistics of the run.
        bfloat16_gain: How many times faster the network ran in bfloat16; None where not tried.
    """
    tried = replace(facts, bfloat16_gain=bfloat16_gain)
    return profile | _explained(tried, profile["seconds_by_step"])


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
    "findings": [],
    "cluster": None,
    "failures": {},
    "remarks": {},
}


def _explained(facts: Facts, by_step: dict[str, float]) -> Profile:
    measured, core_time = facts.measured, facts.core_time
    spent = dict(by_step) if core_time is None else divide(measured, core_time)
    if facts.settings.on_s3:  # there, reading is waiting for the network
        spent["s3_wait"] = spent.pop("read")
    found = find_bottlenecks(spent, facts)
    return {
        "bottleneck": found[0].sentence,
        "advice": found[0].advice,
        "findings": [one._asdict() for one in found],
    }


def _by_step(facts: Facts, prepared_after: float) -> dict[str, float]:
    measured = facts.measured
    spent = measured | {"start_up": measured["start_up"] + prepared_after * facts.cores}
    return spent | {"idle": max(0.0, facts.core_seconds - sum(spent.values()))}
