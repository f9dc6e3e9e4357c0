"""The profile names the reason: two runs made slow on purpose, and one that is well set.

python -m benchmarks.bottlenecks [--photos 1000]

1. S3 without reads ahead: 30 ms before every answer, `featurization.reads_in_flight` 1.
2. One giant partition: four tasks could run at once, and `spark.default.parallelism` is 1.
3. Well set: the same S3 and a network in float32, all else as it comes.

Each is a `kedro run` of its own; its last line is what finding all this out took of its time.
"""

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from benchmarks.machine import print_header
from benchmarks.photos import repeated_photos
from tests.s3_proxy import Fault, S3Proxy

PROJECT = Path(__file__).parents[1]
BUCKET = "photos"
LATENCY = 0.03  # seconds
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}

Params = dict[str, Any]


def runs(photos: Path) -> dict[str, tuple[Params, str]]:
    """Each run by its title: its parameters, and what its profile must name."""
    float32, one_read = {"precision": "float32"}, {"reads_in_flight": 1}
    return {
        "S3 without reads ahead": (
            {"images": f"s3://{BUCKET}/", "featurization": one_read},
            "featurization.reads_in_flight",
        ),
        "one giant partition": (
            {
                "images": str(photos),
                "featurization": float32,
                "spark": {
                    "master": "local[4]",
                    "properties": {"spark.default.parallelism": 1},
                },
            },
            "spark.default.parallelism (1)",
        ),
        "well set": (
            {"images": f"s3://{BUCKET}/", "featurization": float32},
            "inference in float32",
        ),
    }


@contextmanager
def slow_s3(photos: Path) -> Iterator[str]:
    """URL of an S3 server with the photos, which waits before every answer to a GET."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request otherwise
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    try:
        client = boto3.client("s3", endpoint_url=endpoint)
        client.create_bucket(Bucket=BUCKET)
        for photo in photos.rglob("*.jpg"):
            key = photo.relative_to(photos).as_posix()
            client.put_object(Bucket=BUCKET, Key=key, Body=photo.read_bytes())
        with S3Proxy(endpoint, memory=True) as proxy:
            proxy.set(Fault("latency", seconds=LATENCY, methods="GET|HEAD"))
            yield proxy.url
    finally:
        server.stop()


def profile_of(params: Params, endpoint: str, scratch: Path) -> dict[str, Any]:
    """The profile of a `kedro run` with these parameters, as far as the features."""
    storage = Path(tempfile.mkdtemp(dir=scratch))
    settings = {"spark": {"master": "local[2]"}, "ingestion": {"label": "none"}} | params
    config = storage / "run.yml"
    config.write_text(yaml.safe_dump({"run": {"params": {"dataset": "slow"} | settings}}))
    kedro = str(Path(sys.executable).with_name("kedro"))
    command = [kedro, "run", "--config", str(config), "--to-outputs", "features,profile"]
    done = subprocess.run(
        command,
        env=os.environ | {"PIXELMILL_STORAGE": str(storage), "AWS_ENDPOINT_URL": endpoint},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=PROJECT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}")
    (found,) = storage.rglob("profile.json")
    return json.loads(found.read_text())


def report(title: str, profile: dict[str, Any], expected: str) -> bool:
    """Prints what the profile says; returns whether it names what was expected."""
    rate = profile["images_per_second"]
    observing = profile["cluster"]["seconds"]["observing"] / profile["seconds"]
    print(f"\n{title}: {profile['images']:,} photos, {rate:.1f} a second")
    for finding in profile["findings"][:3]:
        print(f"  {finding['sentence']}\n      {finding['advice']}")
    print(f"  to find this out took {observing:.2%} of the run")
    named = expected in f"{profile['bottleneck']} {profile['advice']}"
    if not named:
        print(f"  EXPECTED: {expected}")
    return named


def main() -> int:
    """Runs all three; returns the exit status."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--photos", type=int, default=1000)
    given = arguments.parse_args()
    print_header()
    os.environ |= CREDENTIALS
    scratch = Path(tempfile.gettempdir()) / "pixelmill-bench"
    scratch.mkdir(exist_ok=True)
    photos = repeated_photos(given.photos, scratch)
    with slow_s3(photos) as endpoint:
        named = [
            report(title, profile_of(params, endpoint, scratch), expected)
            for title, (params, expected) in runs(photos).items()
        ]
    return 0 if all(named) else 1


if __name__ == "__main__":
    sys.exit(main())
