"""Listing in parallel: moto's server, and whatever keys there may be."""

import threading
from itertools import pairwise

import botocore.session
import pytest
from botocore.config import Config
from botocore.loaders import JSONFileLoader, create_loader
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID

from pixelmill.errors import InputError
from pixelmill.storage import open_storage
from pixelmill.storage.s3_listing import LONGEST_KEY, cut_points, list_objects, open_client

PAGE = 7

LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
NAMES = st.one_of(
    st.text("ab/", min_size=1, max_size=8),
    st.text("09/ ~", min_size=1, max_size=12),
    st.text(LETTERS, min_size=1, max_size=6),
    st.integers(0, 10**6).map("class 7/image {:07}.jpg".format),
)


@pytest.fixture
def small_pages(monkeypatch):
    """Seven keys a page: 400 keys are then what 57,000 are to S3."""
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", str(PAGE))


def fill(keys, size=b"x"):
    """Empties the bucket and puts these keys into it, past HTTP, which would take long."""
    backend = get_backend("s3")[DEFAULT_ACCOUNT_ID]["aws"]
    backend.buckets["photos"].keys.clear()
    for key in keys:
        backend.put_object("photos", key, size)


def listed(client, prefix=""):
    return [item["Key"] for item in list_objects(client, "photos", prefix)]


def one_after_another(client, prefix=""):
    pages = client.get_paginator("list_objects_v2").paginate(Bucket="photos", Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", ())]


def threads_of_listings():
    return {thread for thread in threading.enumerate() if thread.name.startswith("list_")}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sets(NAMES, max_size=40), st.sampled_from(["", "a", "class 7/", "0"]))
def test_any_keys_are_listed_once_as_one_page_after_another_has_them(s3, small_pages, keys, prefix):
    fill(keys)
    found = listed(s3, prefix)
    assert (
        sorted(found)
        == one_after_another(s3, prefix)
        == sorted(key for key in keys if key.startswith(prefix))
    )


FOLDERS = st.sampled_from(["0", "00", "00/0", "01", "1", "é", "~"])
FILES = st.builds("{}/{}".format, st.one_of(FOLDERS, NAMES), st.sampled_from(["a", "0", "b/c", ""]))


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sets(FILES, max_size=40), st.sets(FOLDERS, min_size=1))
def test_listing_folders_leaves_all_others_out(s3, small_pages, paths, names):
    names = {name for name in names if "/" not in name}
    assume(names)
    fill(f"mill/{path}" for path in paths)
    storage = open_storage("s3://photos/mill")
    files = sorted(file.path for file in storage.list_folders(sorted(names)))
    assert files == sorted(
        path for path in paths if path.split("/")[0] in names and not path.endswith("/")
    )


@pytest.mark.parametrize(
    "keys",
    [
        [f"image {number:07}.jpg" for number in range(200)],
        [f"class {number % 30:03}/image {number:07}.jpg" for number in range(200)],
        [f"{number * 2654435761 % 2**32:08x}.jpg" for number in range(200)],
        ["a" * length for length in range(2, 600, 4)],
        [f"日本/{chr(0x4E00 + number)}é.png" for number in range(200)],
    ],
    ids=["one flat folder", "folders", "random", "each the beginning of the next", "kanji"],
)
def test_many_pages_of_keys_are_listed_once(s3, monkeypatch, keys):
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "13")
    fill(keys)
    assert sorted(listed(s3)) == sorted(keys)
    assert sorted(file.path for file in open_storage("s3://photos").list_files()) == sorted(keys)


def test_a_flat_folder_is_listed_by_several_requests_at_once(s3, small_pages, monkeypatch):
    fill(f"image {number:07}.jpg" for number in range(400))
    asked = s3.list_objects_v2
    at_once, most = [], []

    def counted(**request):
        at_once.append(1)
        most.append(len(at_once))
        answer = asked(**request)
        at_once.pop()
        return answer

    monkeypatch.setattr(s3, "list_objects_v2", counted)
    assert len(listed(s3)) == 400
    assert max(most) == 8
    assert len(most) < 5 * 400 / PAGE  # requests: one page after another needs 58


def test_who_needs_no_more_keys_asks_for_no_more(s3, small_pages):
    fill(f"{number:05}.png" for number in range(2000))
    listing = list_objects(s3, "photos", "")
    assert next(listing)["Key"] == "00000.png"
    listing.close()
    for thread in threads_of_listings():
        thread.join(10)
    assert not threads_of_listings()


def test_times_of_a_listing_are_those_of_other_answers(s3):
    fill(["a.png"])
    storage = open_storage("s3://photos")
    [file] = storage.list_files()
    assert storage.find_files(["a.png"]) == [file]
    assert storage._find("a.png") == file
    assert storage.read("a.png").modified == file.modified


def test_a_bucket_that_is_not_there_is_one_sentence(s3):
    with pytest.raises(InputError, match=r"^s3://nowhere: there is no such bucket"):
        list(open_storage("s3://nowhere").list_files())


@given(
    st.text(LETTERS, min_size=1, max_size=8),
    st.one_of(st.none(), st.text(LETTERS, min_size=1, max_size=8)),
    st.integers(0, 20),
)
def test_cut_points_are_between_the_ends_in_the_order_of_their_bytes(after, upto, count):
    if upto is not None:
        assume(after != upto)
        after, upto = sorted((after, upto))
    cuts = cut_points(after, upto, 0, count)
    assert len(cuts) <= count
    edges = [after, *cuts] + ([] if upto is None else [upto])
    assert all(low.encode() < high.encode() for low, high in pairwise(edges))


def test_no_cut_point_is_longer_than_a_key_may_be():
    longest = "é" * (LONGEST_KEY // 2)
    assert cut_points(longest, None, 512, 5) == []
    assert cut_points("a" * LONGEST_KEY, "a" * (LONGEST_KEY - 1) + "z", 0, 5) != []


def test_the_description_of_s3_is_read_once_for_all_clients(monkeypatch):
    # As outside the tests, which make one loader for all that asks botocore for one.
    monkeypatch.setattr(botocore.session, "create_loader", create_loader)
    open_client("us-east-1", Config())
    read = []
    monkeypatch.setattr(JSONFileLoader, "load_file", lambda _, path: read.append(path))
    open_client("us-east-1", Config())
    assert read == []
