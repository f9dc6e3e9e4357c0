"""Every image of the index has one row, whatever happens to files, chunks and runs."""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pixelmill.datasets.feature_table import FeatureUpdate
from pixelmill.featurization.parts import describe_featurizer
from pixelmill.featurizers import decoder_state
from pixelmill.parameters import FeaturizationParameters

ODD_NAMES = ["a b.jpg", "quote'\".jpg", "100%.jpg", "a#b?.jpg", "ünïcödé-日本.jpg", "new\nline.jpg"]
NOW = decoder_state(FeaturizationParameters())
COLOURS = {"featurizer": "colour_statistics", "precision": "auto"}
NETWORK = {"featurizer": "efficientnet_lite0", "precision": "float32"}
CLOSE = {"rtol": 1e-5, "atol": 1e-6}  # of float32 sums that are added in another order


def vectors(rows):
    return {path: np.array(row.features, dtype=np.float32) for path, row in rows.items()}


def assert_same_features(found, expected):
    assert found.keys() == expected.keys()
    for path, vector in vectors(found).items():
        np.testing.assert_allclose(vector, vectors(expected)[path], **CLOSE)


@pytest.fixture
def photos(photos):
    """The photos without a network: which rows a table has does not depend on what they hold."""
    photos.parameters |= COLOURS
    return photos


@pytest.fixture
def network_photos(photos):
    """The photos with a network, whose features depend on how images are batched."""
    photos.parameters |= NETWORK
    return photos


def test_every_photo_gets_a_vector_of_its_network(network_photos):
    rows, profile = network_photos.run()
    assert len(rows) == 12
    assert {len(row.features) for row in rows.values()} == {1280}
    assert len({tuple(row.features) for row in rows.values()}) == 12
    assert profile["images"] == 12
    assert profile["failed"] == 0


