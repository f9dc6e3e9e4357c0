"""Nodes that are up to date: their stored outputs are what they would write again."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from pixelmill.incremental.order import module_of
from pixelmill.incremental.reasons import FIRST, FORCED, UNFINISHED, difference
from pixelmill.incremental.records import DATASET, NodeRecord, NodeRecords, NodeState
from pixelmill.incremental.source_code import SourceCode, digest_of
from pixelmill.incremental.stored_versions import StoredVersion, find_version, places_of
from pixelmill.untrusted_text import shown_url

METADATA = "incremental"
WORK_LIST = "work list"
"""Metadata of a dataset that holds for one run: what is left to do in it."""
EARLIER = "earlier state"
"""Metadata of a dataset that shows what earlier runs left, where it only saves work to look."""
REPLACED = "earlier output"
"""The same where the node that replaces it goes on from it, and other nodes read it as it is."""
PLACES = frozenset({"filepath", "image_index", "labels", "metadata", "credentials"})
"""Entries of a dataset's configuration that say where it is, and not what it holds."""

OWN_PACKAGE = __name__.partition(".")[0]
STORAGE = "<storage>"
NOTHING = "nothing"  # digest of the content of what is not there
ExternalFiles = Callable[[Callable[[str], Any]], Iterable[str]]
"""Given a function that loads a dataset: the files and folders that a node reads by itself."""


