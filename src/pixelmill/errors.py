"""Errors that a user can fix, and reasons why an image has no features."""

from collections.abc import Iterator

from pixelmill.untrusted_text import safe_text

LONGEST_REASON = 1000  # characters
NO_STORAGE = (
    "PIXELMILL_STORAGE is not set: export it as the bucket and prefix for all tables, "
    "for example s3://my-bucket/pixelmill"
)
UNEXPANDED_STORAGE = (
    "PIXELMILL_STORAGE begins with '~', which only a shell expands: export the whole path"
)


class InputError(Exception):
    """Bad input: one sentence that says what is wrong, where, and what to do.

    The command line prints the sentence alone and exits with status 1.
    """


class DamagedFileError(InputError):
    """A stored file cannot be read as what was written.

    Args:
        file: Path on disk or `s3://` URI.
        reason: Reason of the reader.
    """

    def __init__(self, file: str, reason: object) -> None:
        super().__init__(f"{file} cannot be read ({reason})")
        self.file = file


def causes(problem: BaseException | None) -> Iterator[BaseException]:
    """An error and what led to it, the latest first."""
    while problem is not None:
        yield problem
        problem = problem.__cause__ or problem.__context__


class ImageError(Exception):
    """One image cannot be used; its message becomes the `error` of the image's row.

    Args:
        reason: Reason; text of the file or a library in it is made safe.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(safe_text(reason, LONGEST_REASON))


UNREADABLE = "unreadable"


class UnreadableImageError(ImageError):
    """The bytes of an image are unavailable this time; the next run tries again."""

    def __str__(self) -> str:
        """Return the reason behind the word by which the next run knows that it may try again."""
        return f"{UNREADABLE}, {super().__str__()}"


class UndecodableImageError(ImageError):
    """The bytes of an image are no picture that can be used; only another file helps."""
