"""Whether anything can be reached at all."""

ENOUGH = 20  # attempts in vain, and
HOSTS = 5  # as many hosts, or all there are, before everything is given up


class UnreachableError(Exception):
    """No host answers; the message is what the last attempt came to."""


class Reach:
    """Counts attempts in vain until the first answer of any host.

    Args:
        hosts: Number of all of them.
    """

    def __init__(self, hosts: int) -> None:
        self._hosts = hosts
        self._answered = False
        self._in_vain = 0
        self._silent: set[str] = set()

    def answered(self) -> None:
        """A host has answered, be it with a refusal."""
        self._answered = True

    def in_vain(self, host: str, reason: str) -> None:
        """An attempt reached nobody.

        Args:
            host: That was asked.
            reason: Of the failure.

        Raises:
            UnreachableError: That is enough.
        """
        self._in_vain += 1
        self._silent.add(host)
        enough = self._in_vain >= ENOUGH and len(self._silent) >= min(self._hosts, HOSTS)
        if enough and not self._answered:
            raise UnreachableError(reason)
