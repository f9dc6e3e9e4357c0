"""One-vs-rest: a model for each class against all others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pixelmill.models import Array, Files, Model
from pixelmill.models._members import Members, gather, members_from_files


@dataclass(frozen=True)
class OneVsRestModel:
    """The class whose model is surest wins.

    Attributes:
        members: The classes' models, in their order.
    """

    members: Members

    kind = "one_vs_rest"
    probabilities = False

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.members)

    def margins(self, features: Array) -> Array:
        """Return how surely images are of each class.

        Args:
            features: float64 [n, d].

        Returns:
            float64 [n, classes]; positive means that the image is of the class.
        """
        return self.members.margins(features)

    def scores(self, features: Array) -> Array:
        """Return the margins: float64 [n, classes] of float64 [n, d]."""
        return self.margins(features)

    def to_files(self) -> Files:
        """Return the content of the model's files by name."""
        return self.members.to_files()


def one_vs_rest(models: Sequence[Model]) -> Model:
    """Return a model of all classes out of one for each, with the class as its positive side."""
    return OneVsRestModel(gather(models))


def from_files(files: Mapping[str, bytes], trusted: bool = False) -> OneVsRestModel:
    """Return the model of which these are the files."""
    return OneVsRestModel(members_from_files(files, trusted))
