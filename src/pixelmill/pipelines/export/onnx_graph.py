"""Construction of an ONNX graph, node by node. Source: https://onnx.ai/onnx/operators/."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import ModelProto

OPSET = 18
LEAST_LENGTH = 1e-300  # a row of zeros is divided by this and stays
IR_VERSION = 8  # of 2022: runtimes that are older than the writer read it too


class Graph:
    """Nodes and constants in the order in which they are computed; each result has a name."""

    def __init__(self) -> None:
        """Begin an empty graph."""
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._opsets = {"": OPSET}
        self._names = 0

    def constant(self, value: NDArray[Any]) -> str:
        """Return the name of an array: float64, int64, bool, or of strings."""
        from onnx import numpy_helper

        self._constants.append(numpy_helper.from_array(value, self._name()))
        return str(self._constants[-1].name)

    def add(self, operation: str, *inputs: str, **attributes: Any) -> str:
        """Return the name of the output of a new operation."""
        from onnx import helper

        self._nodes.append(helper.make_node(operation, inputs, [self._name()], **attributes))
        return str(self._nodes[-1].output[0])

    def cast(self, value: str, kind: type) -> str:
        """Return the same numbers of another type."""
        from onnx import helper

        return self.add("Cast", value, to=helper.np_dtype_to_tensor_dtype(np.dtype(kind)))

    def affine(self, value: str, weights: NDArray[Any], intercepts: NDArray[Any]) -> str:
        """Return weighted sums.

        Args:
            value: float64 [n, d].
            weights: float64 [k, d].
            intercepts: float64 [k].

        Returns:
            float64 [n, k].
        """
        product = self.add("MatMul", value, self.constant(np.ascontiguousarray(weights.T)))
        return self.add("Add", product, self.constant(intercepts))

    def graft(self, model: ModelProto, value: str) -> list[str]:
        """Graft a whole model of one input, and return the names of its outputs.

        Args:
            model: Model whose nodes are copied, under new names.
            value: Value that replaces its input.
        """
        from onnx import compose

        own = compose.add_prefix(model, f"{self._name()}/")
        self._nodes += [_identity(value, own.graph.input[0].name), *own.graph.node]
        self._constants += own.graph.initializer
        for opset in own.opset_import:
            known = self._opsets.get(opset.domain, 0)
            self._opsets[opset.domain] = max(known, opset.version)
        return [str(output.name) for output in own.graph.output]

    def model(self, width: int, labels: list[str], scores: str) -> ModelProto:
        """Everything so far as a model.

        Args:
            width: Features of an image.
            labels: Class labels.
            scores: float64 [n, labels].

        Returns:
            Input `features` (float32 [n, width]), outputs `scores` (float32 [n, labels]) and
            `prediction` (string [n]).
        """
        from onnx import TensorProto, helper

        self._nodes.append(_identity(self.cast(scores, np.float32), "scores"))
        best = self.add("ArgMax", scores, axis=1, keepdims=0)
        names = self.constant(np.array(labels, dtype=object))
        self._nodes.append(_identity(self.add("Gather", names, best), "prediction"))
        information = helper.make_tensor_value_info
        graph = helper.make_graph(
            self._nodes,
            "classifier",
            [information("features", TensorProto.FLOAT, ["n", width])],
            [
                information("scores", TensorProto.FLOAT, ["n", len(labels)]),
                information("prediction", TensorProto.STRING, ["n"]),
            ],
            self._constants,
        )
        opsets = [helper.make_opsetid(*opset) for opset in self._opsets.items()]
        return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION)

    def _name(self) -> str:
        self._names += 1
        return f"value_{self._names}"


def _identity(value: str, name: str) -> Any:
    from onnx import helper

    return helper.make_node("Identity", [value], [name])
