"""Parameters of the neighbour index and of searches."""

from typing import Annotated, Literal

from pydantic import Field

from pixelmill.parameters._base import Parameters


class NeighboursParameters(Parameters):
    """The index.

    Attributes:
        enabled: Whether it is built.
        metric: Distance metric.
        precision: Number format in which the index keeps the vectors.
        exact_limit: Number of images up to which a query is compared with every vector; above it
            a graph is built, which leads to the nearest.
        components: Principal components of the vectors that the graph is built on.
        connectivity: Links of a vector in the graph (HNSW's M).
        expansion_add: Candidates that are looked at where a vector is added (efConstruction).
        expansion_search: Candidates that are looked at in a search (ef).
        threads: Number of threads that add vectors to the graph beyond the first 10,000, which one
            thread adds; null uses all cores. With 1 the same features in the same order make the
            same index, bit for bit.
    """

    enabled: bool = True
    metric: Literal["cosine", "euclidean"] = "cosine"
    precision: Literal["float32", "float16"] = "float16"
    exact_limit: Annotated[int, Field(ge=0)] = 5000
    components: Annotated[int, Field(ge=1, le=4096)] = 256
    connectivity: Annotated[int, Field(ge=2, le=256)] = 16
    expansion_add: Annotated[int, Field(ge=4, le=4096)] = 128
    expansion_search: Annotated[int, Field(ge=1, le=4096)] = 128
    threads: Annotated[int, Field(ge=1, le=256)] | None = None


class SearchParameters(Parameters):
    """A search for the images most like one.

    Attributes:
        k: Number of neighbours.
        exact: Whether every vector is compared, rather than those that the graph leads to.
    """

    k: Annotated[int, Field(ge=1, le=1000)] = 10
    exact: bool = False
