"""Parameters of the neighbour index and of searches."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pixelmill.parameters._base import Parameters


class NeighboursParameters(Parameters):
    """The index.

    Attributes:
        enabled: Whether it is built.
        metric: Distance metric.
        precision: Number format in which the index keeps the vectors.
        connectivity: Links of a vector in the graph of the index (HNSW's M).
        expansion_add: Candidates that are looked at where a vector is added (efConstruction).
        expansion_search: Candidates that are looked at in a search (ef).
        threads: Number of threads that add vectors beyond the first 10,000, which one thread adds;
            null uses all cores. With 1 the same features in the same order make the same index,
            bit for bit.
    """

    enabled: bool = True
    metric: Literal["cosine", "euclidean"] = "cosine"
    precision: Literal["float32", "float16", "bfloat16", "int8"] = "float16"
    connectivity: Annotated[int, Field(ge=2, le=256)] = 16
    expansion_add: Annotated[int, Field(ge=4, le=4096)] = 128
    expansion_search: Annotated[int, Field(ge=1, le=4096)] = 64
    threads: Annotated[int, Field(ge=1, le=256)] | None = None

    @model_validator(mode="after")
    def _int8_has_its_scale(self) -> "NeighboursParameters":
        if self.precision == "int8" and self.metric != "cosine":
            raise ValueError("precision: int8 needs metric: cosine")
        return self


class SearchParameters(Parameters):
    """A search for the images most like one.

    Attributes:
        k: Number of neighbours.
        exact: Whether every vector is compared, in the place of the index.
    """

    k: Annotated[int, Field(ge=1, le=1000)] = 10
    exact: bool = False
