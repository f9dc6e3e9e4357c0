"""A launch as tests have it, before anything of it is on AWS."""

from pixelmill.emr.job import Job
from pixelmill.emr.settings import load_settings
from tests.conftest import ROOT

STORAGE = "s3://photos/mill"
ARGUMENTS = ["--params", "dataset=pets,images=s3://photos/my pets", "--pipelines", "featurization"]
VERSIONS = {"python": "3.11.7", "spark": "4.1.1", "pixelmill": "0.1.0"}


def job(*changes, **given):
    """A launch with the project's own settings, some of them changed: `task.spot=2`."""
    return Job(
        **{
            "settings": load_settings(ROOT, [f"storage={STORAGE}", *changes]),
            "region": "us-east-1",
            "dataset": "pets",
            "arguments": ARGUMENTS,
            "id": "20260101T000000Z-0000",
            "versions": VERSIONS,
        }
        | given
    )
