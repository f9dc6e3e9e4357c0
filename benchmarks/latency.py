"""What S3's latency costs: photos from a local folder against the same from a slow S3, by turns.

python -m benchmarks.latency [--photos 2000] [--turns 3] [--milliseconds 30] [--in-flight 16]

Both sides map the same featurizer (EfficientNet-Lite0) over the same photos with the same tasks on
two cores, in one Spark session that is warm; the middle one of three turns counts. The proxy of the
tests waits before every answer and gives the photos from memory, so that the S3 server itself costs
nothing. The CPU seconds of the proxy are taken from the same two cores, and are printed beside the
images a second: on a cluster S3 has machines of its own.
"""

import argparse
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.photos import repeated_photos
from tests.s3_proxy import Fault, S3Proxy

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

CORES = 2
BUCKET = "photos"


@dataclass(frozen=True)
class Turn:
    """One pass over all photos.

    Attributes:
        rate: Images a second.
        read: Core-seconds that tasks waited for images.
        proxy: CPU seconds of the proxy meanwhile.
    """

    rate: float
    read: float
    proxy: float


@contextmanager
def slow_s3(photos: Path, milliseconds: float) -> Iterator[S3Proxy]:
    """A bucket with the photos behind a proxy that waits; the environment leads to it."""
    from moto.server import ThreadedMotoServer

    os.environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server.start()
    host, port = server.get_host_and_port()
    try:
        with S3Proxy(f"http://{host}:{port}", memory=True) as proxy:
            os.environ["AWS_ENDPOINT_URL"] = proxy.url
            fill(photos)
            proxy.set(Fault("latency", seconds=milliseconds / 1000))
            yield proxy
    finally:
        server.stop()


def fill(photos: Path) -> None:
    """The photos in the bucket, and in the memory of the proxy."""
    import boto3

    from pixelmill.storage import open_storage

    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    storage = open_storage(f"s3://{BUCKET}")
    names = [str(photo.relative_to(photos)) for photo in sorted(photos.rglob("*.jpg"))]
    for name in names:
        client.put_object(Bucket=BUCKET, Key=name, Body=(photos / name).read_bytes())
    assert all(not isinstance(blob, Exception) for blob in storage.read_all(names, 16))


class Sides:
    """The featurization of a folder or a bucket.

    Args:
        proxy: Whose CPU seconds are counted.
        in_flight: Images read ahead of the network.
    """

    def __init__(self, proxy: S3Proxy, in_flight: int) -> None:
        from pixelmill.featurization.tasks import Origin, warm_up_workers
        from pixelmill.featurizers import decoder_state, find_featurizer, fingerprint
        from pixelmill.parameters import FeaturizationParameters, SparkParameters
        from pixelmill.spark.session import configure, get_session

        configure(SparkParameters(master=f"local[{CORES}]", driver_memory="2g"))
        self._spark = get_session()
        warm_up_workers(self._spark)
        self._proxy = proxy
        self._parameters = FeaturizationParameters(reads_in_flight=in_flight)
        featurizer = find_featurizer(self._parameters)
        self._origin = Origin(fingerprint(featurizer.describe()), decoder_state(self._parameters))
        self._prepared = self._spark.sparkContext.broadcast(featurizer.prepare())

    def index(self, root: str) -> "DataFrame":
        """Path, size and time of change of all images below a root."""
        from pixelmill.storage import open_storage

        files = [(file.path, file.size, file.modified) for file in open_storage(root).list_files()]
        return self._spark.createDataFrame(files, "path string, size long, modified timestamp")

    def featurize(self, root: str, images: "DataFrame", count: int) -> Turn:
        """Featurizes all images once; none may fail."""
        from pixelmill.featurization.tasks import (
            FeaturizeImages,
            map_featurizer,
        )
        from pixelmill.profiling.metering import new_meter
        from pixelmill.spark.parallelism import partitions_of

        meter = new_meter(self._spark.sparkContext)
        task = FeaturizeImages(
            self._prepared,
            root,
            self._origin,
            parameters=self._parameters,
            threads=1,
            meter=meter,
        )
        cpu, began = self._proxy.counts()["cpu_seconds"], time.perf_counter()
        features = map_featurizer(images, task, partitions_of(count, CORES))
        features.write.format("noop").mode("overwrite").save()
        seconds = time.perf_counter() - began
        assert meter.value.images == count, meter.value
        assert not meter.value.failed, meter.value.failures
        used = self._proxy.counts()["cpu_seconds"] - cpu
        return Turn(count / seconds, meter.value.seconds["read"], used)


def compare(photos: Path, count: int, turns: int, milliseconds: float, in_flight: int) -> float:
    """Prints a line for each turn; gives the share of the local images a second that S3 keeps."""
    with slow_s3(photos, milliseconds) as proxy:
        sides = Sides(proxy, in_flight)
        roots = {"local": str(photos), "s3": f"s3://{BUCKET}"}
        indexes = {side: sides.index(root).cache() for side, root in roots.items()}
        for side, root in roots.items():  # caches fill, connections open, networks compile
            sides.featurize(root, indexes[side], count)
        done: dict[str, list[Turn]] = {"local": [], "s3": []}
        for _ in range(turns):
            for side, root in roots.items():
                turn = sides.featurize(root, indexes[side], count)
                done[side].append(turn)
                print(
                    f"{side:6} {turn.rate:7.1f} images/s   waited for images {turn.read:6.2f} "
                    f"core-s   proxy {turn.proxy:5.2f} CPU-s",
                    flush=True,
                )
    rates = {side: statistics.median(turn.rate for turn in done[side]) for side in done}
    print(f"local {rates['local']:.1f}, s3 {rates['s3']:.1f} images/s")
    return rates["s3"] / rates["local"]


def main() -> None:
    """Compares and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=2000)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--milliseconds", type=float, default=30)
    parser.add_argument("--in-flight", type=int, default=16)
    given = parser.parse_args()
    print(
        f"{datetime.now(UTC):%Y-%m-%d}  {given.photos} photos, {CORES} cores, "
        f"{given.milliseconds:g} ms before every answer, {given.in_flight} reads in flight"
    )
    with tempfile.TemporaryDirectory() as scratch:
        photos = repeated_photos(given.photos, Path(scratch))
        share = compare(photos, given.photos, given.turns, given.milliseconds, given.in_flight)
    print(f"S3 keeps {share:.0%} of the local images a second")


if __name__ == "__main__":
    main()
