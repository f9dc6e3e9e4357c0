"""Dry runs: the code runs as usual on assumed answers, and requests are shown instead of sent.

botocore validates the arguments of each request and writes it; the network is replaced by
its event `before-call`, whose handler may answer itself.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from pixelmill.aws.clients import prepared_clients


class NotThere(NamedTuple):
    """The assumed answer that something does not exist.

    Attributes:
        code: Error code that AWS answers with.
    """

    code: str


class _Answer(NamedTuple):
    status_code: int


class Rehearsal:
    """Shows requests in their order.

    Args:
        echo: Callback that prints the lines of a request.
        answers: Assumed for operations, by names as `iam:GetRole`; others answer nothing. A
            function is given the names of the requests that were shown so far.
        hidden: Texts that are not shown.
    """

    def __init__(
        self, echo: Callable[[str], None], answers: Mapping[str, Any], hidden: tuple[str, ...] = ()
    ) -> None:
        self._echo = echo
        self._answers = answers
        self._hidden = hidden
        self._arguments: dict[str, Any] = {}
        self._shown: set[str] = set()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Keep clients that are opened within the block from sending anything."""
        with prepared_clients(self._prepare):
            yield

    def _prepare(self, client: Any) -> None:
        client.meta.events.register_last("provide-client-params.*.*", self._note)
        client.meta.events.register_first("before-call.*.*", self._answer)

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        self._arguments = {name: _readable(value) for name, value in params.items()}

    def _answer(self, model: Any, **_: Any) -> tuple[_Answer, dict[str, Any]]:
        name = f"{model.service_model.signing_name}:{model.name}"
        text = json.dumps(self._arguments, indent=2, ensure_ascii=False)
        for secret in self._hidden:
            text = text.replace(json.dumps(secret, ensure_ascii=False)[1:-1], "***")
        self._echo(f"{name} {text}")
        self._shown.add(name)
        found = self._answers.get(name, {})
        if callable(found):
            found = found(self._shown)
        if isinstance(found, NotThere):
            error = {"Code": found.code, "Message": "assumed not to be there"}
            return _Answer(404), {"Error": error, "ResponseMetadata": _metadata(404)}
        return _Answer(200), {**found, "ResponseMetadata": _metadata(200)}


def _readable(value: Any) -> Any:
    """Argument as JSON; content is only counted."""
    if hasattr(value, "read"):
        value.seek(0, 2)
        value = f"<{value.tell():,} bytes>"
    if isinstance(value, bytes):
        return f"<{len(value):,} bytes>"
    if isinstance(value, dict):
        return {name: _readable(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_readable(inner) for inner in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _metadata(status: int) -> dict[str, Any]:
    return {"HTTPStatusCode": status, "HTTPHeaders": {}}
