"""The service's page for people, and Swagger UI, without external files."""

from functools import cache
from importlib.resources import files
from mimetypes import guess_type

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response

PAGE_FILES = ("page.css", "page.js", "answers.js", "requests.js", "docs.js", "icon.svg")
SWAGGER_FILES = ("swagger-ui-bundle.js", "swagger-ui.css")
_A_DAY = {"Cache-Control": "max-age=86400"}


def add_pages(app: FastAPI) -> None:
    """Add `/`, `/docs` and the files that they load.

    Args:
        app: The application.
    """
    for path, name in (("/", "index.html"), ("/docs", "docs.html")):
        _add(app, path, __name__, name, {"Cache-Control": "no-cache"})
    for name in PAGE_FILES:
        _add(app, f"/page/{name}", __name__, name, {"Cache-Control": "no-cache"})
    for name in SWAGGER_FILES:
        _add(app, f"/swagger/{name}", "fastapi_swagger.resources", name, _A_DAY)


def _add(app: FastAPI, path: str, package: str, name: str, headers: dict[str, str]) -> None:
    kind, _ = guess_type(name)

    async def file() -> Response:
        content = _read(package, name)
        if name.endswith(".html"):
            return HTMLResponse(content, headers=headers)
        return Response(content, media_type=kind, headers=headers)

    app.add_api_route(path, file, methods=["GET"], include_in_schema=False, name=name)


@cache
def _read(package: str, name: str) -> bytes:
    return files(package).joinpath(name).read_bytes()
