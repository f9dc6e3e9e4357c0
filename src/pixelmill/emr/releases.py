"""Supported EMR releases: their Spark, Python and end of support."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pixelmill.errors import InputError

SOON = 180  # days


@dataclass(frozen=True)
class Release:
    """What AWS's release notes say of a release.

    Attributes:
        spark: Major and minor version.
        pythons: Major and minor versions in its image; a cluster's bootstrap installs others too.
        ends: Last day of AWS's support.
    """

    spark: str
    pythons: tuple[str, ...]
    ends: date


# Source: EMR's release guide, emr-spark800-release and emr-spark810-release (November 2026).
RELEASES = {
    "emr-spark-8.0": Release("4.0", ("3.11", "3.13"), date(2027, 5, 20)),
    "emr-spark-8.1": Release("4.1", ("3.11", "3.13"), date(2029, 9, 7)),
}
SPARKS = frozenset(release.spark for release in RELEASES.values())


def find_release(label: str) -> Release | None:
    """Return what is known of a release; None for one that is newer or older than the table.

    Args:
        label: Release label, `emr-spark-8.1.0`.
    """
    return RELEASES.get(label.rpartition(".")[0])


def check_image_python(label: str, python: str) -> None:
    """Refuse a Python that the image of EMR Serverless does not have: its environment needs it.

    Args:
        label: Release label.
        python: Major and minor version of the laptop's Python.

    Raises:
        InputError: Python differs; the message names the versions of the image.
    """
    release = find_release(label)
    if release is not None and python not in release.pythons:
        known = " and ".join(release.pythons)
        raise InputError(
            f"EMR Serverless has Python {known} with {label}, and the laptop has {python}: set up "
            f"the project with one of them (make setup PYTHON=python{release.pythons[0]}), or "
            "launch a cluster, which installs any"
        )


def print_end_of_support(label: str, echo: Callable[[str], None]) -> None:
    """Say when AWS's support of a release has ended or will soon.

    Args:
        label: Release label.
        echo: Callback that prints a line for the user.
    """
    release = find_release(label)
    if release is not None and (release.ends - datetime.now(UTC).date()).days < SOON:
        newest = max(RELEASES)
        echo(
            f"AWS's support of {label} ends on {release.ends}; {newest}.0 is the newest known here"
        )
