"""What went wrong in words that a user can act on, however deep it lies in other errors."""

import os
import re
from collections.abc import Iterator

from omegaconf.errors import InterpolationResolutionError

from pixelmill.errors import NO_STORAGE, InputError

# An error of a Python worker reaches the driver as the text of its stack trace.
_FROM_A_WORKER = re.compile(
    rf"^{re.escape(InputError.__module__)}.InputError: (?P<sentence>.+)$", re.M
)


def explanation(problem: BaseException) -> str | None:
    """What a user is told about a problem, or None where only a developer can mend it.

    Args:
        problem: As it arrived, wrapped by Kedro's datasets or by Spark.
    """
    for cause in _causes(problem):
        if isinstance(cause, InputError):
            return str(cause)
        if told := _FROM_A_WORKER.search(str(cause)):
            return told["sentence"]
        if "No space left on device" in str(cause):
            return (
                "the disk is full: free some space (Spark's own scratch files lie in "
                "SPARK_LOCAL_DIRS) and run the same command again; what was saved stays"
            )
        if isinstance(cause, InterpolationResolutionError) and "PIXELMILL_STORAGE" in str(cause):
            return NO_STORAGE
    return _told_by_s3(problem)


def _told_by_s3(problem: BaseException) -> str | None:
    from pixelmill.storage.s3_errors import explained

    return explained(_causes(problem), os.environ.get("PIXELMILL_STORAGE", "S3"))


def _causes(problem: BaseException | None) -> Iterator[BaseException]:
    while problem is not None:
        yield problem
        problem = problem.__cause__ or problem.__context__
