"""Models of two sides each, together: linear ones as one matrix, others as they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from pixelmill.models import Array, Files, Model, read_arrays, read_model, write_arrays
from pixelmill.models.linear import LinearModel
from pixelmill.models.perceptron import PerceptronModel
from pixelmill.models.sklearn import SklearnModel


class Members(Protocol):
    """Models of two sides each; a positive margin means the second side."""

    def __len__(self) -> int:
        """Return the number of members."""
        ...

    def margins(self, features: Array) -> Array:
        """Return the score of the second side less that of the first.

        Args:
            features: float64 [n, d].

        Returns:
            float64 [n, members].
        """
        ...

    def to_files(self) -> Files:
        """Return the content of the members' files by name."""
        ...


@dataclass(frozen=True, eq=False)
class LinearMembers:
    """Linear models as one matrix, so that one product gives the margins of all.

    Attributes:
        weights: float64 [members, d].
        intercepts: float64 [members].
    """

    weights: Array
    intercepts: Array

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.weights)

    def margins(self, features: Array) -> Array:
        """Return the log odds of members whose scores are probabilities."""
        return features @ self.weights.T + self.intercepts

    def to_files(self) -> Files:
        """Return one file with both arrays."""
        return {"linear.npz": write_arrays(**vars(self))}


@dataclass(frozen=True)
class AnyMembers:
    """Models of any kind, asked one after another.

    Attributes:
        models: Models of two classes each.
    """

    models: tuple[Model, ...]

    def __len__(self) -> int:
        """Return the number of members."""
        return len(self.models)

    def margins(self, features: Array) -> Array:
        """Return the members' margins, a column each."""
        sides = (_sides(model, features) for model in self.models)
        return np.column_stack([values[:, 1] - values[:, 0] for values in sides])

    def to_files(self) -> Files:
        """Return the members' own files behind their numbers, and a list of their kinds."""
        files = {"kinds.npz": write_arrays(kinds=np.array([one.kind for one in self.models]))}
        for number, model in enumerate(self.models):
            own = model.to_files()
            files |= {_prefix(number) + name: content for name, content in own.items()}
        return files


def _sides(model: Model, features: Array) -> Array:
    """Return both sides' log probabilities where a model computes them, otherwise its scores.

    Probabilities of several classes may be 1 but for rounding, and their logarithms still differ.
    """
    if isinstance(model, PerceptronModel):
        return model.margins(features)
    found = model.log_probabilities(features) if isinstance(model, SklearnModel) else None
    return model.scores(features) if found is None else found


def gather(models: Sequence[Model]) -> Members:
    """Gather members from models of two classes each."""
    linear = [model for model in models if isinstance(model, LinearModel)]
    if len(linear) < len(models):
        return AnyMembers(tuple(models))
    weights = np.stack([model.weights[1] - model.weights[0] for model in linear])
    intercepts = np.array([model.intercepts[1] - model.intercepts[0] for model in linear])
    return LinearMembers(weights, intercepts)


def members_from_files(files: Mapping[str, bytes], trusted: bool) -> Members:
    """Return the members that the files hold, among others; `trusted` as in `read_model`."""
    if "linear.npz" in files:
        return LinearMembers(**read_arrays(files["linear.npz"]))
    kinds = [str(kind) for kind in read_arrays(files["kinds.npz"])["kinds"]]
    return AnyMembers(
        tuple(read_model(kind, _own(files, number), trusted) for number, kind in enumerate(kinds))
    )


def _own(files: Mapping[str, bytes], number: int) -> Files:
    prefix = _prefix(number)
    return {
        name.removeprefix(prefix): content
        for name, content in files.items()
        if name.startswith(prefix)
    }


def _prefix(number: int) -> str:
    return f"member-{number:06d}-"
