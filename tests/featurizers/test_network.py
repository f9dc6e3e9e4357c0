"""Features depend on the pixels, and on nothing else."""

import subprocess
import sys
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pixelmill.errors import UnreadableImageError
from pixelmill.featurizers import fingerprint
from pixelmill.featurizers.network import OpenNetwork


@pytest.fixture(scope="module")
def photos(encode):
    """Twelve JPEG files of different sizes."""
    generator = np.random.default_rng(3)
    blocks = generator.integers(0, 256, (12, 6, 8, 3), dtype=np.uint8)
    sizes = generator.integers(40, 700, (12, 2))
    return [
        encode(Image.fromarray(block).resize(tuple(map(int, size))), "JPEG")
        for block, size in zip(blocks, sizes, strict=True)
    ]


@pytest.fixture(scope="module")
def alone(lite0, photos):
    """Features of each photo, in a batch of its own."""
    return np.concatenate([lite0([photo]).features for photo in photos])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(order=st.permutations(range(12)), cuts=st.sets(st.integers(1, 11), max_size=5))
def test_features_do_not_depend_on_batch_size_or_order(
    lite0, photos, alone, relative_error, order, cuts
):
    batches = np.split(np.array(order), sorted(cuts))
    features = [lite0([photos[index] for index in batch]).features for batch in batches]
    assert relative_error(np.concatenate(features), alone[order]) < 1e-5


def test_a_broken_image_costs_no_other_its_features(lite0, photos, alone, relative_error):
    gone = UnreadableImageError("vanished: there is no file of this name")
    batch = lite0([b"", photos[0], photos[1][:500], photos[2], gone, b"text", photos[3]])
    assert batch.errors[1] is batch.errors[3] is batch.errors[6] is None
    assert batch.errors[0] == "empty file"
    assert batch.errors[2].startswith("truncated image: ")
    assert batch.errors[4] == str(gone)
    assert batch.errors[5].startswith("not an image: ")
    assert relative_error(batch.features, alone[[0, 2, 3]]) < 1e-5


def test_a_batch_of_only_broken_images_has_only_errors(lite0):
    batch = lite0([b"", b"text", UnreadableImageError("permission denied")])
    assert len(batch.features) == 0
    reasons = [error.split(":")[0] for error in batch.errors]
    assert reasons == ["empty file", "not an image", str(UnreadableImageError("permission denied"))]
    assert lite0([]).errors == []


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_features_that_are_not_finite_are_no_features(lite0, photos, bad):
    """As of weights that a training left after it diverged."""

    def infer(pixels):
        features = np.ones((len(pixels), 3), np.float32)
        features[[0, 2], 1] = bad
        return features

    batch = OpenNetwork(infer, lite0.decoder)([photos[0], b"", photos[1], photos[2], photos[3]])
    np.testing.assert_array_equal(batch.features, np.ones((2, 3)))
    reasons = [error and error.partition(":")[0] for error in batch.errors]
    lost = "features are not finite numbers"
    assert reasons == [lost, "empty file", None, lost, None]


def test_features_of_a_batch_stay_when_the_next_one_is_done(lite0, photos):
    first = lite0(photos[:4]).features
    kept = first.copy()
    lite0(photos[4:8])
    assert (first == kept).all()


def test_decoding_and_inference_are_timed(lite0, photos):
    batch = lite0(photos)
    assert batch.decode_seconds > 0
    assert batch.infer_seconds > 0
    assert min(lite0([b""]).infer_seconds for _ in range(20)) < 0.001  # a core may be away once


def test_bfloat16_keeps_the_direction_of_the_features(featurizer, lite0, photos):
    exact = lite0(photos).features
    rounded = featurizer("efficientnet_lite0", precision="bfloat16").prepare().open(2)
    features = rounded(photos).features
    lengths = np.linalg.norm(exact, axis=1) * np.linalg.norm(features, axis=1)
    assert ((exact * features).sum(axis=1) / lengths).min() > 0.995


def test_pooling_takes_mean_maximum_or_everything(featurizer, photos):
    usual = {"layer": "blocks.0.bn2", "precision": "float32"}
    avg, top, none = (
        featurizer("efficientnet_lite0", pooling=pooling, **usual).prepare().open(2)(photos[:3])
        for pooling in ("avg", "max", "none")
    )
    maps = none.features.reshape(3, 112 * 112, 16)
    np.testing.assert_allclose(avg.features, maps.mean(axis=1), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(top.features, maps.max(axis=1), rtol=1e-4, atol=1e-4)


def test_a_prepared_network_travels_as_a_pickle(featurizer, photos, alone, relative_error):
    prepared = featurizer("efficientnet_lite0", precision="float32").prepare()
    opened = ForkingPickler.loads(ForkingPickler.dumps(prepared)).open(threads=1)
    assert relative_error(opened(photos).features, alone) < 1e-5


def test_a_network_that_was_converted_before_loads_no_tensorflow(lite0):
    code = """
import sys
from pixelmill.featurizers import find_featurizer
from pixelmill.parameters import FeaturizationParameters
chosen = find_featurizer(FeaturizationParameters(precision="float32"))
chosen.describe()
assert not {"tensorflow", "keras"} & set(sys.modules), "describing loads TensorFlow"
chosen.prepare().open(1)
assert not {"tensorflow", "keras"} & set(sys.modules), "the cache was not used"
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "change",
    [
        {"featurizer": "mobilenet"},
        {"layer": "Conv_1"},
        {"pooling": "max"},
        {"weights": "imagenet"},
        {"precision": "bfloat16"},
        {"engine": "tensorflow"},
    ],
)
def test_the_fingerprint_changes_with_all_that_changes_the_numbers(featurizer, change):
    usual = {"featurizer": "mobilenet_v2", "weights": "random", "precision": "float32"}
    assert name_of(featurizer, usual | change) != name_of(featurizer, usual)


def test_the_fingerprint_changes_with_the_content_of_the_weights(featurizer, tmp_path):
    file = tmp_path / "mine.weights.h5"
    names = set()
    for content in (b"one", b"two"):
        file.write_bytes(content)
        names.add(name_of(featurizer, {"featurizer": "resnet50", "weights": str(file)}))
    assert len(names) == 2


def test_the_fingerprint_stays_when_only_the_work_is_divided_otherwise(featurizer):
    usual = {"featurizer": "mobilenet_v2", "weights": "random"}
    other = {"batch_size": 3, "chunk_size": 7, "reads_in_flight": 2, "max_pixels": 1000}
    assert name_of(featurizer, usual | other) == name_of(featurizer, usual)


def test_auto_precision_is_named_by_what_it_becomes(featurizer):
    auto = featurizer("mobilenet_v2", weights="random").describe()
    named = featurizer("mobilenet_v2", weights="random", precision=auto["precision"]).describe()
    assert auto == named


def name_of(featurizer, parameters):
    parameters = dict(parameters)
    return fingerprint(featurizer(parameters.pop("featurizer"), **parameters).describe())
