"""A changed, foreign or broken folder is refused before anything in it is looked into."""

import json
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixelmill import Classifier
from pixelmill.classifier.folder import above, below
from pixelmill.errors import InputError
from pixelmill.storage.sealed_json import sealed_json

from .stored_folder import FEATURES, put, the


def with_files(place, files):
    """Lists other files in the manifest than there are."""
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["files"] |= files
    (place / "manifest.json").write_bytes(sealed_json(manifest))


def test_a_model_of_scikit_learn_comes_back(place, classifier_of_sklearn):
    expected = classifier_of_sklearn.scores(FEATURES)
    np.testing.assert_array_equal(Classifier.load(place).scores(FEATURES), expected)
    np.testing.assert_array_equal(Classifier.load(str(place)).scores(FEATURES), expected)
    assert not list(place.rglob("*.joblib"))


OUTSIDE = [
    "/dev/zero", "../secret", "model/../../secret", "./preparation.npz", "model//x", "",
    "..", "C:\\x", "a\\b", "a\0b", "model/", "\u202egnp.a/..",
]  # fmt: skip


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_name_that_leads_out_of_the_folder_is_refused(place, name):
    (place / "secret").write_bytes(b"mine")
    with_files(place, {name: {"size": 4, "sha256": "0" * 64}})
    with pytest.raises(
        InputError, match=r"was changed: the manifest names .*no file in its folder"
    ):
        Classifier.load(place)


@pytest.mark.parametrize("folder", ["..", "/etc", "a/../..", "/dev"])
def test_the_folder_of_the_files_is_in_the_folder_of_the_manifest(place, folder):
    manifest = json.loads((place / "manifest.json").read_text()) | {"folder": folder}
    (place / "manifest.json").write_bytes(sealed_json(manifest))
    with pytest.raises(InputError, match="no file in its folder"):
        Classifier.load(place)


def test_links_pipes_and_other_sizes_are_refused_before_anything_is_read(place, tmp_path_factory):
    file = the(place, "preparation.npz")
    content = file.read_bytes()
    outside = tmp_path_factory.mktemp("outside") / "file"
    outside.write_bytes(content)
    file.unlink()
    file.symlink_to(outside)
    with pytest.raises(InputError, match="is a link that leads out of the folder"):
        Classifier.load(place)
    for target in ("/dev/zero", file):
        file.unlink()
        file.symlink_to(target)
        with pytest.raises(InputError, match=r"leads out of the folder|is missing"):
            Classifier.load(place)
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(InputError, match="is no regular file"):
        Classifier.load(place)
    file.unlink()
    with file.open("wb") as large:
        large.truncate(2**40)
    with pytest.raises(InputError, match=r"has 1,099,511,627,776 bytes, not"):
        Classifier.load(place)
    with_files(place, {"preparation.npz": {"size": 2**40, "sha256": "0" * 64}})
    with pytest.raises(InputError, match="over half of the memory here"):
        Classifier.load(place)


def test_a_manifest_that_is_a_pipe_or_endless_is_refused(place):
    file = place / "manifest.json"
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(InputError, match=r"manifest\.json is no regular file"):
        Classifier.load(place)
    file.unlink()
    with file.open("wb") as large:
        large.truncate(2**40)
    with pytest.raises(InputError, match="too many for a manifest"):
        Classifier.load(place)


def test_a_digest_pins_one_classifier(place):
    digest = json.loads((place / "manifest.json").read_text())["digest"]
    assert Classifier.load(place, sha256=digest.upper()).manifest.labels
    with_files(place, {})
    assert Classifier.load(place, sha256=digest).manifest.labels
    put(place, "more.txt", b"")
    with pytest.raises(InputError, match=rf"another than the one .*not {digest}; nothing of it"):
        Classifier.load(place, sha256=digest)
    with pytest.raises(InputError, match=r"sha256 is 'abc': give the 64 hexadecimal digits"):
        Classifier.load(place, sha256="abc")


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


def test_a_reformatted_manifest_is_the_same(place):
    file = place / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()), sort_keys=True))
    assert Classifier.load(place).manifest.labels


def test_a_classifier_of_an_older_version_is_reported(place):
    file = place / "manifest.json"
    manifest = json.loads(file.read_text())
    del manifest["digest"]
    file.write_text(json.dumps(manifest | {"format": 2}))
    with pytest.raises(InputError, match=r"has format 2, and this version .* reads 4: install"):
        Classifier.load(place)


@pytest.mark.parametrize("name", ["model.skops", "arrays.npz", "preparation.npz"])
def test_a_missing_file_is_named(place, name):
    the(place, name).unlink()
    with pytest.raises(InputError, match=f"was changed: .*{name} is missing.*make it again"):
        Classifier.load(place)


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        (lambda found: found | {"format": 99}, "has format 99, and this version"),
        (lambda found: found | {"format": "4"}, "has format 4, and this version"),
        (lambda _: {"labels": []}, "manifest.json is damaged"),
        (lambda found: found | {"labels": 5}, "manifest.json is damaged"),
        (lambda _: [], "manifest.json is damaged"),
        (lambda found: found | {"kind": "quantum"}, "of the kind 'quantum'"),
        (lambda found: found | {"kind": "linear"}, "cannot be read with these versions"),
        (lambda found: found | {"files": {}}, "cannot be read with these versions"),
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


@pytest.mark.parametrize("name", ["", "nowhere", "nowhere/at all"])
def test_a_folder_without_a_classifier_is_reported(tmp_path, name):
    with pytest.raises(InputError, match=r"there is no classifier in .*manifest.json"):
        Classifier.load(tmp_path / name)


def test_an_empty_bucket_and_a_missing_one_are_reported(s3):
    with pytest.raises(InputError, match="there is no classifier in s3://photos/models"):
        Classifier.load("s3://photos/models")
    with pytest.raises(InputError, match="no such bucket"):
        Classifier.load("s3://nowhere/models")


@given(st.dictionaries(st.text(min_size=1), st.binary(), max_size=4))
@settings(deadline=None)
def test_what_is_put_into_a_folder_is_found_there(files):
    assert below({"other": b"", **above("model", files)}, "model") == files
