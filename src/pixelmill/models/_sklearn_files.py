"""A scikit-learn classifier as a file of values and type names, without code.

skops writes an estimator as a ZIP archive of JSON and arrays. It makes only objects of types that
are named here or that it trusts itself, which are scikit-learn's estimators and numpy's types. What
skops cannot write is a pickle, which runs whatever is in it.

Source: https://skops.readthedocs.io/en/stable/persistence.html
"""

from __future__ import annotations

import copy
import io
import json
import re
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from pickle import PicklingError
from typing import Any

from pixelmill.models import Files, UntrustedError
from pixelmill.models._sklearn_checks import check_classifier, estimators_in

SKOPS = "model.skops"
PICKLE = "model.joblib"
SCHEMA = "schema.json"
# Parts of scikit-learn's own classifiers. Nodes of trees are checked as they are read.
TRUSTED = (
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.RBF",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.tree._tree.Tree",
)
# What skops raises of an object that it cannot write.
UNWRITABLE = (
    TypeError,
    ValueError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    PicklingError,
)
# What zipfile, zlib and skops raise of an archive that skops did not write, but for ValueErrors.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    NotImplementedError,
    RecursionError,
    RuntimeError,
    SyntaxError,
    TypeError,
    tokenize.TokenError,
)
SHOWN = 3  # names in a sentence
# An archive may hold this many times its own size: trees shrink to a tenth at the most.
LARGEST_RATIO = 32
SMALL = 2**24  # bytes
FIRST_TIME = (1980, 1, 1, 0, 0, 0)  # of a ZIP archive: the same model is the same bytes


def write_classifier(classifier: Any) -> Files:
    """Return a fitted classifier as the content of one file, deterministically, by its name.

    Args:
        classifier: Classifier of scikit-learn, or with its interface.
    """
    import skops.io

    try:
        content = skops.io.dumps(_without_search_trees(classifier))
        is_safe = not _unknown_types(content)
    except UNWRITABLE:
        is_safe = False
    return {SKOPS: _canonical(content)} if is_safe else {PICKLE: _pickled(classifier)}


def read_classifier(files: Mapping[str, bytes], trusted: bool) -> Any:
    """Return the classifier that `write_classifier` wrote.

    Args:
        files: The content of the file by its name.
        trusted: Whether a pickle is read, and an archive that names types unknown here.

    Raises:
        UntrustedError: The file needs trust that it does not have.
        ValueError: The file is damaged, or holds what no fit of scikit-learn leaves.
    """
    if SKOPS not in files:
        if not trusted:
            raise UntrustedError("it is a pickle")
        return _unpickled(files[PICKLE])
    return _read_archive(files[SKOPS], trusted)


def _unknown_types(content: bytes) -> list[str]:
    import skops.io

    return sorted(set(skops.io.get_untrusted_types(data=content)).difference(TRUSTED))


def _read_archive(content: bytes, trusted: bool) -> Any:
    import skops.io
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        _check_size(content)
        unknown = _unknown_types(content) if trusted else []
        classifier = skops.io.loads(content, trusted=[*TRUSTED, *unknown])
        if not trusted:
            check_classifier(classifier)
        return _with_search_trees(classifier)
    except UntrustedTypesFoundException as problem:
        raise UntrustedError(f"it holds {_shown(_unknown_types(content))}") from problem
    except DAMAGED as error:
        raise ValueError("it is no archive of skops, or a damaged one") from error


def _canonical(content: bytes) -> bytes:
    """Return the same archive, compressed, with names in the order of their use.

    skops names arrays by their addresses, and an archive has the time in it: a classifier that is
    trained again would have another digest.
    """
    files: dict[str, str] = {}
    ids: dict[int, int] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        schema = json.loads(archive.read(SCHEMA))
        for node in _nodes(schema):
            if "__id__" in node:
                node["__id__"] = ids.setdefault(node["__id__"], len(ids) + 1)
            if isinstance(old := node.get("file"), str):
                node["file"] = files.setdefault(old, f"{len(files)}{PurePath(old).suffix}")
        parts = {new: archive.read(old) for old, new in files.items()}
    return _archive({SCHEMA: json.dumps(schema).encode(), **parts})


def _archive(parts: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        for name, part in parts.items():
            entry = zipfile.ZipInfo(name, FIRST_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, part)
    return buffer.getvalue()


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects of a JSON value, each before those in it."""
    waiting = [schema]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting += reversed(list(value.values()))
        elif isinstance(value, list):
            waiting += reversed(value)


def _check_size(content: bytes) -> None:
    """Refuse an archive that takes many times its size: skops reads an array at each mention."""
    limit = LARGEST_RATIO * len(content) + SMALL
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
        if sizes.get(SCHEMA, 0) <= limit:
            mentions = (node.get("file") for node in _nodes(json.loads(archive.read(SCHEMA))))
            total = sum(sizes.get(name, 0) for name in mentions if isinstance(name, str))
            if total <= limit:
                return
    raise ValueError(f"it would take more than {limit:,} bytes")


def _without_search_trees(classifier: Any) -> Any:
    """Return a copy without the trees of nearest neighbours."""
    trees = [one._tree for one in _neighbours(classifier) if one._tree is not None]
    return copy.deepcopy(classifier, {id(tree): None for tree in trees}) if trees else classifier


def _with_search_trees(classifier: Any) -> Any:
    """Return the same with these trees built again: one of a file could lead anywhere in memory."""
    from sklearn.neighbors import BallTree, KDTree

    kinds = {"kd_tree": KDTree, "ball_tree": BallTree}
    for one in _neighbours(classifier):
        if one._fit_method in kinds and one._tree is None:
            measured = {"metric": one.effective_metric_, **one.effective_metric_params_}
            one._tree = kinds[one._fit_method](one._fit_X, one.leaf_size, **measured)
    return classifier


def _neighbours(classifier: Any) -> list[Any]:
    from sklearn.neighbors._base import NeighborsBase

    return [one for one in estimators_in(classifier) if isinstance(one, NeighborsBase)]


def _pickled(classifier: Any) -> bytes:
    import joblib

    buffer = io.BytesIO()
    joblib.dump(classifier, buffer, compress=3)
    return buffer.getvalue()


def _unpickled(content: bytes) -> Any:
    import joblib

    return joblib.load(io.BytesIO(content))


def _shown(types: list[str]) -> str:
    """Return the first names; one that no Python type has is left out of a sentence."""
    proper = [name for name in types if re.fullmatch(r"[\w.]{1,100}", name, re.ASCII)]
    return ", ".join(proper[:SHOWN]) + (" and other types" * (len(types) > len(proper[:SHOWN])))
