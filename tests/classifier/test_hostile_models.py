"""Models that would run code or fill the memory are refused, whatever their digests say."""

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from pixelmill import Classifier
from pixelmill.datasets.classifier_folder import ClassifierFolder
from pixelmill.errors import InputError
from pixelmill.models.linear import LinearModel, binary_margins
from pixelmill.models.one_vs_rest import one_vs_rest
from pixelmill.models.pairwise import pairwise
from pixelmill.models.perceptron import PerceptronModel
from pixelmill.models.sklearn import SklearnModel
from pixelmill.models.trees import TreesModel
from pixelmill.preparation import Preparation
from pixelmill.storage.sealed_json import sealed_json

from .stored_folder import FEATURES, put, the


class Malicious:
    """A pickle of this writes a file when it is read."""

    def __init__(self, trace):
        self._trace = trace

    def __reduce__(self):
        return Path.write_text, (self._trace, "it ran")


def with_pickle(place, content):
    put(place, "model/model.joblib", content, without=["model/model.skops"])


def pickle_of(thing):
    buffer = io.BytesIO()
    joblib.dump(thing, buffer)
    return buffer.getvalue()


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
    with pytest.raises(InputError, match="cannot be read"):  # which is no classifier
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
    import skops.io

    neighbours = KNeighborsClassifier(algorithm="kd_tree").fit(FEATURES, np.arange(30) % 3)
    put(place, "model/model.skops", skops.io.dumps(neighbours))
    with pytest.raises(InputError, match=r"it holds sklearn.*KDTree; .*trusted=True"):
        Classifier.load(place)
    assert Classifier.load(place, trusted=True).model.classes == 3


def test_an_archive_cannot_call_what_it_names(place, trace):
    import skops.io

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


LEAF = np.zeros(1, dtype=np.int64)
TREE = TreesModel(LEAF, LEAF - 1, np.zeros(1), LEAF, LEAF, np.full((1, 3), 1 / 3), np.zeros(4))


@pytest.mark.parametrize(
    "model",
    [
        LinearModel(np.ones((3, 5)), np.zeros(3)),
        LinearModel(np.ones((3, 4)), np.zeros(2)),
        one_vs_rest([binary_margins(np.ones(7), 0.0)] * 3),
        pairwise(3, [(0, 1), (1, 2)], [binary_margins(np.ones(4), 0.0)]),
        pairwise(3, [(0, 5)], [binary_margins(np.ones(4), 0.0)]),
        PerceptronModel([np.ones((2, 4)), np.ones((3, 3))], [np.zeros(2), np.zeros(3)]),
        replace(TREE, roots=LEAF + 9),
        replace(TREE, feature=LEAF + 4),
    ],
)
def test_arrays_that_do_not_fit_together_are_refused(make_classifier, tmp_path, model):
    manifest = make_classifier([]).manifest.model_copy(update={"kind": model.kind, "dimension": 4})
    dataset = ClassifierFolder(filepath=str(tmp_path))
    dataset.save(Classifier(manifest, Preparation(4), TREE))
    for name, content in model.to_files().items():
        put(tmp_path, f"model/{name}", content)
    with pytest.raises(InputError, match="cannot be read with these versions"):
        Classifier.load(tmp_path)


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


def test_a_pickle_of_other_versions_names_what_differs(place):
    manifest = json.loads((place / "manifest.json").read_text())
    manifest["versions"]["scikit-learn"] = "0.1"
    (place / "manifest.json").write_bytes(sealed_json(manifest))
    gone = pickle_of(LogisticRegression()).replace(b"sklearn.linear", b"sklearn.xinear")
    with_pickle(place, gone)
    with pytest.raises(InputError, match=r"scikit-learn 0\.1 then, \d.* now"):
        Classifier.load(place, trusted=True)