class Freshness:
    """Comparison of nodes with the records of their last runs.

    Args:
        pipeline: Nodes of the run.
        catalog: Datasets of the run.
        external_files: External files of nodes, by the names of the nodes.
        always_run: Names of the nodes that read other external data: they run each time, and only
            a changed result has others run. One that has external files is not among them.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        catalog: DataCatalog,
        external_files: Mapping[str, ExternalFiles],
        always_run: Iterable[str],
    ) -> None:
        self.records = NodeRecords(catalog)
        self._catalog = catalog
        self._storage = (_base(catalog.get(DATASET)) or "").partition("/02_intermediate/")[0]
        self._external_files = external_files
        run = {node.name for node in pipeline.nodes}.intersection(always_run)
        self.always_run = frozenset(name for name in run if not self._files_of(name))
        self._producers = {name: node for node in pipeline.nodes for name in node.outputs}
        packages = {module_of(node).partition(".")[0] for node in pipeline.nodes}
        self._code = SourceCode(packages | {OWN_PACKAGE}, self.records.imports)
        self.records.imports = self._code.imports
        self._versions: dict[str, StoredVersion | None] = {}
        self._states: dict[str, NodeState] = {}
        self._keys: dict[str, str] = {}

    @cached_property
    def is_forced(self) -> bool:
        """Whether every node is to run."""
        return bool(self._load("params:run.force"))

    def is_work_list(self, dataset: str) -> bool:
        """Return whether a dataset holds for one run only, and is made when a node takes it."""
        found = self._catalog.get(dataset)
        return found is None or places_of(found) is None or _metadata(found) == WORK_LIST

    def why_stale(self, node: Node) -> str | None:
        """Say why a node has to run; None if its outputs are what it would write again."""
        if self.is_forced:
            return FORCED
        record = self.records.find(node.name)
        if record is None:
            return FIRST
        if reason := difference(record.state, self.state_of(node)):
            return reason
        if record.is_unfinished:
            return UNFINISHED
        return self._missing_output(node, record)

    def _missing_output(self, node: Node, record: NodeRecord) -> str | None:
        for name in filter(self._is_kept, node.outputs):
            before, now = record.outputs.get(name), self.version_of(name, record.outputs.get(name))
            if before is not None and now is None:
                return f"{name} is missing"
            if _content(before) != _content(now):
                return f"{name} is not what it left"
            if before != now and now is not None and not self._catalog.exists(name):
                return f"{name} is not complete"
        return None

    def before(self, node: Node) -> None:
        """Note the state of a node before it runs, which may change what it reads."""
        self._states[node.name] = self.state_of(node)

    def after(self, node: Node) -> None:
        """Record a node that has run to its end."""
        self._forget_versions(node.outputs)
        outputs = {name: self.version_of(name) for name in node.outputs if self._is_kept(name)}
        unfinished = any(map(self._is_unfinished, node.outputs))
        state = self._states.pop(node.name)
        self.records.add(node.name, NodeRecord(state, outputs, unfinished))

    def state_of(self, node: Node) -> NodeState:
        """Return what the outputs of a node depend on."""
        parameters = {name for name in node.inputs if _is_parameter(name)}
        code = self._code_of(node)
        return NodeState(
            {name: self._plain(self._load(name)) for name in sorted(parameters)},
            {name: self._digest_of(name) for name in self._read_by(node) if name not in parameters},
            self._external_of(node),
            {name: self._configuration(name) for name in sorted(node.outputs)},
            code,
            self._code.libraries_of(code),
        )

    def versions_of(self, node: Node) -> dict[str, str]:
        """Return the digest of the content of each output of a node that stays."""
        record = self.records.find(node.name)
        known = {} if record is None else record.outputs
        kept = filter(self._is_kept, node.outputs)
        return {name: _content(self.version_of(name, known.get(name))) for name in kept}

    def version_of(self, name: str, known: StoredVersion | None = None) -> StoredVersion | None:
        """Return the version of a stored dataset; None if there is nothing."""
        if name not in self._versions:
            places = places_of(self._catalog[name]) or []
            self._versions[name] = find_version(places, known)
        return self._versions[name]

    def assume(self, name: str, version: StoredVersion | None) -> None:
        """Assume that a dataset is stored in this version."""
        self._keys.clear()
        self._versions[name] = version

    def _read_by(self, node: Node) -> list[str]:
        """Return the inputs that change what a node writes, without its own earlier outputs."""
        written = {_base(self._catalog.get(name)) for name in node.outputs if self._is_kept(name)}
        found = {name: self._catalog.get(name) for name in sorted(set(node.inputs))}
        return [
            name
            for name, dataset in found.items()
            if _metadata(dataset) != EARLIER
            and not (_metadata(dataset) == REPLACED and _base(dataset) in written)
        ]

    def _digest_of(self, name: str) -> str:
        producer = self._producers.get(name)
        if (
            producer is not None
            and self.is_work_list(name)
            and producer.name not in self.always_run
        ):
            return self._key_of(producer)
        return _content(self.version_of(name))

    def _key_of(self, node: Node) -> str:
        """Return a digest of the state of a node, for outputs whose content is not stored."""
        if node.name not in self._keys:
            self._keys[node.name] = digest_of(repr(self.state_of(node)).encode())
        return self._keys[node.name]

    def _code_of(self, node: Node) -> dict[str, str]:
        kinds = [type(self._catalog.get(name)) for name in node.outputs if self._is_kept(name)]
        modules = {module_of(node), *(kind.__module__ for kind in kinds)}
        found = (self._code.modules_of(module).items() for module in sorted(modules))
        return {name: digest for part in found for name, digest in part}

    def _external_of(self, node: Node) -> str:
        return _content(find_version(self._files_of(node.name)))

    def _files_of(self, node: str) -> list[str]:
        find_places = self._external_files.get(node)
        return [] if find_places is None else list(find_places(self._load))

    def _is_kept(self, name: str) -> bool:
        return not self.is_work_list(name)

    def _is_unfinished(self, name: str) -> bool:
        ask = getattr(self._catalog.get(name), "is_unfinished", None)
        return bool(ask and ask())

    def _forget_versions(self, written: Iterable[str]) -> None:
        """Forget versions of datasets in, above or below the places that were written."""
        self._keys.clear()
        places = [base for name in written if (base := _base(self._catalog.get(name)))]
        for name in [*self._versions]:
            own = _base(self._catalog.get(name))
            if own and any(_overlap(own, place) for place in places):
                del self._versions[name]

    def _configuration(self, name: str) -> Any:
        """Return the configuration of a dataset without its place."""
        found = self._catalog.config_resolver.config.get(name) or {}
        return self._plain({key: value for key, value in found.items() if key not in PLACES})

    def _plain(self, value: Any) -> Any:
        """Return a value as JSON.

        The storage is replaced by a word, so that a copy of it is up to date, and what a URL may
        keep secret by a digest.
        """
        if isinstance(value, BaseModel):
            return self._plain(value.model_dump(mode="json"))
        if isinstance(value, dict):
            return {str(name): self._plain(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._plain(one) for one in value]
        if isinstance(value, str):
            return self._plain_text(value)
        return to_jsonable_python(value, fallback=repr)

    def _plain_text(self, text: str) -> str:
        if self._storage and text.startswith(f"{self._storage}/"):
            return STORAGE + text.removeprefix(self._storage)
        if "://" in text and (shown := shown_url(text)) != text:
            return f"{shown} ({digest_of(text.encode())})"
        return text

    def _load(self, name: str) -> Any:
        dataset = self._catalog.get(name)
        return None if dataset is None else dataset.load()


def _is_parameter(name: str) -> bool:
    return name == "parameters" or name.startswith("params:")


def _metadata(dataset: Any) -> str | None:
    found = getattr(dataset, "metadata", None) or {}
    return found.get(METADATA)


def _base(dataset: Any) -> str | None:
    place = None if dataset is None else dataset._describe().get("filepath")
    return None if place is None else str(place)


def _overlap(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _content(version: StoredVersion | None) -> str:
    return NOTHING if version is None else version.content