def test_bad_images_become_rows_with_their_reason(photos):
    good = (photos.images / "00.jpg").read_bytes()
    (photos.images / "cut.jpg").write_bytes(good[: len(good) // 2])
    (photos.images / "empty.jpg").write_bytes(b"")
    (photos.images / "text.jpg").write_text("this is no picture")
    Image.new("1", (30_000, 30_000)).save(photos.images / "huge.png")
    rows, profile = photos.run()
    reasons = {path: row.error.split(":")[0] for path, row in rows.items() if row.error}
    assert reasons == {
        "cut.jpg": "truncated image",
        "empty.jpg": "empty file",
        "text.jpg": "not an image",
        "huge.png": "too many pixels",
    }
    assert all((row.features is None) == (row.error is not None) for row in rows.values())
    assert len(rows) == 16
    assert profile["failed"] == 4
    assert profile["failures"] == dict.fromkeys(reasons.values(), 1)


def test_a_data_set_of_broken_images_alone_is_a_result_too(data_set):
    for number in range(5):
        (data_set.images / f"{number}.jpg").write_bytes(b"no picture")
    rows, profile = data_set.run(batch_size=2)
    assert {row.error.split(":")[0] for row in rows.values()} == {"not an image"}
    assert profile["failed"] == 5


def test_odd_names_are_names(photos):
    for name in ODD_NAMES:
        (photos.images / name).write_bytes((photos.images / "00.jpg").read_bytes())
    rows, _ = photos.run()
    for name in ODD_NAMES:
        assert rows[name].error is None
        assert rows[name].features == rows["00.jpg"].features


def test_a_raised_limit_tries_again_what_the_lower_one_refused(photos):
    Image.new("1", (3000, 3000)).save(photos.images / "large.png")
    (photos.images / "text.jpg").write_text("this is no picture")
    refused, _ = photos.run(max_pixels=8_000_000)
    assert refused["large.png"].error == "too many pixels: 9000000, max_pixels is 8000000"
    read, profile = photos.run(max_pixels=9_000_000)
    assert read["large.png"].error is None
    assert read["text.jpg"].error.startswith("not an image")
    assert (profile["images"], profile["failed"]) == (2, 1)  # errors alone are computed again
    assert read["large.png"].featurizer == refused["large.png"].featurizer
    _, profile = photos.run(max_pixels=9_000_000)
    assert profile["images"] == 0


def test_a_lowered_limit_leaves_features_that_are_there(photos):
    Image.new("1", (3000, 3000)).save(photos.images / "large.png")
    Image.new("1", (4000, 4000)).save(photos.images / "larger.png")
    before, _ = photos.run(max_pixels=9_000_000)
    after, _ = photos.run(max_pixels=1_000_000)
    assert after["large.png"] == before["large.png"]
    assert after["larger.png"].error == "too many pixels: 16000000, max_pixels is 1000000"


def test_an_image_that_ends_its_worker_costs_no_other_image(photos):
    """The time limit ends the worker by a signal; the second try finds the image in a child."""
    # Noise in many scans takes two seconds; one colour took less than one on some machines.
    noise = np.random.default_rng(0).integers(0, 256, (99, 99), np.uint8)
    image = Image.fromarray(np.tile(noise, (100, 100)))
    image.save(photos.images / "slow.jpg", progressive=True)
    rows, profile = photos.run(max_seconds=1, batch_size=1)
    assert {path: row.error for path, row in rows.items() if row.error} == {
        "slow.jpg": "too much time: max_seconds is 1"
    }
    assert len(rows) == 13
    assert profile["failures"] == {"too much time": 1}
    rows, _ = photos.run(max_seconds=60, batch_size=1)
    assert rows["slow.jpg"].error is None


def test_an_error_of_another_decoder_is_found_again(photos, monkeypatch):
    (photos.images / "text.jpg").write_text("this is no picture")
    photos.run()
    monkeypatch.setattr("pixelmill.featurizers.decoding.DECODER_VERSION", "another")
    rows, profile = photos.run()
    assert profile["images"] == 1
    assert rows["text.jpg"].decoder.startswith("decoder another, max_pixels 100000000, ")
    assert photos.run()[1]["images"] == 0


def test_names_that_differ_in_case_are_two_images(photos):
    (photos.images / "CAT.jpg").write_bytes((photos.images / "00.jpg").read_bytes())
    (photos.images / "cat.jpg").write_bytes((photos.images / "01.jpg").read_bytes())
    rows, _ = photos.run()
    assert rows["CAT.jpg"].features == rows["00.jpg"].features
    assert rows["cat.jpg"].features == rows["01.jpg"].features


def test_a_file_that_vanishes_is_tried_again_by_the_next_run(photos):
    index = photos.index()
    kept = (photos.images / "03.jpg").read_bytes()
    status = (photos.images / "03.jpg").stat()
    (photos.images / "03.jpg").unlink()
    rows, _ = photos.run(index)
    assert rows["03.jpg"].error.startswith("unreadable, vanished")
    (photos.images / "03.jpg").write_bytes(kept)
    os.utime(photos.images / "03.jpg", ns=(status.st_atime_ns, status.st_mtime_ns))
    rows, profile = photos.run(index)
    assert rows["03.jpg"].error is None
    assert profile["images"] == 1


def test_a_file_that_changes_after_the_index_is_not_taken_for_the_old_one(photos):
    index = photos.index()
    (photos.images / "03.jpg").write_bytes((photos.images / "04.jpg").read_bytes())
    rows, _ = photos.run(index)
    assert rows["03.jpg"].error == "unreadable, changed since it was indexed: run again"
    rows, profile = photos.run()
    assert rows["03.jpg"].features == rows["04.jpg"].features
    assert profile["images"] == 1


def test_the_table_follows_the_index(photos):
    before, _ = photos.run()
    (photos.images / "00.jpg").unlink()
    (photos.images / "new.jpg").write_bytes((photos.images / "01.jpg").read_bytes())
    after, profile = photos.run()
    assert profile["images"] == 1
    assert profile["already_done"] == 11
    assert after.keys() == before.keys() - {"00.jpg"} | {"new.jpg"}


def test_a_second_run_computes_nothing(photos):
    before, computed = photos.run()
    after, profile = photos.run()
    assert profile["images"] == 0
    assert profile["bottleneck"] == "nothing to do"
    assert profile["last"] == computed
    assert photos.run()[1]["last"] == computed
    assert after == before


def test_a_run_that_dies_between_chunks_loses_none_of_them(network_photos):
    undisturbed, _ = network_photos.run(chunk_size=100)
    lost = network_photos.storage.with_name("lost")
    network_photos.storage = lost
    steps = network_photos.steps(chunk_size=4)
    next(steps)
    steps.close()
    saved = len(network_photos.rows())
    assert 0 < saved < 12
    rows, profile = network_photos.run(chunk_size=4)
    assert profile["images"] == 12 - saved
    assert_same_features(rows, undisturbed)


def test_duplicate_rows_are_found_and_computed_again(photos):
    rows, _ = photos.run()
    twice = photos.table().load().where("path = '05.jpg'")
    photos.table().save(FeatureUpdate(rows["05.jpg"].featurizer, add=twice))
    again, profile = photos.run()
    assert profile["images"] == 1
    assert_same_features(again, rows)


@pytest.fixture
def undivided(network_photos):
    """The features of the photos as one chunk has them."""
    return network_photos.run(chunk_size=100)[0]


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    batch_size=st.integers(1, 20),
    chunk_size=st.integers(1, 20),
    reads_in_flight=st.integers(1, 32),
    order=st.permutations(range(12)),
)
def test_features_do_not_depend_on_how_the_work_is_divided(
    network_photos, undivided, tmp_path_factory, batch_size, chunk_size, reads_in_flight, order
):
    rows = network_photos.index().collect()
    shuffled = network_photos.spark.createDataFrame(
        [rows[place] for place in order], network_photos.index().schema
    )
    network_photos.storage = tmp_path_factory.mktemp("divided")
    found, _ = network_photos.run(
        shuffled.repartition(5),
        batch_size=batch_size,
        chunk_size=max(chunk_size, 4),
        reads_in_flight=reads_in_flight,
    )
    assert_same_features(found, undivided)


def test_the_fingerprint_is_part_of_the_description():
    first = describe_featurizer(FeaturizationParameters(precision="float32"))
    same = describe_featurizer(FeaturizationParameters(precision="float32", batch_size=3))
    other = describe_featurizer(FeaturizationParameters(precision="float32", pooling="max"))
    assert first == same
    assert first["fingerprint"] != other["fingerprint"]
