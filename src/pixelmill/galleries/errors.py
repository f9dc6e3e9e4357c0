"""Errors of a gallery's pages."""

from dataclasses import dataclass

from pixelmill.untrusted_text import LONGEST_TEXT, safe_text


@dataclass
class PageError(Exception):
    """A page cannot be used.

    Attributes:
        reason: Reason, in which text of a server or page is made safe.
        passing: Whether a later attempt may succeed.
        forbidden: Whether the site does not want it to be read.
        wait: Seconds that the server asks to wait; None where it does not.
    """

    reason: str
    passing: bool = False
    forbidden: bool = False
    wait: float | None = None

    def __post_init__(self) -> None:
        """Make the reason safe to be shown and stored."""
        self.reason = safe_text(self.reason, LONGEST_TEXT)

    def __str__(self) -> str:
        """Return the reason."""
        return self.reason
