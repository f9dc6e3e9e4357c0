"""Parameters of the run as a whole."""

from pixelmill.parameters._base import Parameters


class RunParameters(Parameters):
    """What a run does.

    Attributes:
        force: Whether every node runs, also those that are up to date.
    """

    force: bool = False
