"""The example of `docs/scale.md`: 100 million photos, from the figures of `docs/benchmarks.md`."""

from pixelmill.emr.planning.capacity import cluster_of
from pixelmill.emr.planning.work import Profile, Steps
from tests.emr.planning.runs import PRICES, planner, settings_of

PHOTOS = 5000
ON_TWO_CORES = 249.1  # images a second in the steady state
NETWORK_ALONE = 316.0  # the same without reading or decoding an image
NETWORK = 2 / NETWORK_ALONE  # core-seconds an image
REST = 2 / ON_TWO_CORES - NETWORK

PROFILE = Profile(
    images=PHOTOS,
    cores=2,
    seconds=PHOTOS / ON_TWO_CORES,
    seconds_by_step=Steps(read=0, decode=REST * PHOTOS, infer=NETWORK * PHOTOS, write=0),
    precision="bfloat16",
    peak_worker_memory_bytes=400_000_000,
)
IMAGES = 100_000_000


def example(*changes):
    """The run of the page on a cluster of the settings, some of them changed."""
    price = planner(*changes, images=IMAGES, profile=PROFILE)
    return price, price.as_set(cluster_of(settings_of(*changes), PRICES))
