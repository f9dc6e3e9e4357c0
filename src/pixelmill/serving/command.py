"""`pixelmill-serve`: an exported classifier over HTTP."""

import asyncio
import ipaddress
import logging
import os
import re
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
import uvicorn
from pydantic import ValidationError

from pixelmill.errors import InputError
from pixelmill.parameters import ServingParameters
from pixelmill.serving.application import create_application
from pixelmill.serving.connection import limited_protocol
from pixelmill.serving.current import CurrentModel
from pixelmill.serving.guard import LOOPBACK_NAMES, Guard
from pixelmill.serving.metrics import Metrics
from pixelmill.serving.place import Place
from pixelmill.untrusted_text import LONGEST_LINE, guard_logs, safe_text

HOST, PORT = "127.0.0.1", 9797
KEY_VARIABLE = "PIXELMILL_API_KEY"
_BACKLOG = 1024
_NEXT = re.compile(r",(?=\s*[\w.]+\s*=)")  # a comma within a list is followed by no name

logger = logging.getLogger(__name__)


@click.command(name="pixelmill-serve")
@click.argument("model", envvar="PIXELMILL_MODEL")
@click.option(
    "--index",
    envvar="PIXELMILL_INDEX",
    help="Features of the model's images, with their index; by default those of its data set, "
    "where they are in the same storage. `none` serves without an index.",
)
@click.option("--host", envvar="PIXELMILL_HOST", default=HOST, show_default=True)
@click.option(
    "--port",
    envvar="PIXELMILL_PORT",
    default=PORT,
    show_default=True,
    type=click.IntRange(0, 65_535),
)
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the service: --set max_images=8. In PIXELMILL_SERVE, by commas.",
)
@click.option(
    "--trusted",
    is_flag=True,
    envvar="PIXELMILL_TRUSTED",
    help="Load a model that could run code of its author.",
)
@click.option(
    "--sha256",
    envvar="PIXELMILL_SHA256",
    help="Digest that the manifest of the model must have.",
)
def command(
    model: str,
    index: str | None,
    host: str,
    port: int,
    changes: tuple[str, ...],
    trusted: bool,
    sha256: str | None,
) -> None:
    """Serve the exported classifier in the folder MODEL, on disk or s3://, until SIGTERM.

    Where PIXELMILL_API_KEY is set, clients must send it in the header X-API-Key.
    """
    from_environment = filter(None, _NEXT.split(os.environ.get("PIXELMILL_SERVE", "")))
    try:
        parameters = read_parameters([*from_environment, *changes])
        place = Place(model, index or None, trusted, sha256)
        serve(place, parameters, host, port)
    except InputError as problem:
        raise click.ClickException(safe_text(str(problem), LONGEST_LINE)) from problem


def read_parameters(changes: Sequence[str]) -> ServingParameters:
    """Read parameters of the service.

    Args:
        changes: Each `name=value`; a list has commas in brackets, `null` means none.

    Raises:
        InputError: One is unknown or impossible.

    Example:
        >>> read_parameters(["max_images=8", "urls=true"]).max_images
        8
    """
    given: dict[str, Any] = {}
    for change in changes:
        name, is_there, value = change.partition("=")
        if not is_there:
            raise InputError(f"--set {change}: write NAME=VALUE")
        given[name.strip().removeprefix("serving.")] = _value(value.strip())
    try:
        return ServingParameters.model_validate(given)
    except ValidationError as problem:
        found = problem.errors()[0]
        name = ".".join(str(part) for part in found["loc"])
        message = found["msg"].removeprefix("Value error, ")
        raise InputError(f"--set {name}: {message}" if name else message) from None


def serve(place: Place, parameters: ServingParameters, host: str, port: int) -> None:
    """Serve a model until SIGTERM or Ctrl-C.

    Args:
        place: Location of the model.
        parameters: Parameters of the service.
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.

    Raises:
        InputError: The model cannot be served, or the address cannot be listened on.
    """
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO)
    guard_logs()
    loop = asyncio.Runner(loop_factory=_loop_factory())
    with _listen(host, port) as listening, loop as runner:
        runner.run(_serve(place, parameters, listening))


class _Server(uvicorn.Server):
    """Ends with status 0 where it is asked to end."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals in the event loop: uvicorn's own way ends before the model is closed."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


async def _serve(place: Place, parameters: ServingParameters, listening: socket.socket) -> None:
    metrics = Metrics()
    current = CurrentModel(place, parameters, metrics)
    host, port = listening.getsockname()[:2]
    is_loopback = ipaddress.ip_address(host).is_loopback
    hosts = parameters.hosts or (LOOPBACK_NAMES if is_loopback else ())
    key = os.environ.get(KEY_VARIABLE) or None
    if key is None and not is_loopback:
        logger.warning(
            "Anyone who reaches this port gets answers: set %s to ask for a key", KEY_VARIABLE
        )
    await current.start()
    try:
        application = create_application(parameters, current, metrics)
        config = uvicorn.Config(
            Guard(application, parameters, metrics, current, key, hosts),
            http=limited_protocol(parameters),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=int(parameters.keep_alive_seconds),
            timeout_graceful_shutdown=int(parameters.stop_seconds),
        )
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"pixelmill serves {place.model} at http://{shown}:{port}/")
        await _Server(config).serve(sockets=[listening])
    finally:
        await current.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        (family, *_, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as problem:  # UnicodeError: of a name that cannot be one
        reason = getattr(problem, "strerror", "not a name of a host")
        raise InputError(
            f"cannot listen on {host}, port {port} ({reason}): give another --host or --port"
        ) from problem


def _loop_factory() -> Any:
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop


def _value(text: str) -> Any:
    if text.startswith("[") and text.endswith("]"):
        return [item.strip() for item in text[1:-1].split(",") if item.strip()]
    return None if text == "null" else text


def main() -> None:
    """Run the command."""
    command()
