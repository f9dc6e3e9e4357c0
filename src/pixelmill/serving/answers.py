"""Answers of the service, as in its OpenAPI description."""

from typing import Any

from pydantic import BaseModel

from pixelmill.parameters import ServingParameters
from pixelmill.serving.uploads import FIELD, JSON, MULTIPART

OCTETS = "application/octet-stream"
SHAPE_HEADER, ERRORS_HEADER = "X-Shape", "X-Errors"


class Problem(BaseModel):
    """Why a request was refused."""

    detail: str


class Label(BaseModel):
    """A class and its score."""

    label: str
    score: float | None


class Classified(BaseModel):
    """Classes of one image, the most likely first; or why it has none."""

    name: str
    predictions: list[Label]
    error: str | None


class Classification(BaseModel):
    """Answer of /classify; `model` is the SHA-256 of the model's manifest."""

    model: str
    results: list[Classified]


class Featurized(BaseModel):
    """Features of one image; or why it has none."""

    name: str
    features: list[float] | None
    error: str | None


class FeaturesAnswer(BaseModel):
    """Answer of /features."""

    model: str
    results: list[Featurized]


class SimilarImage(BaseModel):
    """An image of the index; its thumbnail is a data URI, or null if it is unavailable."""

    path: str
    distance: float
    label: str | None
    thumbnail: str | None = None


class Neighbours(BaseModel):
    """Images most like one, the nearest first; or why there are none."""

    name: str
    neighbours: list[SimilarImage]
    error: str | None


class Similarity(BaseModel):
    """Answer of /similar; farther than `similar_within` nothing is called similar."""

    model: str
    similar_within: float | None
    results: list[Neighbours]


class Health(BaseModel):
    """Answer of the health checks."""

    status: str


_SENTENCES = {
    400: "The body cannot be read",
    401: "The key is missing or wrong",
    403: "The service takes no URLs",
    404: "The service has no index of images",
    408: "The body arrived too slowly",
    413: "Too many bytes",
    415: "Neither multipart/form-data nor application/json, or compressed",
    421: "The service is not called by this name",
    422: "The request holds no image or too many, or a parameter is impossible",
    500: "A mistake of the service, which its log explains",
    503: "Too much to do, or no model: try again after the seconds of Retry-After",
}


def refusals(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Describe how a route refuses.

    Args:
        codes: HTTP statuses.
    """
    return {code: {"model": Problem, "description": _SENTENCES[code]} for code in codes}


def takes_images(parameters: ServingParameters) -> dict[str, Any]:
    """Describe the body of a request with images.

    Args:
        parameters: Parameters of the service.
    """
    several = {"type": "array", "minItems": 1, "maxItems": parameters.max_images}
    files = several | {"items": {"type": "string", "format": "binary"}}
    fields: dict[str, Any] = {"images": several | {"items": {"type": "string", "format": "byte"}}}
    if parameters.urls:
        fields["urls"] = several | {"items": {"type": "string"}}
    return {
        "requestBody": {
            "required": True,
            "content": {
                MULTIPART: {
                    "schema": {
                        "type": "object",
                        "properties": {FIELD: files},
                        "required": [FIELD],
                        "additionalProperties": False,
                    }
                },
                JSON: {
                    "schema": {
                        "type": "object",
                        "properties": fields,
                        "additionalProperties": False,
                        "minProperties": 1,
                    },
                    "example": {"images": ["<base64>"]},
                },
            },
        }
    }
