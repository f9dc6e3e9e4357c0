"""What holds a run back, and what would move it, told from what the run measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pixelmill.featurizers import Description

NAMES = {
    "start_up": "starting up",
    "read": "reading images",
    "decode": "decoding images",
    "infer": "inference",
    "write": "handing features over for writing",
    "idle": "cores that wait",
}


class Bottleneck(NamedTuple):
    """The largest share of the core time, and the way to less of it."""

    sentence: str
    advice: str


def find_bottleneck(
    share: dict[str, float],
    images: int,
    seconds: float,
    featurizer: Description,
    bfloat16_gain: float | None,
) -> Bottleneck:
    """Names the step that takes most and says what a change of it would bring.

    Args:
        share: Of the core time, by step; the sum is 1.
        images: Done in the run.
        seconds: Wall time of the run.
        featurizer: Description, with `precision` where it is a network.
        bfloat16_gain: How many times faster the network ran in bfloat16, where that was tried.
    """
    step = max(share, key=lambda name: share[name])
    network = "precision" in featurizer
    names = NAMES if network else NAMES | {"infer": "computing features"}
    sentence = f"{share[step]:.0%} of the core time is {names[step]}"
    if network and step == "infer":
        advice = _faster_network(share["infer"], bfloat16_gain)
        return Bottleneck(f"{sentence} in {featurizer['precision']}", advice)
    remedies = _REMEDIES if network else _REMEDIES | _WITHOUT_A_NETWORK
    return Bottleneck(sentence, remedies[step].format(**_facts(share[step], images, seconds)))


def speedup(share: float, gain: float) -> float:
    """Amdahl's law: what the whole gains when a share of it becomes `gain` times faster."""
    return 1 / (1 - share + share / gain)


def _facts(share: float, images: int, seconds: float) -> dict[str, str]:
    return {
        "bound": f"{speedup(share, 1e9):.1f}",
        "half": f"{speedup(share, 2):.1f}",
        "images": f"{images:,}",
        "lost": f"{share * seconds:.0f}",
    }


def _faster_network(share: float, bfloat16_gain: float | None) -> str:
    if bfloat16_gain is not None:
        return (
            f"this CPU ran the network {bfloat16_gain:.1f} times faster in bfloat16: set "
            "featurization.precision to bfloat16, about "
            f"{speedup(share, bfloat16_gain):.1f} times faster in all"
        )
    return (
        "more cores or a smaller network: a network of half the cost would make "
        f"the run {speedup(share, 2):.1f} times faster"
    )


_REMEDIES = {
    "start_up": "{images} images are few for a start of {lost} s: on more images, or with the "
    "network in the cache, a run is up to {bound} times faster",
    "read": "raise featurization.reads_in_flight or move the images nearer: with no wait for "
    "them the run would be {bound} times faster",
    "decode": "keep smaller copies of the images: decoding in half the time would make the run "
    "{half} times faster",
    "write": "take fewer floats an image (featurization.pooling: avg): half of them would make "
    "the run {half} times faster",
    "idle": "{lost} s a core had no task: use fewer cores, more images a run, or a larger "
    "featurization.chunk_size; with no waiting the run would be {bound} times faster",
}
_WITHOUT_A_NETWORK = {
    "start_up": "{images} images are few for a start of {lost} s: on more images a run is up to "
    "{bound} times faster",
    "infer": "more cores, or smaller copies of the images where all their pixels need not count: "
    "half the pixels would make the run {half} times faster",
    "write": "raise featurization.batch_size: with no time for handing over the run would be "
    "{bound} times faster",
}
