"""Runs that do only what is stale: records of earlier runs, and a runner that reads them."""

from pixelmill.incremental.freshness import Freshness, Outside
from pixelmill.incremental.records import DATASET, NodeRecords
from pixelmill.incremental.runner import IncrementalRunner

__all__ = ["DATASET", "Freshness", "IncrementalRunner", "NodeRecords", "Outside"]
