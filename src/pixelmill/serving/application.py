"""The routes of the service."""

import json
from array import array
from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException

from pixelmill.parameters import ServingParameters
from pixelmill.serving.answers import (
    ERRORS_HEADER,
    OCTETS,
    SHAPE_HEADER,
    Classification,
    FeaturesAnswer,
    Health,
    Similarity,
    refusals,
    takes_images,
)
from pixelmill.serving.current import CurrentModel, UnavailableError
from pixelmill.serving.frames import Answer, Status, Task
from pixelmill.serving.guard import KEY_HEADER
from pixelmill.serving.metrics import Metrics
from pixelmill.serving.page import add_pages
from pixelmill.serving.uploads import Upload, read_uploads

MOST_LABELS = 10_000
MOST_NEIGHBOURS = 1_000
_REFUSED = refusals(400, 401, 403, 408, 413, 415, 421, 422, 500, 503)
_GUARDED = refusals(401, 421)
_KEY_SCHEME = {
    "type": "apiKey",
    "in": "header",
    "name": KEY_HEADER,
    "description": "Only where the service was started with a key.",
}


def create_application(
    parameters: ServingParameters, current: CurrentModel, metrics: Metrics
) -> FastAPI:
    """Make the application; `Guard` is in front of it.

    Args:
        parameters: Parameters of the service.
        current: The model that answers.
        metrics: Counts what happens.
    """
    from pixelmill import __version__

    app = FastAPI(
        title="pixelmill",
        version=__version__,
        description="Labels, features and similar images of a trained classifier.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # to http://, also behind a load balancer that speaks https
    )
    service = _Service(parameters, current, metrics)
    body = takes_images(parameters)
    for path, route, model, summary in (
        ("/classify", service.classify, Classification, "Classify images"),
        ("/features", service.features, FeaturesAnswer, "Compute features of images"),
        ("/similar", service.similar, Similarity, "Find similar images"),
    ):
        responses = _REFUSED | (refusals(404) if path == "/similar" else {})
        described = body | {"summary": summary}
        app.post(path, response_model=model, responses=responses, openapi_extra=described)(route)
    _complete_description(app)
    _add_states(app, service)
    add_pages(app)
    _answer_problems(app)
    return app


def _add_states(app: FastAPI, service: "_Service") -> None:
    """Add the routes about the model and the service."""
    unready = refusals(503)
    app.get("/model", summary="Describe the model", responses=_GUARDED)(service.about)
    app.get(
        "/metrics",
        summary="Metrics for Prometheus",
        responses=_GUARDED,
        response_class=PlainTextResponse,
    )(service.tell_metrics)
    app.get("/health/live", summary="Liveness", response_model=Health)(service.live)
    app.get("/health/ready", summary="Readiness", response_model=Health, responses=unready)(
        service.ready
    )


class _Service:
    """The functions behind the routes."""

    def __init__(
        self, parameters: ServingParameters, current: CurrentModel, metrics: Metrics
    ) -> None:
        self._parameters = parameters
        self._current = current
        self._metrics = metrics

    async def classify(
        self, request: Request, k: Annotated[int, Query(ge=1, le=MOST_LABELS)] = 3
    ) -> Response:
        """Return the k most likely labels of each image, with their scores.

        A broken image is a result with its reason; it costs no other one its labels.
        """
        uploads, about, answers = await self._answer(request, Task.CLASSIFY, k)
        return _json_response(about, {}, uploads, answers, "predictions", b"[]")

    async def features(self, request: Request) -> Response:
        """Return the features of each image.

        With `Accept: application/octet-stream` they come as float32 (little endian), with their
        number and length in the header `X-Shape`; a broken image is a row of NaN, and its reason
        is in `X-Errors`, as JSON by the number of the row.
        """
        uploads, about, answers = await self._answer(request, Task.FEATURES, 1)
        if OCTETS in request.headers.get("accept", ""):
            return _octets(answers, int(about["features"]))
        rows = [
            answer if answer.status is not Status.DONE else _as_json(answer) for answer in answers
        ]
        return _json_response(about, {}, uploads, rows, "features", b"null")

    async def similar(
        self,
        request: Request,
        k: Annotated[int, Query(ge=1, le=MOST_NEIGHBOURS)] = 10,
        thumbnails: bool = True,
    ) -> Response:
        """Return the k images of the index that are most like each image, the nearest first."""
        if not self._current.about.get("index"):
            raise HTTPException(404, "this service has no index of images")
        task = Task.SIMILAR_WITH_THUMBNAILS if thumbnails else Task.SIMILAR
        uploads, about, answers = await self._answer(request, task, k)
        within = {"similar_within": (about["index"] or {}).get("similar_within")}
        return _json_response(about, within, uploads, answers, "neighbours", b"[]")

    async def about(self) -> dict[str, Any]:
        """Return what the model is: data, split, figures, versions, digest; and limits of a
        request.
        """
        limits = {
            "images": self._parameters.max_images,
            "body_bytes": self._parameters.max_body_bytes,
        }
        return self._current.about | {"limits": limits}

    async def tell_metrics(self) -> Response:
        """Return figures for Prometheus."""
        self._metrics.in_flight.set(self._current.in_flight)
        return Response(self._metrics.to_text(), media_type="text/plain; version=0.0.4")

    async def live(self) -> Health:
        """Return whether the service runs."""
        return Health(status="live")

    async def ready(self) -> Response:
        """Return whether a model has answered for an image, and can answer now."""
        if self._current.is_ready:
            return JSONResponse({"status": "ready"})
        return JSONResponse({"detail": "there is no model now"}, 503, {"Retry-After": "1"})

    async def _answer(
        self, request: Request, task: Task, k: int
    ) -> tuple[list[Upload], dict[str, Any], list[Answer]]:
        uploads = await read_uploads(request, self._parameters)
        whole = [upload.content for upload in uploads if upload.error is None]
        about, done = await self._current.answer(task, k, whole)
        if any(answer.status is Status.FAILED for answer in done):
            raise HTTPException(500, "the service made a mistake: see its log")
        answered = iter(done)
        answers = [
            next(answered)
            if upload.error is None
            else Answer(0, Status.BROKEN, upload.error.encode())
            for upload in uploads
        ]
        for answer in answers:
            self._metrics.count(answer)
        return uploads, about, answers


