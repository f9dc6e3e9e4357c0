"""A client of the service, for scripts and notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import ImageError, InputError
from pixelmill.storage.given_images import GivenImage, each_of, place_of, read_given
from pixelmill.untrusted_text import safe_text, shown_url

if TYPE_CHECKING:
    from requests import Response

Images: TypeAlias = GivenImage | Iterable[GivenImage]
FIELD = "files"
IMAGES_OF_A_REQUEST = 16
MOST_BYTES = 16_000_000  # of a request with more than one image
FORM_BYTES = 1_000  # of an image in addition to its file: its name, and what separates it
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
        with self._of_pixelmill():
            return [
                Classified(name, [Label(**label) for label in one["predictions"]], one["error"])
                for name, one in found
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
        for files, answer in self._ask("/features", images, {}, accept=_OCTETS):
            with self._of_pixelmill():
                _, columns = map(int, answer.headers["X-Shape"].split(","))
                rows = np.frombuffer(answer.content, "<f4").reshape(len(files), columns)
            parts.append(rows)
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
        with self._of_pixelmill():
            return [[SimilarImage(**other) for other in one["neighbours"]] for _, one in found]

    def model(self) -> dict[str, Any]:
        """Return what the model is: labels, data, figures, versions, digest.

        Raises:
            InputError: The service cannot be reached, or asks for a key.
        """
        answer = self._send("GET", "/model")
        with self._of_pixelmill():
            about: dict[str, Any] = answer.json()
            _ = about["sha256"], about["features"], about["limits"]
        return about

    @cached_property
    def _limits(self) -> tuple[int, int]:
        """Largest number of images and of bytes of a request with several images."""
        limits = self.model()["limits"]
        with self._of_pixelmill():
            most, most_bytes = int(limits["images"]), int(limits["body_bytes"])
        return min(IMAGES_OF_A_REQUEST, most), min(MOST_BYTES, most_bytes)

    @contextmanager
    def _of_pixelmill(self) -> Iterator[None]:
        """Say of an answer that has not what it should have that another server gave it."""
        try:
            yield
        except (AttributeError, LookupError, TypeError, ValueError) as problem:
            raise self._other_server() from problem

    def _other_server(self) -> InputError:
        return InputError(
            f"{shown_url(self.url)} is no service of pixelmill: give its URL as http://HOST:PORT"
        )

    def _results(
        self, path: str, images: Images, parameters: dict[str, Any]
    ) -> list[tuple[str, dict[str, Any]]]:
        """Return the name of each image, and what the service says of it."""
        found: list[tuple[str, dict[str, Any]]] = []
        for files, answer in self._ask(path, images, parameters):
            names = [name for _, (name, _) in files]
            with self._of_pixelmill():
                found += zip(names, answer.json()["results"], strict=True)
        return found

    def _ask(
        self,
        path: str,
        images: Images,
        parameters: dict[str, Any],
        accept: str = _JSON,
    ) -> Iterator[tuple[list[_File], Response]]:
        headers = {"Accept": accept}
        for files in _requests(images, *self._limits):
            answer = self._send("POST", path, params=parameters, files=files, headers=headers)
            yield files, answer

    def _send(self, method: str, path: str, **options: Any) -> Response:
        import requests

        shown = shown_url(self.url)
        try:
            answer = self._session.request(
                method,
                f"{self.url}{path}",
                timeout=self._timeout,
                allow_redirects=False,  # which would take the key, and may turn POST into GET
                **options,
            )
        except requests.RequestException as problem:
            raise InputError(
                f"{shown} does not answer ({type(problem).__name__}): start the service, or "
                "give its URL as http://HOST:PORT"
            ) from problem
        if not answer.ok:
            raise InputError(f"{shown}{path} refuses ({answer.status_code}): {_detail(answer)}")
        if answer.is_redirect:
            place = shown_url(answer.headers["Location"])
            raise InputError(f"{shown}{path} leads to {place}: give the URL of the service itself")
        if answer.headers.get("Content-Type") not in (_JSON, _OCTETS):
            raise self._other_server()
        return answer


def _requests(images: Images, most: int, most_bytes: int) -> Iterator[list[_File]]:
    """Return the files of each request: neither too many nor too large together."""
    files: list[_File] = []
    size = 0
    for number, image in enumerate(each_of(images)):
        name, content = _named(number, image)
        own = len(content) + FORM_BYTES
        if len(files) == most or (files and size + own > most_bytes):
            yield files
            files, size = [], 0
        files.append((FIELD, (name, content)))
        size += own
    if files:
        yield files


def _named(number: int, image: GivenImage) -> tuple[str, bytes]:
    place = f"{number}" if isinstance(image, bytes) else place_of(image)
    (content,) = read_given([image], 1)
    if isinstance(content, ImageError):
        raise InputError(f"{safe_text(place)}: {content}")
    return safe_text(PurePath(place).name), content


def _detail(answer: Response) -> str:
    try:
        return safe_text(str(answer.json()["detail"]))
    except (ValueError, KeyError, TypeError):
        return "it is no service of pixelmill"
