"""Records of earlier runs: inputs and outputs of each node."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from kedro.io import DataCatalog

from pixelmill.incremental.source_code import digest_of
from pixelmill.incremental.stored_versions import StoredVersion
from pixelmill.storage.commit import check_commit

DATASET = "node_records"
_FORM = 1  # of the file; one of another form is forgotten, and everything is done once more


@dataclass(frozen=True)
class NodeState:
    """All that the outputs of a node depend on.

    Attributes:
        parameters: Values as the node sees them, by the names of its inputs.
        inputs: Digest of the content of each other input; "nothing" if there is none.
        external: Digest of the content of the external files that the node reads.
        outputs: Configuration of the datasets that it saves to.
        code: Digests of the modules that it runs, by name.
        libraries: Versions of the libraries that these import.
    """

    parameters: Mapping[str, Any]
    inputs: Mapping[str, str]
    external: str
    outputs: Mapping[str, Any]
    code: Mapping[str, str]
    libraries: Mapping[str, str]


@dataclass(frozen=True)
class NodeRecord:
    """One run of a node.

    Attributes:
        state: What it was run with.
        outputs: Version of each output that is stored; None where the node left nothing there.
        is_unfinished: Whether it would try something again, as an image that could not be read.
    """

    state: NodeState
    outputs: Mapping[str, StoredVersion | None]
    is_unfinished: bool = False


class NodeRecords:
    """The records of a data set, by the names of nodes.

    A record claims: run with this state, the node writes this content. It stays true whatever
    happens later, so that nothing has to be taken back before a node runs, or after a kill. Whether
    the content is still there is looked at when it is needed.

    Attributes:
        imports: What modules import, as of `SourceCode`.

    Args:
        catalog: Has the dataset `node_records`; without it nothing is remembered.
    """

    def __init__(self, catalog: DataCatalog) -> None:
        self._dataset = catalog.get(DATASET)
        content = self._dataset.load() if self._dataset is not None else {}
        self._written = json.dumps(content)
        known = content if content.get("form") == _FORM else {}
        self._modules: dict[str, Mapping[str, str]] = known.get("code", {})
        self._nodes: dict[str, dict[str, Any]] = known.get("nodes", {})
        self.imports: Mapping[str, Sequence[Any]] = known.get("imports", {})

    def __bool__(self) -> bool:
        return bool(self._nodes)

    def find(self, name: str) -> NodeRecord | None:
        """Return the record of a node; None if it has not run yet."""
        stored = self._nodes.get(name)
        if stored is None:
            return None
        state = stored["state"] | {"code": self._modules[stored["state"]["code"]]}
        outputs = {
            output: None if found is None else StoredVersion(*found)
            for output, found in stored["outputs"].items()
        }
        return NodeRecord(NodeState(**state), outputs, stored["is_unfinished"])

    def add(self, name: str, record: NodeRecord) -> None:
        """Add the run of a node, in memory only."""
        stored = asdict(record)
        code = digest_of(repr(sorted(record.state.code.items())).encode())
        self._modules[code] = record.state.code
        stored["state"]["code"] = code
        self._nodes[name] = stored

    def save(self) -> None:
        """Write all records if any has changed.

        Raises:
            InputError: This run may write no more.
        """
        if self._dataset is None:
            return
        used = {stored["state"]["code"] for stored in self._nodes.values()}
        code = {digest: modules for digest, modules in self._modules.items() if digest in used}
        content = {"form": _FORM, "nodes": self._nodes, "code": code, "imports": self.imports}
        written = json.dumps(content)
        if written != self._written:
            check_commit()
            self._dataset.save(content)
            self._written = written
