"""Building the one ONNX graph of a table model, node by node."""

from itertools import count
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from contract.triton import IR_VERSION, OPSET

INPUT = "features"
OUTPUT = "probabilities"
ML = "ai.onnx.ml"
ML_OPSET = 3
LARGEST = 1e30
"""What arithmetic inside a graph is clipped to: beyond float32, numbers become infinite, and then none at all."""


class Graph:
    """A graph from `features` float32 [batch, columns] to `probabilities` float32 [batch, labels]."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._numbers = count()

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        """Add a node with one output; returns that output's name."""
        name = f"{operator}_{next(self._numbers)}"
        self._nodes.append(helper.make_node(operator, inputs, [name], name=name, domain=domain, **attributes))
        return name

    def constant(self, values: NDArray[np.generic]) -> str:
        """Add a constant tensor; returns its name."""
        name = f"constant_{next(self._numbers)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def number(self, value: float) -> str:
        """Add a constant float32; returns its name."""
        return self.constant(np.array(value, np.float32))

    def clip(self, tensor: str, largest: float, dtype: type[np.floating[Any]] = np.float32) -> str:
        """Add a clip to ± a number; NaN stays NaN."""
        low, high = (self.constant(np.array(number, dtype)) for number in (-largest, largest))
        return self.add("Clip", tensor, low, high)

    def cast(self, tensor: str, kind: int) -> str:
        """Add a cast to one of ONNX's types."""
        return self.add("Cast", tensor, to=kind)

    def to_bytes(self, probabilities: str, labels: int) -> bytes:
        """The graph whose answer is the tensor of that name, checked by ONNX's own rules."""
        end = helper.make_node("Identity", [probabilities], [OUTPUT], name=OUTPUT)
        graph = helper.make_graph(
            [*self._nodes, end],
            "table",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["batch", self._columns])],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch", labels])],
            self._constants,
        )
        model = helper.make_model(graph, opset_imports=self._opsets(), ir_version=IR_VERSION, producer_name="trireme")
        onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString()

    def _opsets(self) -> list[onnx.OperatorSetIdProto]:
        known = {"": OPSET, ML: ML_OPSET}
        used = {"", *(node.domain for node in self._nodes)}
        return [helper.make_opsetid(domain, known[domain]) for domain in sorted(used)]
