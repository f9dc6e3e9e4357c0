"""The routes: what they answer is what the classifier says without them."""

import base64
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pixelmill import Classifier, Index

OCTETS = "application/octet-stream"
FILE = b'--a\r\nContent-Disposition: form-data; name="files"; filename="b"\r\n\r\n1\r\n--a--\r\n'


@pytest.fixture(scope="module")
def expected(pets):
    """What the classifier says of each photo without the service."""
    places = [pets.root / path for path in pets.paths]
    return Classifier.load(pets.model).predict(places)


def first_labels(answer):
    return [result["predictions"][0]["label"] for result in answer.json()["results"]]


def test_answers_equal_those_of_the_classifier(service, pets, expected):
    labels = Classifier.load(pets.model).manifest.labels
    for number in range(0, len(pets.paths), 7):
        (result,) = service.post("/classify?k=4", pets.photo(number)).json()["results"]
        assert result["error"] is None
        scores = dict(zip(labels, expected[number].scores, strict=True))
        assert [one["label"] for one in result["predictions"]] == sorted(
            scores, key=scores.get, reverse=True
        )
        for one in result["predictions"]:
            assert one["score"] == pytest.approx(scores[one["label"]], abs=1e-5)


def test_answers_are_the_same_in_any_batch(service, pets, expected):
    def ask(number):
        (result,) = service.post("/classify?k=1", pets.photo(number)).json()["results"]
        return result["predictions"][0]

    numbers = list(range(len(pets.paths))) * 2
    with ThreadPoolExecutor(16) as threads:
        for number, found in zip(numbers, threads.map(ask, numbers), strict=True):
            assert found["label"] == expected[number].label
            assert found["score"] == pytest.approx(expected[number].score, abs=1e-5)
    assert service.metric('pixelmill_batch_images_bucket{le="1.0"}') < service.metric(
        "pixelmill_batch_images_count"
    )


def test_many_images_are_answered_in_their_order(service, pets, expected):
    photos = [pets.photo(number) for number in range(20)]
    answer = service.post("/classify?k=1", *photos)
    assert [result["name"] for result in answer.json()["results"]] == [
        f"{number}.jpg" for number in range(20)
    ]
    assert first_labels(answer) == [one.label for one in expected[:20]]


def test_a_broken_image_costs_no_other_its_labels(service, pets, expected):
    answer = service.post("/classify", b"", pets.photo(3), b"no image", pets.photo(8)[:9000])
    assert answer.status_code == 200
    empty, whole, other, half = answer.json()["results"]
    assert (empty["error"], empty["predictions"]) == ("empty file", [])
    assert whole["predictions"][0]["label"] == expected[3].label
    assert other["error"] == "not an image: it begins with 'no image'"
    assert half["error"].startswith("truncated image: ")


def test_images_come_as_base64_too(service, pets, expected):
    encoded = base64.b64encode(pets.photo(0)).decode()
    lines = base64.encodebytes(pets.photo(0)).decode()
    images = [encoded, f"data:image/jpeg;base64,{encoded}", "no base64!", lines]
    answer = service.session.post(
        f"{service.url}/classify?k=1", json={"images": images}, timeout=60
    )
    one, two, three, four = answer.json()["results"]
    assert one["predictions"] == two["predictions"] == four["predictions"]
    assert one["predictions"][0]["label"] == expected[0].label
    assert (three["name"], three["error"]) == ("images[2]", "not base64")


def test_features_are_those_of_the_featurizer_in_both_forms(service, pets):
    plain = service.post("/features", pets.photo(0), b"", pets.photo(1)).json()["results"]
    assert plain[1] == {"name": "1.jpg", "features": None, "error": "empty file"}
    rows = np.array([plain[0]["features"], plain[2]["features"]], np.float32)
    np.testing.assert_allclose(rows, pets.features[:2], atol=1e-5)
    answer = service.post(
        "/features", pets.photo(0), b"", pets.photo(1), headers={"Accept": OCTETS}
    )
    assert answer.headers["Content-Type"] == OCTETS
    assert answer.headers["X-Shape"] == "3,1280"
    assert json.loads(answer.headers["X-Errors"]) == {"1": "empty file"}
    binary = np.frombuffer(answer.content, "<f4").reshape(3, 1280)
    assert np.isnan(binary[1]).all()
    np.testing.assert_array_equal(binary[[0, 2]], rows)


def test_similar_images_are_those_of_the_index(service, pets):
    index = Index.load(pets.storage / "04_feature" / "pets")
    answer = service.post("/similar?k=5", pets.photo(9)).json()
    (result,) = answer["results"]
    nearest = index.nearest(pets.photo(9), k=5)
    assert [one["path"] for one in result["neighbours"]] == [one.path for one in nearest]
    assert result["neighbours"][0]["path"] == pets.paths[9]
    assert result["neighbours"][0]["label"] == pets.labels[9]
    for one, other in zip(result["neighbours"], nearest, strict=True):
        assert one["distance"] == pytest.approx(other.distance, abs=1e-5)
        assert one["thumbnail"].startswith("data:image/webp;base64,")
    assert 0 < answer["similar_within"] < 1
    (bare,) = service.post("/similar?k=1&thumbnails=false", pets.photo(9)).json()["results"]
    assert "thumbnail" not in bare["neighbours"][0]


def test_the_model_says_what_it_is(service, pets):
    about = service.get("/model").json()
    assert about["labels"] == ["Abyssinian", "Sphynx", "beagle", "pug"]
    assert about["figures"] == {"accuracy": 0.9}
    assert about["featurizers"] == ["efficientnet_lite0"]
    assert about["index"]["images"] == len(pets.paths)
    answer = service.post("/classify", pets.photo(0)).json()
    assert answer["model"] == about["sha256"]
    assert len(about["sha256"]) == 64


