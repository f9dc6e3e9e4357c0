"""The index of nearest neighbours, and what is asked of it."""

from typing import Annotated, Literal

from pydantic import Field

from pixelmill.parameters._base import Parameters


class NeighboursParameters(Parameters):
    """The index.

    Attributes:
        enabled: Whether it is built.
        metric: Of the distance between two vectors.
        precision: Of the numbers that the index keeps of each vector.
        connectivity: Links of a vector in the graph of the index (HNSW's M).
        expansion_add: Candidates that are looked at where a vector is added (efConstruction).
        expansion_search: Candidates that are looked at in a search (ef).
    """

    enabled: bool = True
    metric: Literal["cosine", "euclidean"] = "cosine"
    precision: Literal["float32", "float16", "bfloat16", "int8"] = "float16"
    connectivity: Annotated[int, Field(ge=2, le=256)] = 16
    expansion_add: Annotated[int, Field(ge=4, le=4096)] = 128
    expansion_search: Annotated[int, Field(ge=1, le=4096)] = 64


class SearchParameters(Parameters):
    """A search for the images most like one.

    Attributes:
        k: How many neighbours.
        exact: Whether every vector is compared, in the place of the index.
    """

    k: Annotated[int, Field(ge=1, le=1000)] = 10
    exact: bool = False
