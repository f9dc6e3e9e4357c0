"""What pipelines pass to one another as JSON: the keys of each record and the types of its values.

They are dictionaries with declared keys and no models: one node of this package writes each of
them, in the types that are declared here, and files of earlier versions lack what came later.
A record all of whose keys may be missing is empty where there is nothing to report.
"""

from pixelmill.records.classifier import (
    ChosenEstimator,
    ClassifierSummary,
    ClassRates,
    FeatureImportance,
    LabellingSummary,
    MeasuredClassifier,
    PairMistake,
)
from pixelmill.records.features import (
    ClassDistributions,
    ClassMeans,
    ClusterProfile,
    Correlation,
    FeatureExploration,
    FeatureStatistics,
    IndexSummary,
    JoinedFeaturizer,
    Profile,
    ProfileFinding,
    SlowestTask,
)
from pixelmill.records.images import (
    ClassBalance,
    Collection,
    DatesTaken,
    DuplicatesSummary,
    ExplorationSummary,
    FailureSummary,
    Source,
    StoredUrlList,
    UrlListFacts,
)
from pixelmill.records.maps import (
    Cluster,
    FittedGrouping,
    FittedProjection,
    Grouping,
    MapSummary,
    NeighbourAgreement,
    Projection,
    Reduction,
)
from pixelmill.records.metrics import (
    Averages,
    Calibration,
    CalibrationBin,
    ImageTotals,
    Metrics,
    Scores,
)

__all__ = [
    "Averages",
    "Calibration",
    "CalibrationBin",
    "ChosenEstimator",
    "ClassBalance",
    "ClassDistributions",
    "ClassMeans",
    "ClassRates",
    "ClassifierSummary",
    "Cluster",
    "ClusterProfile",
    "Collection",
    "Correlation",
    "DatesTaken",
    "DuplicatesSummary",
    "ExplorationSummary",
    "FailureSummary",
    "FeatureExploration",
    "FeatureImportance",
    "FeatureStatistics",
    "FittedGrouping",
    "FittedProjection",
    "Grouping",
    "ImageTotals",
    "IndexSummary",
    "JoinedFeaturizer",
    "LabellingSummary",
    "MapSummary",
    "MeasuredClassifier",
    "Metrics",
    "NeighbourAgreement",
    "PairMistake",
    "Profile",
    "ProfileFinding",
    "Projection",
    "Reduction",
    "Scores",
    "SlowestTask",
    "Source",
    "StoredUrlList",
    "UrlListFacts",
]
