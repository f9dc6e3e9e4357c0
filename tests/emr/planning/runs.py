"""Runs to plan for: a profile, what it makes of a number of images, and a cluster."""

from functools import cache
from pathlib import Path

from pixelmill.emr.planning.alternatives import Planner
from pixelmill.emr.planning.assumptions import load_assumptions
from pixelmill.emr.planning.prices import load_prices
from pixelmill.emr.planning.work import Profile, Steps, work_of
from pixelmill.emr.settings import load_settings

ROOT = Path(__file__).parents[3]
ASSUMED = load_assumptions()
PRICES = load_prices("us-east-1")
PROFILE = Profile(
    images=1000,
    cores=2,
    seconds=5.0,
    seconds_by_step=Steps(read=0.4, decode=1.2, infer=6.4, write=0.2),
    precision="bfloat16",
    peak_worker_memory_bytes=400_000_000,
)


def work(images=1_000_000, **changes):
    """A run of some images like those of the profile."""
    given = {"image_bytes": 100_000, "floats": 1280, "chunk_size": 500_000, "reads_in_flight": 16}
    profile = changes.pop("profile", PROFILE)
    assumed = changes.pop("assumed", ASSUMED)
    return work_of(profile, assumed, images=images, **(given | changes))


def planner(*changes, assumed=ASSUMED, **of_work):
    """What prices the ways to do a run, with some settings changed."""
    return Planner(work(assumed=assumed, **of_work), settings_of(*changes), PRICES, assumed)


@cache
def settings_of(*changes):
    """The cluster's settings, some of them changed."""
    return load_settings(ROOT, changes)
