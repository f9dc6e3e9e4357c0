"""Errors in words that a user can act on, however deeply nested."""

import errno
import os
import re

from kedro.io.core import DatasetError
from omegaconf.errors import InterpolationResolutionError

from pixelmill.errors import NO_STORAGE, InputError, causes

# An error of a Python worker reaches the driver as the text of its stack trace.
_FROM_A_WORKER = re.compile(
    rf"^{re.escape(InputError.__module__)}.InputError: (?P<sentence>.+)$", re.M
)


_LOADING = re.compile(
    r"Failed while loading data from dataset "
    r"(?:.*?filepath=(?:PurePosixPath\()?['\"]?(?P<file>[^'\"]+?)['\"]?[,)])?",
    re.DOTALL,
)
_ENTRY = re.compile(
    r"An exception occurred when parsing config for dataset '(?P<parsed>[^']+)':|"
    r"Dataset '(?P<made>[^']+)' must only contain arguments|"
    r"Failed to instantiate dataset '(?P<failed>[^']+)' of type"
)
_UNUSABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)
_OUR_MISTAKES = (AttributeError, ImportError, NameError, NotImplementedError)


def explanation(problem: BaseException) -> str | None:
    """Return the message about a problem, or None where only a developer can fix it.

    Args:
        problem: As it arrived, wrapped by Kedro's datasets or by Spark.
    """
    for cause in causes(problem):
        if isinstance(cause, InputError):
            return str(cause)
        if match := _FROM_A_WORKER.search(str(cause)):
            return match["sentence"]
        if "No space left on device" in str(cause):
            return (
                "the disk is full: free some space (Spark's own scratch files are in "
                "SPARK_LOCAL_DIRS) and run the same command again; what was saved stays"
            )
        if isinstance(cause, OSError) and cause.errno in _UNUSABLE and cause.filename:
            return (
                f"{cause.filename} cannot be used ({cause.strerror}): see that you may read and "
                "write there, and that its parents are folders"
            )
        if isinstance(cause, InterpolationResolutionError) and "PIXELMILL_STORAGE" in str(cause):
            return NO_STORAGE
    return _sentence_of_s3(problem) or _sentence_of_kedro(problem)


def _sentence_of_kedro(problem: BaseException) -> str | None:
    """Return the sentence about a stored file whose content is not what was written, or an entry of
    the catalog that Kedro cannot use.
    """
    for cause in causes(problem):
        entry = _ENTRY.search(str(cause)) if isinstance(cause, DatasetError) else None
        if entry:
            reason = " ".join(str(cause).removeprefix(entry[0]).split())
            return f"the catalog's entry '{entry[entry.lastgroup or 0]}' cannot be used: {reason}"
        found = _LOADING.match(str(cause)) if isinstance(cause, DatasetError) else None
        why = cause.__cause__
        if found and why is not None and not isinstance(why, _OUR_MISTAKES):
            file = found["file"] or "a stored file"
            if isinstance(why, FileNotFoundError):
                return (
                    f"{file} is missing: run the pipeline that writes it first, with the same "
                    "parameters; without --pipelines `kedro run` does all from the list of images "
                    "to the report and the export"
                )
            reason = str(why).partition("\n")[0] or type(why).__name__
            return (
                f"{file} is damaged ({reason}): run the pipeline that writes it again, or remove it"
            )
    return None


def _sentence_of_s3(problem: BaseException) -> str | None:
    from pixelmill.storage.s3_errors import explained

    return explained(causes(problem), os.environ.get("PIXELMILL_STORAGE", "S3"))