def _json_response(
    about: dict[str, Any],
    more: dict[str, Any],
    uploads: Iterable[Upload],
    answers: Iterable[Answer],
    field: str,
    empty: bytes,
) -> Response:
    """Put the answer together from the JSON that the process of the model has made."""
    results = []
    for upload, answer in zip(uploads, answers, strict=True):
        done = answer.status is Status.DONE
        name, value = json.dumps(upload.name).encode(), answer.content if done else empty
        error = b"null" if done else json.dumps(answer.content.decode()).encode()
        results.append(b'{"name":%b,"%b":%b,"error":%b}' % (name, field.encode(), value, error))
    head = json.dumps({"model": about["sha256"], **more}).encode()[:-1]
    return Response(
        b'%b,"results":[%b]}' % (head, b",".join(results)), media_type="application/json"
    )


def _as_json(answer: Answer) -> Answer:
    """Return features as JSON."""
    numbers = array("f", answer.content).tolist()
    return Answer(answer.ticket, answer.status, json.dumps(numbers).encode())


def _octets(answers: list[Answer], dimension: int) -> Response:
    missing = array("f", [float("nan")] * dimension).tobytes()
    rows = (one.content if one.status is Status.DONE else missing for one in answers)
    errors = {
        str(number): one.content.decode()
        for number, one in enumerate(answers)
        if one.status is not Status.DONE
    }
    headers = {SHAPE_HEADER: f"{len(answers)},{dimension}", ERRORS_HEADER: json.dumps(errors)}
    return Response(b"".join(rows), media_type=OCTETS, headers=headers)


def _complete_description(app: FastAPI) -> None:
    """Add the second form of the features, and the key, to the description."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        schema = described()
        answer = schema["paths"]["/features"]["post"]["responses"]["200"]
        answer["content"][OCTETS] = {"schema": {"type": "string", "format": "binary"}}
        schema["components"]["securitySchemes"] = {"key": _KEY_SCHEME}
        for operations in schema["paths"].values():
            for operation in operations.values():
                if "401" in operation["responses"]:
                    operation["security"] = [{}, {"key": []}]
        return schema

    app.openapi = openapi  # type: ignore[method-assign]


def _answer_problems(app: FastAPI) -> None:
    """Answer every refusal with one sentence, without the server's files or code."""

    @app.exception_handler(UnavailableError)
    async def unavailable(_: Request, problem: UnavailableError) -> Response:
        headers = {"Retry-After": str(problem.retry_after)}
        return JSONResponse({"detail": str(problem)}, 503, headers)

    @app.exception_handler(RequestValidationError)
    async def impossible(_: Request, problem: RequestValidationError) -> Response:
        found = problem.errors()[0]
        name = ".".join(str(part) for part in found["loc"][1:])
        return JSONResponse({"detail": f"{name}: {found['msg']}"}, 422)

    @app.exception_handler(Exception)
    async def failed(_: Request, __: Exception) -> Response:
        return JSONResponse({"detail": "the service made a mistake: see its log"}, 500)