def test_health_and_metrics(service, pets):
    before = service.metric("pixelmill_images_total")
    service.post("/classify", pets.photo(0), b"")
    assert service.metric("pixelmill_images_total") == before + 1
    assert service.metric('pixelmill_failed_images_total{reason="empty file"}') >= 1
    assert service.metric('pixelmill_step_seconds_count{step="infer"}') > before
    assert service.get("/health/live").json() == {"status": "live"}
    assert service.get("/health/ready").json() == {"status": "ready"}


@pytest.mark.parametrize(
    ("path", "options", "status", "says"),
    [
        ("/classify", {"data": b"x"}, 415, "the content type is missing: send multipart"),
        ("/classify", {"json": {}, "headers": {"Content-Encoding": "gzip"}}, 415, "as gzip: send"),
        ("/classify", {"json": {"images": []}}, 422, "holds no image"),
        ("/classify", {"json": {"image": ["a"]}}, 422, 'send an object: {"images"'),
        ("/classify", {"json": {"images": [1]}}, 422, "'images' is no list of texts"),
        ("/classify", {"json": {"urls": ["http://a.org/b.jpg"]}}, 403, "takes no URLs"),
        ("/classify", {"json": {"images": ["a"] * 33}}, 422, "more than 32 images"),
        ("/classify", {"json": {"images": [[]] * 10_000}}, 422, "more than 10,000 values"),
        ("/classify", {"files": [("files", ("a", b"1"))] * 33}, 422, "more than 32 images"),
        ("/classify", {"files": [("file", ("a", b"1"))]}, 422, "there is no field 'file'"),
        ("/classify", {"files": [("files", (None, b"1"))]}, 422, "a field without filename="),
        ("/classify?k=0", {"files": [("files", ("a", b"1"))]}, 422, "k: "),
        ("/similar?k=x", {"files": [("files", ("a", b"1"))]}, 422, "k: "),
        ("/nothing", {"json": {}}, 404, "Not Found"),
        ("/classify/", {"files": [("files", ("a", b"1"))]}, 404, "Not Found"),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused_in_a_sentence(
    service, path, options, status, says
):
    answer = service.session.post(f"{service.url}{path}", timeout=60, **options)
    assert (answer.status_code, says in answer.json()["detail"]) == (status, True), answer.text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[" * 5_000),
        ("application/json", b"\xff\xfe"),
        ("multipart/form-data; boundary=a", b"--b\r\n\r\n"),
        ("multipart/form-data; boundary=a; charset=undefined", FILE),
        ("multipart/form-data", b"--b\r\n\r\n"),
        ("multipart/form-data; boundary=a", b""),
        ("multipart/form-data; boundary=a", FILE.removesuffix(b"--a--\r\n")),
        ("multipart/form-data; boundary=a", FILE[:-9] + FILE[:-20]),
        ("multipart/form-data; boundary=a", b"--a\r\nContent-Disposition: form-data\r\n\r\n1\r\n"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(service, kind, body):
    answer = service.session.post(
        f"{service.url}/classify", data=body, headers={"Content-Type": kind}, timeout=60
    )
    assert answer.status_code == 400
    assert "cannot be read" in answer.json()["detail"] or "not JSON" in answer.json()["detail"]


def test_probes_may_ask_for_headers_alone(service):
    """Monitors often do, and a body would be read as the next answer of the connection."""
    asked = 'pixelmill_requests_total{route="/health/ready",status="200"}'
    before = service.metric(asked)
    for path in ("/health/ready", "/", "/model"):
        answer = service.session.head(f"{service.url}{path}", timeout=60)
        assert (answer.status_code, answer.content) == (200, b"")
        length = answer.headers["Content-Length"]
        assert length == service.get(path).headers["Content-Length"]
    assert service.metric(asked) == before + 2


def test_no_answer_reveals_files_or_code_of_the_server(service, pets):
    answers = [
        service.get("/model"),
        service.get("/openapi.json"),
        service.post("/similar", pets.photo(0)),
        service.post("/classify", b"no image"),
        service.get("/../../etc/passwd"),
    ]
    for answer in answers:
        assert str(pets.storage) not in answer.text
        assert str(pets.root) not in answer.text
        assert "Traceback" not in answer.text


def test_pages_allow_nothing_from_elsewhere(service):
    for path in ("/", "/docs"):
        answer = service.get(path)
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "http" not in answer.text.replace("http-equiv", "").replace("http_", "")
    assert (
        "access-control-allow-origin"
        not in service.get("/model", headers={"Origin": "https://example.org"}).headers
    )


def _flat_png(width, height):
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "PNG", compress_level=1)
    return file.getvalue()


def _resident(process, kind="VmRSS"):
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.search(rf"{kind}:\s+(\d+) kB", status)[1]) / 1000  # MB


def test_a_service_starts_small_and_returns_what_large_images_took(pets, start_service):
    service = start_service(pets.model)
    processes = service.process.pid, service.worker()
    for process in processes:
        loaded = Path(f"/proc/{process}/maps").read_text()
        for library in ("-packages/tensorflow/", "/libjvm"):
            assert library not in loaded
    own = _resident(processes[1], "RssAnon")
    # The rest are files, more of them where the system has them in memory already.
    assert own + _resident(processes[0], "RssAnon") < 220
    assert sum(map(_resident, processes)) < 500
    images = [_flat_png(width, 4000) for width in (3000, 4000, 5000)]
    with ThreadPoolExecutor(3) as threads:
        for answer in threads.map(partial(service.post, "/classify"), images * 2):
            assert answer.json()["results"][0]["error"] is None
    assert _resident(processes[1], "RssAnon") < own + 40
