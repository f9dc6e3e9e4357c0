"""The proxy that makes faults: each of them, as a plain HTTP client sees it."""

import time
from concurrent.futures import ThreadPoolExecutor
from http.client import IncompleteRead
from urllib.error import HTTPError

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.s3_proxy import DIRECTLY, Fault, S3Proxy

BODY = bytes(range(256)) * 250


@pytest.fixture
def proxy(s3, s3_proxy):
    """A proxy before moto, whose bucket has one object that everybody may read."""
    s3.put_object(Bucket="photos", Key="a/x.png", Body=BODY, ACL="public-read")
    return s3_proxy


def client(proxy, **retries):
    return boto3.client(
        "s3", "us-east-1", endpoint_url=proxy.url, config=Config(retries=retries or None)
    )


def get(proxy):
    with DIRECTLY.open(f"{proxy.url}/photos/a/x.png", timeout=10) as answer:
        return answer.read()


def test_without_faults_everything_passes_and_is_counted(proxy):
    through = client(proxy)
    through.put_object(Bucket="photos", Key="new", Body=b"new")
    assert [item["Key"] for item in through.list_objects_v2(Bucket="photos")["Contents"]] == [
        "a/x.png",
        "new",
    ]
    assert through.head_object(Bucket="photos", Key="new")["ContentLength"] == 3
    assert get(proxy) == BODY
    with pytest.raises(ClientError, match="NoSuchKey"):
        through.get_object(Bucket="photos", Key="gone")
    counts = proxy.counts()
    assert [counts[kind] for kind in ("PUT", "LIST", "HEAD", "GET", "requests")] == [1, 1, 1, 2, 5]


def test_a_stream_of_chunks_is_sent_on_whole(proxy, tmp_path):
    (tmp_path / "large").write_bytes(BODY * 200)
    client(proxy).upload_file(str(tmp_path / "large"), "photos", "large")
    answer = client(proxy).get_object(Bucket="photos", Key="large")
    assert answer["Body"].read() == BODY * 200


def test_what_its_client_has_given_up_is_not_written_late(s3, proxy):
    impatient = boto3.client(
        "s3",
        "us-east-1",
        endpoint_url=proxy.url,
        config=Config(read_timeout=0.2, retries={"total_max_attempts": 1}),
    )
    proxy.set(Fault("stall", seconds=0.6, methods="PUT"))
    with pytest.raises(ReadTimeoutError):
        impatient.put_object(Bucket="photos", Key="late", Body=b"late")
    time.sleep(0.8)
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="photos")["Contents"]] == ["a/x.png"]


@pytest.mark.parametrize("kind", ["latency", "stall", "stall_body"])
def test_an_answer_is_late(proxy, kind):
    proxy.set(Fault(kind, seconds=0.4))
    start = time.monotonic()
    assert get(proxy) == BODY
    assert 0.4 <= time.monotonic() - start < 2


@pytest.mark.parametrize("kind", ["break", "truncate", "reset"])
def test_a_connection_ends_too_early(proxy, kind):
    proxy.set(Fault(kind))
    with pytest.raises((IncompleteRead, ConnectionError)):
        get(proxy)
    proxy.set()
    assert get(proxy) == BODY


def test_a_wrong_length_looks_whole(proxy):
    proxy.set(Fault("short"))
    assert get(proxy) == BODY[: len(BODY) // 2]


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("slow_down", 503, "SlowDown"),
        ("internal_error", 500, "InternalError"),
        ("expired", 400, "ExpiredToken"),
        ("denied", 403, "AccessDenied"),
        ("no_bucket", 404, "NoSuchBucket"),
    ],
)
def test_a_refusal_is_one_that_a_client_of_s3_understands(proxy, kind, status, code):
    proxy.set(Fault(kind))
    with pytest.raises(ClientError, match=code) as caught:
        client(proxy, total_max_attempts=1).get_object(Bucket="photos", Key="a/x.png")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_faults_strike_some_requests_only(proxy):
    proxy.set(
        Fault("denied", methods="GET", keys=r"^/photos/a/", after=1, first=2),
        Fault("no_bucket", keys=r"^/other"),
    )
    outcomes = [status(proxy) for _ in range(5)]
    assert outcomes == [200, 403, 403, 200, 200]
    assert client(proxy).head_object(Bucket="photos", Key="a/x.png")["ContentLength"] == len(BODY)


def test_a_share_is_about_that_share_and_the_same_for_the_same_seed(proxy):
    outcomes = []
    for _ in range(2):
        proxy.set(Fault("slow_down", share=0.2))
        outcomes.append([status(proxy) for _ in range(100)])
    assert outcomes[0] == outcomes[1]
    assert 8 <= outcomes[0].count(503) <= 35


def test_what_is_in_memory_costs_the_server_nothing(s3, s3_endpoint):
    s3.put_object(Bucket="photos", Key="a/x.png", Body=BODY, ACL="public-read")
    with S3Proxy(s3_endpoint, memory=True) as proxy:
        get(proxy)
        s3.delete_object(Bucket="photos", Key="a/x.png")  # behind its back
        with ThreadPoolExecutor(16) as pool:
            assert set(pool.map(lambda _: get(proxy), range(100))) == {BODY}
        client(proxy).put_object(Bucket="photos", Key="a/x.png", Body=b"new", ACL="public-read")
        assert get(proxy) == b"new"


def status(proxy):
    try:
        get(proxy)
    except HTTPError as error:
        return error.code
    return 200
