"""All parameters of a run."""

from typing import Annotated

from pydantic import Field, model_validator

from pixelmill.parameters._base import Parameters, matching
from pixelmill.parameters.collection import CollectionParameters
from pixelmill.parameters.duplicates import DuplicatesParameters
from pixelmill.parameters.exploration import ExplorationParameters
from pixelmill.parameters.featurization import FeaturizationParameters
from pixelmill.parameters.ingestion import IngestionParameters
from pixelmill.parameters.mapping import MappingParameters
from pixelmill.parameters.modelling import ModellingParameters
from pixelmill.parameters.neighbours import NeighboursParameters, SearchParameters
from pixelmill.parameters.reporting import ReportingParameters
from pixelmill.parameters.run import RunParameters
from pixelmill.parameters.serving import ServingParameters
from pixelmill.parameters.spark import S3Parameters, SparkParameters
from pixelmill.parameters.splitting import SplittingParameters

DataSetName = Annotated[
    str,
    matching(r"\w[\w.-]*", "a name of letters, digits, '_', '-' and '.', without a space or '/'"),
]
Digest = Annotated[str, matching(r"[0-9a-fA-F]{64}", "a SHA-256 of 64 hexadecimal digits")]


class ProjectParameters(Parameters):
    """All parameters of a run, as `conf/base/parameters` and `--params` give them.

    Attributes:
        dataset: Names the place of everything made of one data set.
        images: A folder, a glob, an S3 URI or a table; null is the embedded sample.
        model: Folder of an exported classifier (pipeline `prediction`).
        model_sha256: Digest that the manifest of this model must have; null takes any.
        trusted: Whether the author of the model is trusted to run code here, as a pickle does.
        query: The image whose neighbours are looked for (pipeline `search`).
    """

    dataset: DataSetName
    images: str | None
    collection: CollectionParameters = Field(default_factory=CollectionParameters)
    ingestion: IngestionParameters
    splitting: SplittingParameters
    featurization: FeaturizationParameters
    modelling: ModellingParameters
    model: str | None = None
    model_sha256: Digest | None = None
    trusted: bool = False
    mapping: MappingParameters = Field(default_factory=MappingParameters)
    neighbours: NeighboursParameters = Field(default_factory=NeighboursParameters)
    duplicates: DuplicatesParameters = Field(default_factory=DuplicatesParameters)
    exploration: ExplorationParameters = Field(default_factory=ExplorationParameters)
    query: str | None = None
    search: SearchParameters = Field(default_factory=SearchParameters)
    reporting: ReportingParameters
    run: RunParameters = Field(default_factory=RunParameters)
    serving: ServingParameters = Field(default_factory=ServingParameters)
    spark: SparkParameters
    s3: S3Parameters = Field(default_factory=S3Parameters)

    @model_validator(mode="after")
    def _collection_is_named_once(self) -> "ProjectParameters":
        """Refuse two values for what is one parameter."""
        for name, value in self.ingestion.downloads.model_dump(exclude_none=True).items():
            own = getattr(self.collection, name)
            default = CollectionParameters.model_fields[name].default
            if name != "folder" and own not in (default, value):
                raise ValueError(
                    f"ingestion.downloads.{name} is {value!r}, but collection.{name}, its name "
                    f"now, is {own!r}: leave ingestion.downloads.{name} out"
                )
        return self
