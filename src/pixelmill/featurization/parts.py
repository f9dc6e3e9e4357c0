"""The featurizers of a run: descriptions, and the parameters that make them again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError

from pixelmill.datasets.feature_sets import FeatureSet
from pixelmill.errors import InputError
from pixelmill.featurizers import Description, Featurizer, find_featurizer, fingerprint
from pixelmill.featurizers.contracts import LIMITS, name_of
from pixelmill.parameters import FeaturizationParameters

# With these a classifier opens the same featurizer again.
REOPENING = {"featurizer", "layer", "pooling", "weights", "engine", "precision", *LIMITS}
# How the work is divided and what is refused is a run's; what changes the numbers is the part's.
HOW = {"batch_size", "chunk_size", "reads_in_flight", *LIMITS}
FINGERPRINT = re.compile("[0-9a-f]{16}")


class Part(NamedTuple):
    """One of several featurizers.

    Attributes:
        description: Featurizer description, with its `fingerprint`.
        parameters: Parameters that compute it again, with the limits and chunk size of this run.
    """

    description: Description
    parameters: FeaturizationParameters

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the featurizer."""
        return str(self.description["fingerprint"])


def describe_featurizer(featurization: FeaturizationParameters) -> Description:
    """Return what changes the numbers of a feature, and its hash.

    The network is also built unless an earlier run left it in the cache: weights that do not fit
    are refused before any work, and Spark starts meanwhile.

    Args:
        featurization: Network, layer, pooling, weights, engine and precision.

    Returns:
        The featurizer's description with its `fingerprint`, and the `parameters` that made it.

    Raises:
        InputError: For an unknown network or layer, or weights that are not there or do not fit.
    """
    featurizer = find_featurizer(featurization)
    description = described(featurizer, featurization)
    featurizer.prepare()
    return description


def described(featurizer: Featurizer, featurization: FeaturizationParameters) -> Description:
    """Return the same of a featurizer that was found already; nothing is built.

    Args:
        featurizer: Made by these parameters.
        featurization: Network, layer, pooling, weights, engine and precision.
    """
    description = featurizer.describe()
    used = featurization.model_dump(include=REOPENING)
    used["precision"] = description.get("precision", featurization.precision)
    return {"fingerprint": fingerprint(description), **description, "parameters": used}


def signature_part(featurization: FeaturizationParameters) -> Part:
    """Return the featurizer of the signatures that near-duplicates are found by.

    Args:
        featurization: Featurization parameters; batch and chunk size and the limits are used.
    """
    return _with_defaults("picture_signature", featurization)


def checks_part(featurization: FeaturizationParameters) -> Part:
    """Return the featurizer of the checks that faulty images are found by.

    Args:
        featurization: Featurization parameters; batch and chunk size and the limits are used.
    """
    return _with_defaults("picture_checks", featurization)


def _with_defaults(name: str, featurization: FeaturizationParameters) -> Part:
    shared = featurization.model_dump(include=HOW)
    parameters = FeaturizationParameters(featurizer=name, **shared)
    return Part(describe_featurizer(parameters), parameters)


def check_names(names: Sequence[str]) -> None:
    """Refuse names that no featurizer has, before any work.

    Args:
        names: Names of featurizers, or fingerprints, which only the stored features resolve.

    Raises:
        InputError: For a name that is neither.
    """
    for name in names:
        if FINGERPRINT.fullmatch(name):
            continue
        try:
            find_featurizer(FeaturizationParameters(featurizer=name))
        except InputError as problem:
            raise InputError(f"modelling.features: {problem}") from problem


def find_parts(
    names: Sequence[str],
    current: Description,
    stored: Sequence[FeatureSet],
    featurization: FeaturizationParameters,
) -> list[Part]:
    """Return the featurizers of these names except the current one.

    A featurizer with stored features is opened with the parameters that made them, any other with
    its default layer, pooling and weights.

    Args:
        names: Names of featurizers, or fingerprints of stored features.
        current: Description of the current featurizer.
        stored: What there is, complete or not.
        featurization: Limits, and how the work is divided.

    Raises:
        InputError: For a name that no featurizer has, or that several sets of features have.
    """
    others = [name for name in names if name not in (name_of(current), current["fingerprint"])]
    return [_find(name, stored, featurization) for name in dict.fromkeys(others)]


def is_made_here(description: Description) -> bool:
    """Return whether this version of the code makes the same features again, as far as is known.

    Args:
        description: Description of stored features; early versions do not name the featurizer.
    """
    if "parameters" not in description:
        return True
    try:
        again = _part(description["parameters"], FeaturizationParameters())
    except InputError:
        return False
    return again.fingerprint == str(description["fingerprint"])


def _find(name: str, stored: Sequence[FeatureSet], featurization: FeaturizationParameters) -> Part:
    found = {}
    for one in stored:
        made_by = one.description.get("parameters")
        if name in (one.name, one.fingerprint) and made_by is not None:
            part = _part(made_by, featurization)
            found[part.fingerprint] = part
    if len(found) > 1:
        raise InputError(several(name, list(found)))
    if not found:
        how = featurization.model_dump(include=HOW | {"engine", "precision"})
        return _part({"featurizer": name} | how, featurization)
    (part,) = found.values()
    if name not in (name_of(part.description), part.fingerprint):
        raise InputError(
            f"modelling.features: the features {name} were made by an earlier version of "
            f"{name_of(part.description)}, which this one cannot go on with: name the featurizer "
            "instead, and its features are computed again"
        )
    return part


def several(name: str, fingerprints: Sequence[str]) -> str:
    """Return the message about an ambiguous name."""
    marks = " or ".join(fingerprints)
    return f"modelling.features: there are several '{name}': name one of {marks}"


def _part(made_by: dict[str, Any], featurization: FeaturizationParameters) -> Part:
    """Return the featurizer of some parameters, with the limits of this run."""
    how = featurization.model_dump(include=HOW)
    try:
        parameters = FeaturizationParameters.model_validate(made_by | how)
        return Part(described(find_featurizer(parameters), parameters), parameters)
    except ValidationError as problem:
        raise InputError(
            "modelling.features: the stored features of "
            f"{made_by.get('featurizer')} were made by another version of pixelmill "
            f"({problem.errors()[0]['msg']}): remove their folder to have them computed again"
        ) from problem
    except InputError as problem:
        raise InputError(f"modelling.features: {problem}") from problem
