"""Incremental runs: records of earlier runs, and a runner that leaves out what is up to date."""

from pixelmill.incremental.freshness import ExternalFiles
from pixelmill.incremental.planning import Planned, RunPlan
from pixelmill.incremental.records import DATASET, NodeRecords
from pixelmill.incremental.runner import IncrementalRunner

__all__ = ["DATASET", "ExternalFiles", "IncrementalRunner", "NodeRecords", "Planned", "RunPlan"]
