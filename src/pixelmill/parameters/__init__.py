"""Typed parameters of all pipelines: unknown or impossible values fail before any work.

`conf/base/parameters` holds the values, and each of its files has a module of the same name here;
single values such as `images` are in `project`. Kedro turns them into these models because the
nodes' signatures name them.
"""

from pixelmill.parameters._base import Count, Long, Parameters
from pixelmill.parameters.collection import CollectionParameters, DownloadsParameters
from pixelmill.parameters.duplicates import DuplicatesParameters
from pixelmill.parameters.exploration import (
    BlurParameters,
    CheckParameters,
    ExplorationParameters,
    LabelErrorParameters,
    OutlierParameters,
)
from pixelmill.parameters.featurization import FeaturizationParameters
from pixelmill.parameters.ingestion import IngestionParameters
from pixelmill.parameters.mapping import (
    AUTO_ORIGINALS,
    GroupingParameters,
    MapPageParameters,
    MappingParameters,
    MosaicParameters,
    ProjectionParameters,
    Style,
)
from pixelmill.parameters.modelling import (
    GridParameters,
    GridPoint,
    ModellingParameters,
    PreparationParameters,
)
from pixelmill.parameters.neighbours import NeighboursParameters, SearchParameters
from pixelmill.parameters.project import ProjectParameters
from pixelmill.parameters.reporting import ReportingParameters
from pixelmill.parameters.run import RunParameters
from pixelmill.parameters.serving import ServingParameters
from pixelmill.parameters.spark import S3Parameters, SparkParameters
from pixelmill.parameters.splitting import SplittingParameters

__all__ = [
    "AUTO_ORIGINALS",
    "BlurParameters",
    "CheckParameters",
    "CollectionParameters",
    "Count",
    "DownloadsParameters",
    "DuplicatesParameters",
    "ExplorationParameters",
    "FeaturizationParameters",
    "GridParameters",
    "GridPoint",
    "GroupingParameters",
    "IngestionParameters",
    "LabelErrorParameters",
    "Long",
    "MapPageParameters",
    "MappingParameters",
    "ModellingParameters",
    "MosaicParameters",
    "NeighboursParameters",
    "OutlierParameters",
    "Parameters",
    "PreparationParameters",
    "ProjectParameters",
    "ProjectionParameters",
    "ReportingParameters",
    "RunParameters",
    "S3Parameters",
    "SearchParameters",
    "ServingParameters",
    "SparkParameters",
    "SplittingParameters",
    "Style",
]
