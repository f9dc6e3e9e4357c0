"""A changed, foreign or broken folder is refused before anything in it is looked into."""

import io
import json
import os
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest
import skops.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from pixelmill import Classifier
from pixelmill.classifier.folder import above, below
from pixelmill.datasets.classifier_folder import ClassifierFolder
from pixelmill.errors import InputError
from pixelmill.models.pairwise import pairwise
from pixelmill.models.sklearn import SklearnModel
from pixelmill.preparation import Preparation
from pixelmill.storage.listed_files import list_files
from pixelmill.storage.sealed_json import sealed_json

FEATURES = np.random.default_rng(0).normal(size=(30, 4))


class Malicious:
    """A pickle of this writes a file when it is read."""

    def __init__(self, trace):
        self._trace = trace

    def __reduce__(self):
        return Path.write_text, (self._trace, "it ran")


@pytest.fixture(scope="module")
def stored(classifier_of_sklearn, tmp_path_factory):
    """A folder with a model of scikit-learn, as bytes by path: every test has its own copy."""
    place = tmp_path_factory.mktemp("stored")
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
def place(stored, tmp_path):
    """A copy of the folder."""
    for path, content in stored.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def the(place, name):
    (found,) = place.rglob(name)
    return found


def put(place, name, content, without=()):
    """Puts another file into the folder and into its manifest, as a stranger who knows how can."""
    manifest = json.loads((place / "manifest.json").read_text())
    path = place / manifest["folder"] / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    files = {one: file for one, file in manifest["files"].items() if one not in without}
    manifest["files"] = files | {name: list_files({name: content})[name].model_dump()}
    (place / "manifest.json").write_bytes(sealed_json(manifest))


def with_pickle(place, content):
    put(place, "model/model.joblib", content, without=["model/model.skops"])


def with_files(place, files):
    """Lists other files in the manifest than there are."""
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["files"] |= files
    (place / "manifest.json").write_bytes(sealed_json(manifest))


def pickle_of(thing):
    buffer = io.BytesIO()
    joblib.dump(thing, buffer)
    return buffer.getvalue()


def test_a_model_of_scikit_learn_comes_back(place, classifier_of_sklearn):
    expected = classifier_of_sklearn.scores(FEATURES)
    np.testing.assert_array_equal(Classifier.load(place).scores(FEATURES), expected)
    np.testing.assert_array_equal(Classifier.load(str(place)).scores(FEATURES), expected)
    assert not list(place.rglob("*.joblib"))


@pytest.fixture
def trace(tmp_path_factory):
    """A file that is there once a malicious pickle has run."""
    return tmp_path_factory.mktemp("traces") / "trace"


def test_a_pickle_runs_only_with_trust_however_right_its_digest_is(place, trace):
    with_pickle(place, pickle_of(Malicious(trace)))
    with pytest.raises(
        InputError, match=r"could run any code here: it is a pickle; .*trusted=true"
    ):
        Classifier.load(place)
    assert not trace.exists()
    Classifier.load(place, trusted=True)
    assert trace.read_text() == "it ran"


def test_a_pickle_of_one_pair_among_many_never_runs(classifier_of_sklearn, tmp_path, trace):
    member = SklearnModel(LogisticRegression().fit(FEATURES, np.arange(30) % 2), 2)
    model = pairwise(3, [(0, 1), (0, 2), (1, 2)], [member] * 3)
    manifest = classifier_of_sklearn.manifest.model_copy(update={"kind": "pairwise"})
    ClassifierFolder(filepath=str(tmp_path)).save(Classifier(manifest, Preparation(4), model))
    np.testing.assert_array_equal(
        Classifier.load(tmp_path).scores(FEATURES), model.scores(FEATURES)
    )
    name = "model/member-000001-model"
    put(tmp_path, f"{name}.joblib", pickle_of(Malicious(trace)), without=[f"{name}.skops"])
    with pytest.raises(InputError, match="it is a pickle"):
        Classifier.load(tmp_path)
    assert not trace.exists()


def test_no_pickle_is_read_where_another_file_was_changed(place, trace):
    with_pickle(place, pickle_of(Malicious(trace)))
    the(place, "preparation.npz").write_bytes(b"changed")
    with pytest.raises(InputError, match=r"was changed: preparation.npz"):
        Classifier.load(place, trusted=True)
    assert not trace.exists()


