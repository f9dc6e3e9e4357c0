"""Assumptions of a plan with their reasons: `assumptions.yml`, and changes by `--assume`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import Field

from pixelmill.aws.assumptions import Reason, read_assumptions, reasons_in
from pixelmill.parameters import Parameters

FILE = Path(__file__).with_name("assumptions.yml")

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, le=1)]


class Assumptions(Parameters):
    """The numbers; `assumptions.yml` says of each what it is and why it is so.

    Attributes:
        profile_speed: Speed of a core of the profile's machine, relative to the prices' reference.
        utilisation: Share of the time in which a core has work.
        overhead: Core-seconds an image outside the steps of the profile.
        s3_read: Core-seconds an image that S3 costs more than a disk.
        latency: Seconds from a GET to its bytes.
        bootstrap_minutes: Minutes from the launch to the first work of a cluster.
        serverless_minutes: The same of EMR Serverless.
        session_seconds: Seconds from there to the first task.
        index_rate: Images a second that are listed.
        chunk_seconds: Between two chunks.
        lost_on_spot: Share of a spot node's work that is lost.
        puts_a_file: Requests for writing one file.
        row_bytes: Bytes of a row beside its floats.
    """

    profile_speed: Positive
    utilisation: Share
    overhead: NotNegative
    s3_read: NotNegative
    latency: NotNegative
    bootstrap_minutes: NotNegative
    serverless_minutes: NotNegative
    session_seconds: NotNegative
    index_rate: Positive
    chunk_seconds: NotNegative
    lost_on_spot: Annotated[float, Field(ge=0, lt=1)]
    puts_a_file: NotNegative
    row_bytes: NotNegative


def load_assumptions(changes: Sequence[str] = ()) -> Assumptions:
    """Return the numbers of the file, and those that the command line gives instead.

    Args:
        changes: `name=value` each.

    Raises:
        InputError: For an unknown name or an impossible value.
    """
    return read_assumptions(FILE, Assumptions, changes)


def reasons() -> dict[str, Reason]:
    """Return the reason of each, by name."""
    return reasons_in(FILE)
