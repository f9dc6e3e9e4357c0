"""A changed, foreign or broken folder is refused before anything in it is looked into."""

import hashlib
import io
import json
from pathlib import Path

import joblib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from pixelmill import Classifier
from pixelmill.classifier.folder import above, below
from pixelmill.datasets.classifier_folder import ClassifierFolder
from pixelmill.errors import InputError
from pixelmill.models.sklearn import SklearnModel
from pixelmill.preparation import Preparation
from pixelmill.storage.sealed_json import sealed_json

FEATURES = np.random.default_rng(0).normal(size=(30, 4))


class Malicious:
    """A pickle of this writes a file when it is read."""

    def __init__(self, trace):
        self._trace = trace

    def __reduce__(self):
        return Path.write_text, (self._trace, "it ran")


@pytest.fixture(scope="module")
def pickled(classifier_of_sklearn, tmp_path_factory):
    """A folder with a pickle in it, as bytes by path, so that every test has its own copy."""
    place = tmp_path_factory.mktemp("pickled")
    ClassifierFolder(filepath=str(place)).save(classifier_of_sklearn)
    return {
        path.relative_to(place): path.read_bytes() for path in place.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="module")
def classifier_of_sklearn(make_classifier):
    """A classifier of scikit-learn on four features."""
    fitted = LogisticRegression().fit(FEATURES, np.arange(30) % 3)
    update = {"kind": "sklearn", "dimension": 4}
    manifest = make_classifier([]).manifest.model_copy(update=update)
    return Classifier(manifest, Preparation(4), SklearnModel(fitted, 3))


@pytest.fixture
def place(pickled, tmp_path):
    """A copy of the folder."""
    for path, content in pickled.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def the(place, name):
    (found,) = place.rglob(name)
    return found


def with_pickle(place, content):
    """Puts another pickle into the folder and its digest into the manifest."""
    the(place, "model.joblib").write_bytes(content)
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["digests"]["model/model.joblib"] = hashlib.sha256(content).hexdigest()
    (place / "manifest.json").write_bytes(sealed_json(manifest))


def pickle_of(thing):
    buffer = io.BytesIO()
    joblib.dump(thing, buffer)
    return buffer.getvalue()


def test_a_pickle_of_scikit_learn_comes_back(place, classifier_of_sklearn):
    expected = classifier_of_sklearn.scores(FEATURES)
    np.testing.assert_array_equal(Classifier.load(place).scores(FEATURES), expected)
    np.testing.assert_array_equal(Classifier.load(str(place)).scores(FEATURES), expected)


def test_a_pickle_that_the_manifest_does_not_know_never_runs(place, tmp_path_factory):
    trace = tmp_path_factory.mktemp("traces") / "trace"
    content = pickle_of(Malicious(trace))
    joblib.load(io.BytesIO(content))  # this is what it does where somebody reads it
    assert trace.read_text() == "it ran"
    trace.unlink()
    the(place, "model.joblib").write_bytes(content)
    with pytest.raises(InputError, match=r"was changed: model/model.joblib is not what manifest"):
        Classifier.load(place)
    assert not trace.exists()


def test_no_pickle_is_read_where_another_file_was_changed(place, tmp_path_factory):
    trace = tmp_path_factory.mktemp("traces") / "trace"
    with_pickle(place, pickle_of(Malicious(trace)))
    the(place, "preparation.npz").write_bytes(b"changed")
    with pytest.raises(InputError, match=r"was changed: preparation.npz"):
        Classifier.load(place)
    assert not trace.exists()


@given(st.data())
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_one_flipped_bit_anywhere_is_seen(place, data):
    files = [path for path in place.rglob("*") if path.is_file()]
    path = data.draw(st.sampled_from(sorted(files)))
    whole = path.read_bytes()
    position = data.draw(st.integers(0, 8 * len(whole) - 1))
    flipped = bytearray(whole)
    flipped[position // 8] ^= 1 << position % 8
    path.write_bytes(flipped)
    try:
        with pytest.raises(InputError, match=r"was changed|is damaged|has format"):
            Classifier.load(place)
    finally:
        path.write_bytes(whole)


def values_of(found, place=()):
    """The place of every value in a JSON object, however deep."""
    for name, value in found.items() if isinstance(found, dict) else enumerate(found):
        yield (*place, name)
        if isinstance(value, dict | list):
            yield from values_of(value, (*place, name))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=5,
)


