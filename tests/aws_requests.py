"""Requests to AWS that are lost, or during which somebody presses Ctrl-C."""

import os
import signal

from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import URLLib3Session

from pixelmill.aws.clients import prepared_clients


def on_request(name, act):
    """Has `act` called with every request of an operation, `emr.RunJobFlow`, before it is sent."""
    return prepared_clients(lambda client: client.meta.events.register(f"before-send.{name}", act))


def lose_answer(request, **_):
    """Sends a request, and loses the answer to it."""
    URLLib3Session().send(request)
    raise ConnectionClosedError(endpoint_url=request.url)


def lose_request(request, **_):
    """Loses a request."""
    raise ConnectionClosedError(endpoint_url=request.url)


def press_ctrl_c(**_):
    """Interrupts this process."""
    os.kill(os.getpid(), signal.SIGINT)
