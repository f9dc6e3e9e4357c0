"""A client of the service, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import InputError
from pixelmill.storage.given_images import GivenImage, each_of, place_of
from pixelmill.untrusted_text import safe_text, shown_url

if TYPE_CHECKING:
    from requests import Response

Images: TypeAlias = GivenImage | Iterable[GivenImage]
FIELD = "files"
IMAGES_OF_A_REQUEST = 16
MOST_BYTES = 16_000_000  # of a request with more than one image
# A service that has too much to do says after how many seconds it may be asked again.
RETRIES: dict[str, Any] = {
    "total": 6,
    "connect": 0,
    "read": 1,
    "backoff_factor": 0.5,
    "allowed_methods": None,
    "status_forcelist": [503],
    "raise_on_status": False,
}
_File: TypeAlias = tuple[str, tuple[str, bytes]]
_JSON, _OCTETS = "application/json", "application/octet-stream"


class Label(NamedTuple):
    """A class and its score."""

    label: str
    score: float | None


class Classified(NamedTuple):
    """What the service says of an image.

    Attributes:
        name: File name.
        predictions: Labels and scores, the highest score first; empty with an error.
        error: Reason why there is no label; None if there is one.
    """

    name: str
    predictions: list[Label]
    error: str | None


class SimilarImage(NamedTuple):
    """An image of the index that is like the query.

    Attributes:
        path: Relative to the root of its data set.
        distance: Distance from the query.
        label: None where it has none.
    """

    path: str
    distance: float
    label: str | None


class Client:
    """Asks a service that `kedro serve` or `pixelmill-serve` has started.

    Args:
        url: URL of the service, as `http://127.0.0.1:9797`.
        key: Key that the service asks for; None if it asks for none.
        timeout: Seconds to wait for an answer, which is then asked for once more.

    Example:
        >>> client = Client("http://127.0.0.1:9797")  # doctest: +SKIP
        >>> client.classify(["photo.jpg"])[0].predictions[0].label  # doctest: +SKIP
        'Abyssinian'
    """

    def __init__(self, url: str, key: str | None = None, timeout: float = 60) -> None:
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3 import Retry

        self.url = url.rstrip("/")
        self._timeout = timeout
        self._session = requests.Session()
        patient = HTTPAdapter(max_retries=Retry(**RETRIES))
        self._session.mount("http://", patient)
        self._session.mount("https://", patient)
        if key is not None:
            self._session.headers["X-API-Key"] = key.encode().decode("latin-1")

    def classify(self, images: Images, k: int = 3) -> list[Classified]:
        """Return the k most likely labels of images.

        Args:
            images: Paths or contents of image files; one or many, which go in several requests.
            k: Number of labels.

        Raises:
            InputError: The service refuses the request, or cannot be reached.
        """
        found = self._results("/classify", images, {"k": k})
        return [
            Classified(one["name"], [Label(**label) for label in one["predictions"]], one["error"])
            for one in found
        ]

    def features(self, images: Images) -> NDArray[np.float32]:
        """Return the features of images.

        Args:
            images: Images as in `classify`.

        Returns:
            float32 [n, d]; NaN for an image that cannot be used.

        Raises:
            InputError: The service refuses the request, or cannot be reached.
        """
        parts = []
        for _, answer in self._ask("/features", images, {}, accept=_OCTETS):
            rows, columns = map(int, answer.headers["X-Shape"].split(","))
            parts.append(np.frombuffer(answer.content, "<f4").reshape(rows, columns))
        if not parts:
            return np.empty((0, self.model()["features"]), np.float32)
        return np.concatenate(parts)

    def similar(self, images: Images, k: int = 10) -> list[list[SimilarImage]]:
        """Return the k images of the index that are most like each image, the nearest first.

        Args:
            images: Images as in `classify`.
            k: Number of neighbours.

        Returns:
            For each image its neighbours; none for one that cannot be used.

        Raises:
            InputError: The service refuses the request, has no index, or cannot be reached.
        """
        found = self._results("/similar", images, {"k": k, "thumbnails": "false"})
        return [[SimilarImage(**other) for other in one["neighbours"]] for one in found]

    def model(self) -> dict[str, Any]:
        """Return what the model is: labels, data, figures, versions, digest.

        Raises:
            InputError: The service cannot be reached, or asks for a key.
        """
        about: dict[str, Any] = self._send("GET", "/model").json()
        return about

    def _results(
        self, path: str, images: Images, parameters: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        for files, answer in self._ask(path, images, parameters):
            for (_, (name, _)), result in zip(files, answer.json()["results"], strict=True):
                yield result | {"name": name}

    def _ask(
        self,
        path: str,
        images: Images,
        parameters: dict[str, Any],
        accept: str = _JSON,
    ) -> Iterator[tuple[list[_File], Response]]:
        headers = {"Accept": accept}
        for files in _requests(images):
            answer = self._send("POST", path, params=parameters, files=files, headers=headers)
            yield files, answer

    def _send(self, method: str, path: str, **options: Any) -> Response:
        import requests

        shown = shown_url(self.url)
        try:
            answer = self._session.request(
                method, f"{self.url}{path}", timeout=self._timeout, **options
            )
        except requests.RequestException as problem:
            raise InputError(
                f"{shown} does not answer ({type(problem).__name__}): start the service, or "
                "give its URL as http://HOST:PORT"
            ) from problem
        if not answer.ok:
            raise InputError(f"{shown}{path} refuses ({answer.status_code}): {_detail(answer)}")
        if answer.headers.get("Content-Type") not in (_JSON, _OCTETS):
            raise InputError(
                f"{shown} is no service of pixelmill: give its URL as http://HOST:PORT"
            )
        return answer


def _requests(images: Images) -> Iterator[list[_File]]:
    """Return the files of each request: neither too many nor too large together."""
    files: list[_File] = []
    size = 0
    for number, image in enumerate(each_of(images)):
        name, content = _named(number, image)
        if len(files) == IMAGES_OF_A_REQUEST or (files and size + len(content) > MOST_BYTES):
            yield files
            files, size = [], 0
        files.append((FIELD, (name, content)))
        size += len(content)
    if files:
        yield files


def _named(number: int, image: GivenImage) -> tuple[str, bytes]:
    if isinstance(image, bytes):
        return f"{number}", image
    place = Path(place_of(image)).expanduser()
    try:
        return safe_text(place.name), place.read_bytes()
    except OSError as problem:
        raise InputError(f"{image} cannot be read: {problem.strerror}") from problem


def _detail(answer: Response) -> str:
    try:
        return safe_text(str(answer.json()["detail"]))
    except (ValueError, KeyError, TypeError):
        return "it is no service of pixelmill"