def test_an_archive_with_a_type_that_is_not_known_needs_trust(place):
    neighbours = KNeighborsClassifier(algorithm="kd_tree").fit(FEATURES, np.arange(30) % 3)
    put(place, "model/model.skops", skops.io.dumps(neighbours))
    with pytest.raises(InputError, match=r"it holds sklearn.*KDTree; .*trusted=True"):
        Classifier.load(place)
    assert Classifier.load(place, trusted=True).model.classes == 3


def test_an_archive_cannot_call_what_it_names(place, trace):
    content = skops.io.dumps(LogisticRegression().fit(FEATURES, np.arange(30) % 3))
    call = {
        "__class__": "methodcaller",
        "__module__": "operator",
        "__loader__": "OperatorFuncNode",
        "attrs": {
            "__class__": "tuple",
            "__module__": "builtins",
            "__loader__": "TupleNode",
            "content": [],
        },
    }
    evil = dict(call, __class__="system", __module__="os", __loader__="ConstructorFromReduceNode")
    evil["content"] = call["attrs"] | {"content": [text_node(f"touch {trace}")]}
    for node in (call, evil):
        put(place, "model/model.skops", with_attribute(content, node))
        with pytest.raises(InputError, match=r"it holds (operator.methodcaller|os.system)"):
            Classifier.load(place)
    assert not trace.exists()


def text_node(text):
    return {
        "__class__": "str",
        "__module__": "builtins",
        "__loader__": "JsonNode",
        "content": json.dumps(text),
    }


def with_attribute(content, node):
    """An archive of skops whose estimator has one more attribute."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "schema.json":
                schema = json.loads(part)
                schema["content"]["content"]["extra"] = node
                part = json.dumps(schema).encode()
            new.writestr(name, part)
    return buffer.getvalue()


def test_a_tree_whose_nodes_lead_out_of_it_or_in_a_circle_is_refused(place):
    fitted = DecisionTreeClassifier(random_state=0).fit(FEATURES, np.arange(30) % 3)
    files = SklearnModel(fitted, 3).to_files()
    put(place, "model/model.skops", files["model.skops"])
    assert Classifier.load(place).model.classes == 3
    for child in (0, 2**40, -7):
        state = fitted.tree_.__getstate__()
        state["nodes"]["left_child"][0] = child
        fitted.tree_.__setstate__(state)
        files = SklearnModel(fitted, 3).to_files()
        put(place, "model/model.skops", files["model.skops"])
        with pytest.raises(InputError, match="cannot be read"):
            Classifier.load(place)


@pytest.mark.parametrize("name", ["preparation.npz", "model/model.skops"])
def test_a_small_archive_that_would_fill_the_memory_is_refused(place, name):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("mean.npy", "w", force_zip64=True) as entry:
            np.lib.format.write_array_header_1_0(
                entry, {"descr": "<f8", "fortran_order": False, "shape": (2**23,)}
            )
            for _ in range(2**6):
                entry.write(bytes(2**20))
        archive.writestr("schema.json", json.dumps({"file": "mean.npy"}))
    assert len(buffer.getvalue()) < 2**20
    put(place, name, buffer.getvalue())
    with pytest.raises(InputError, match="cannot be read"):
        Classifier.load(place)


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
def test_the_folder_of_the_files_lies_in_the_folder_of_the_manifest(place, folder):
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


def test_a_manifest_that_was_formatted_anew_is_the_same(place):
    file = place / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()), sort_keys=True))
    assert Classifier.load(place).manifest.labels


def test_a_classifier_of_an_older_version_is_told(place):
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


def test_a_pickle_of_other_versions_names_what_differs(place):
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["versions"]["scikit-learn"] = "0.1"
    (place / "manifest.json").write_bytes(sealed_json(manifest))
    gone = pickle_of(LogisticRegression()).replace(b"sklearn.linear", b"sklearn.xinear")
    with_pickle(place, gone)
    with pytest.raises(InputError, match=r"scikit-learn 0\.1 then, \d.* now"):
        Classifier.load(place, trusted=True)


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
