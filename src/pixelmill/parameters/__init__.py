"""The parameters of every pipeline, typed: an unknown or impossible value fails before any work.

`conf/base/parameters` holds the values; Kedro turns them into these models because the nodes'
signatures name them.
"""

from pixelmill.parameters._base import Count, Parameters
from pixelmill.parameters.collection import CollectionParameters, DownloadsParameters
from pixelmill.parameters.duplicates import DuplicatesParameters
from pixelmill.parameters.exploration import (
    BlurParameters,
    CheckParameters,
    ExplorationParameters,
    LabelErrorParameters,
    OutlierParameters,
)
from pixelmill.parameters.images import (
    FeaturizationParameters,
    IngestionParameters,
    SplittingParameters,
)
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
from pixelmill.parameters.running import (
    ReportingParameters,
    RunParameters,
    S3Parameters,
    SparkParameters,
)
from pixelmill.parameters.serving import ServingParameters

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