@given(st.data())
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_other_value_in_the_manifest_is_seen(place, data):
    file = place / "manifest.json"
    whole = file.read_bytes()
    manifest = json.loads(whole)
    *above_it, name = data.draw(st.sampled_from(list(values_of(manifest))))
    parent = manifest
    for part in above_it:
        parent = parent[part]
    parent[name] = data.draw(
        JSON.filter(lambda value: json.dumps(value) != json.dumps(parent[name]))
    )
    file.write_text(json.dumps(manifest))
    try:
        with pytest.raises(InputError, match=r"was changed|is damaged|has format"):
            Classifier.load(place)
    finally:
        file.write_bytes(whole)


def test_reversed_labels_are_refused(place):
    file = place / "manifest.json"
    manifest = json.loads(file.read_text())
    file.write_text(json.dumps(manifest | {"labels": manifest["labels"][::-1]}))
    with pytest.raises(InputError, match=r"was changed: the values in manifest.json are not"):
        Classifier.load(place)


def test_a_manifest_that_was_formatted_anew_is_the_same(place):
    file = place / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()), sort_keys=True))
    assert Classifier.load(place).manifest.labels


def test_a_classifier_of_an_older_version_is_told(place):
    file = place / "manifest.json"
    manifest = json.loads(file.read_text())
    del manifest["digest"]
    file.write_text(json.dumps(manifest | {"format": 2}))
    with pytest.raises(InputError, match=r"has format 2, and this version .* reads 3: install"):
        Classifier.load(place)


@pytest.mark.parametrize("name", ["model.joblib", "arrays.npz", "preparation.npz"])
def test_a_missing_file_is_named(place, name):
    the(place, name).unlink()
    with pytest.raises(InputError, match=f"was changed: .*{name} is missing.*make it again"):
        Classifier.load(place)


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        (lambda found: found | {"format": 99}, "has format 99, and this version"),
        (lambda found: found | {"format": "3"}, "has format 3, and this version"),
        (lambda _: {"labels": []}, "manifest.json is damaged"),
        (lambda found: found | {"labels": 5}, "manifest.json is damaged"),
        (lambda _: [], "manifest.json is damaged"),
        (lambda found: found | {"kind": "quantum"}, "of the kind 'quantum'"),
        (lambda found: found | {"kind": "linear"}, "cannot be read with these versions"),
        (lambda found: found | {"digests": {}}, "cannot be read with these versions"),
    ],
)
def test_a_manifest_that_cannot_be_used_says_why(place, change, answer):
    file = place / "manifest.json"
    changed = change(json.loads(file.read_text()))
    file.write_bytes(
        sealed_json(changed) if isinstance(changed, dict) else json.dumps(changed).encode()
    )
    with pytest.raises(InputError, match=answer):
        Classifier.load(place)


@pytest.mark.parametrize("change", [lambda text: text[:50], lambda _: "[" * 200_000])
def test_a_manifest_that_is_no_json_is_damaged(place, change):
    file = place / "manifest.json"
    file.write_text(change(file.read_text()))
    with pytest.raises(InputError, match=r"manifest.json is damaged: make it again"):
        Classifier.load(place)


def test_a_pickle_of_other_versions_names_what_differs(place):
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["versions"]["scikit-learn"] = "0.1"
    (place / "manifest.json").write_bytes(sealed_json(manifest))
    gone = pickle_of(LogisticRegression()).replace(b"sklearn.linear", b"sklearn.xinear")
    with_pickle(place, gone)
    with pytest.raises(InputError, match=r"scikit-learn 0\.1 then, \d.* now"):
        Classifier.load(place)


@pytest.mark.parametrize("name", ["", "nowhere", "nowhere/at all"])
def test_a_folder_without_a_classifier_is_told(tmp_path, name):
    with pytest.raises(InputError, match=r"there is no classifier in .*manifest.json"):
        Classifier.load(tmp_path / name)


def test_an_empty_bucket_and_a_missing_one_are_told(s3):
    with pytest.raises(InputError, match="there is no classifier in s3://photos/models"):
        Classifier.load("s3://photos/models")
    with pytest.raises(InputError, match="no such bucket"):
        Classifier.load("s3://nowhere/models")


@given(st.dictionaries(st.text(min_size=1), st.binary(), max_size=4))
@settings(deadline=None)
def test_what_is_put_into_a_folder_is_found_there(files):
    assert below({"other": b"", **above("model", files)}, "model") == files
