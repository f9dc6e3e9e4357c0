"""The plan of a run: the nodes that would run, and why, without running them."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from kedro.io import AbstractDataset, DataCatalog
from kedro.pipeline import Node, Pipeline

from pixelmill.incremental.freshness import ExternalFiles, Freshness
from pixelmill.incremental.order import in_order, pipeline_of
from pixelmill.incremental.reasons import FIRST
from pixelmill.incremental.stored_versions import find_version, places_of


class Planned(NamedTuple):
    """A node that a run would not leave out.

    Attributes:
        pipeline: Name of its pipeline.
        node: Its name.
        reason: Why it would run.
    """

    pipeline: str
    node: str
    reason: str


class RunPlan:
    """Search for the nodes that a run would run.

    Nodes that read external data do so here too; what they find is written to a scratch
    folder, and compared.

    Args:
        pipeline: Nodes of the run.
        catalog: Its datasets.
        external_files: External files of nodes, by the names of the nodes.
        always_run: Names of the nodes that read other external data.
        scratch: Folder for this plan alone.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        catalog: DataCatalog,
        external_files: Mapping[str, ExternalFiles],
        always_run: Iterable[str],
        scratch: Path,
    ) -> None:
        self._nodes = in_order(pipeline)
        self._catalog = catalog
        self._fresh = Freshness(pipeline, catalog, external_files, always_run)
        self._scratch = scratch
        self._anew: set[str] = set()  # datasets that would be written

    @property
    def pipelines(self) -> list[str]:
        """Names of the pipelines, in the order in which they end."""
        return list(dict.fromkeys(map(pipeline_of, reversed(self._nodes))))[::-1]

    def find(self) -> Iterator[Planned]:
        """Yield the nodes that would run and write something new, in the order of work."""
        for node in self._nodes:
            reason = self._look(node) if node.name in self._fresh.always_run else self._why(node)
            if reason is not None:
                self._anew.update(node.outputs)
                if not all(map(self._fresh.is_work_list, node.outputs)):
                    yield Planned(pipeline_of(node), node.name, reason)

    def _why(self, node: Node) -> str | None:
        before = next((name for name in sorted(node.inputs) if name in self._anew), None)
        if before is not None:
            return f"{before} is made again"
        if all(map(self._fresh.is_work_list, node.outputs)):
            return None
        return self._fresh.why_stale(node)

    def _look(self, node: Node) -> str | None:
        """Run a node that reads external data, and compare what it finds."""
        if self._fresh.is_forced or self._fresh.records.find(node.name) is None:
            return self._why(node) or FIRST
        found = node.run({name: self._catalog.load(name) for name in node.inputs})
        changed = [name for name in node.outputs if self._is_new(name, found[name])]
        return f"{changed[0]} is no longer the same" if changed else None

    def _is_new(self, name: str, data: object) -> bool:
        """Return whether data is not what is stored; the plan goes on as if it were."""
        config = dict(self._catalog.config_resolver.config[name])
        place = self._scratch / str(config["filepath"]).rpartition("/")[2]
        trial = AbstractDataset.from_config(name, {**config, "filepath": str(place)})
        trial.save(data)
        version = find_version(places_of(trial) or [])
        known = self._fresh.version_of(name)
        self._fresh.assume(name, version)
        if self._fresh.is_work_list(name):
            return False
        return (known and known.content) != (version and version.content)
