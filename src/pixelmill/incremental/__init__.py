"""Runs that do only what is stale: records of earlier runs, and a runner that reads them."""

from pixelmill.incremental.freshness import Outside
from pixelmill.incremental.planning import Planned, RunPlan
from pixelmill.incremental.records import DATASET, NodeRecords
from pixelmill.incremental.runner import IncrementalRunner

__all__ = ["DATASET", "IncrementalRunner", "NodeRecords", "Outside", "Planned", "RunPlan"]
