"""The manifest of an index, `manifest.json` of its folder."""

from importlib import metadata as installed
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from pixelmill.parameters import NeighboursParameters
from pixelmill.storage.listed_files import ListedFile

FORMAT = 4  # 4: vectors and components have files of their own
LARGEST_DIMENSION = 2**24
# A search may look at more or fewer candidates than the last one; the graph is the same.
OF_THE_GRAPH = ("metric", "precision", "components", "connectivity", "expansion_add")


def versions() -> dict[str, str]:
    """Return the versions of what an index depends on."""
    return {name: installed.version(name) for name in ("pixelmill", "usearch", "numpy")}


class ChunkCount(BaseModel):
    """What was found in a chunk of the features.

    Attributes:
        images: Number of images that the index took.
        unusable: Number of images without a usable vector: they are in no list of neighbours.
    """

    model_config = ConfigDict(frozen=True)

    images: int
    unusable: int


class Recall(BaseModel):
    """How many of the true nearest neighbours the index finds.

    Attributes:
        share: Recall@k, 0 to 1: the share of the exact nearest neighbours, by the stored vectors,
            that the index returns.
        k: Number of neighbours of each query, without the query itself.
        queries: Number of query images, a random sample of the index.
        images: Number of images of the index when recall was measured.
        changes: Number of vectors added and removed before that.
    """

    model_config = ConfigDict(frozen=True)

    share: float
    k: int
    queries: int
    images: int
    changes: int


class Update(BaseModel):
    """What the last run did.

    Attributes:
        added: Images, changed ones among them.
        removed: Images, changed ones among them.
        rebuilt: Reason why all was computed again; null if it was not, or nothing was there.
        seconds: Duration in seconds.
    """

    model_config = ConfigDict(frozen=True)

    added: int = 0
    removed: int = 0
    rebuilt: str | None = None
    seconds: float = 0.0


class Manifest(BaseModel):
    """What an index is, readable by anybody.

    Attributes:
        format: Version of the folder's format.
        featurizer: Description of the features: `fingerprint`, and `parts`, as a classifier's
            manifest has them, so that a new image is featurized in the same way.
        parameters: Index parameters.
        dimension: Dimension of a vector; 0 for an empty index.
        count: Images.
        root: Folder or URI that the paths are relative to; null if unknown.
        chunks: Chunks of the features, by name.
        next_key: Key of the next vector; no key is given twice.
        dead: Vectors that were removed since the index was built.
        recall: Measured recall; null if there are too few images.
        update: The last one.
        versions: Versions of the Python packages that it was made with.
        rows: Name of the file of the images.
        vectors: Name of the file of their vectors; null where there is none.
        graph: Name of the file of the graph; null where every vector is compared.
        components: Name of the file of the components that the graph was built on; null without
            a graph.
        fitted: Key of the first image that came after these components were fitted.
        files: Size and SHA-256 of each of these files.
    """

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    featurizer: dict[str, Any]
    parameters: NeighboursParameters
    dimension: Annotated[int, Field(ge=0, le=LARGEST_DIMENSION)] = 0
    count: Annotated[int, Field(ge=0)] = 0
    root: str | None = None
    chunks: dict[str, ChunkCount] = Field(default_factory=dict)
    next_key: int = 0
    dead: int = 0
    recall: Recall | None = None
    update: Update = Update()
    versions: dict[str, str] = Field(default_factory=versions)
    rows: str = ""
    vectors: str | None = None
    graph: str | None = None
    components: str | None = None
    fitted: int = 0
    files: dict[str, ListedFile] = Field(default_factory=dict)

    @property
    def changes(self) -> int:
        """Vectors that were added and removed since the index was built."""
        return self.next_key + self.dead

    @property
    def parts(self) -> list[str]:
        """Names of the files that the index consists of."""
        every = (self.rows, self.vectors, self.graph, self.components)
        return [name for name in every if name is not None]

    @property
    def unusable(self) -> int:
        """Images whose features have no distance to others."""
        return sum(chunk.unusable for chunk in self.chunks.values())
