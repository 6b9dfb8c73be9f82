"""How a dynamically quantised ONNX graph becomes float32 again: which nodes fall together, and the weights; pure.

Three patterns are known, by operators and data flow, never by names. Weights are constants of the graph:

- `DynamicQuantizeLinear(x)`, `MatMulInteger(., W)`, `Cast`, `Mul` by the product of both scales: `MatMul(x, W')`.
- `Gather(W, i)`, `DequantizeLinear`: `Gather(W', i)`.
- `DequantizeLinear(W)`: the constant `W'`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

QUANTISED: Final = frozenset({"DynamicQuantizeLinear", "DequantizeLinear", "QuantizeLinear", "MatMulInteger"})
"""Operators that must be gone from the result."""


class Node(Protocol):
    """What is read of a node; `onnx.NodeProto` is one. An absent optional input is an empty name."""

    @property
    def op_type(self) -> str: ...
    @property
    def input(self) -> Sequence[str]: ...
    @property
    def output(self) -> Sequence[str]: ...
    @property
    def attribute(self) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class Weight:
    """Names of a quantised constant, its scale and its zero point (empty: 0)."""

    values: str
    scale: str
    zero_point: str = ""


@dataclass(frozen=True, slots=True)
class Fold:
    """One float32 operation in the place of a pattern: `op` of `reads` and the weight writes the tensor `writes`.

    `at` is the node of the pattern whose attributes hold for it, too.
    """

    op: Literal["MatMul", "Gather", "Constant"]
    reads: tuple[str, ...]
    weight: Weight
    writes: str
    at: Node


class Graph:
    """Nodes by what they write and who reads it."""

    def __init__(self, nodes: Sequence[Node], constants: Collection[str]) -> None:
        self.nodes = nodes
        self.constants = constants
        self.writer = {name: node for node in nodes for name in node.output if name}
        self._readers: dict[str, list[Node]] = {}
        for node in nodes:
            for name in node.input:
                self._readers.setdefault(name, []).append(node)

    def reader(self, name: str, op: str) -> Node | None:
        """Returns the only reader of a tensor if it is of this operator."""
        readers = self._readers.get(name, [])
        return readers[0] if len(readers) == 1 and readers[0].op_type == op else None

    def written_by(self, name: str, op: str) -> Node | None:
        """Returns the node that writes a tensor if it is of this operator."""
        node = self.writer.get(name)
        return node if node is not None and node.op_type == op else None


def folds(nodes: Sequence[Node], constants: Collection[str]) -> dict[str, Fold]:
    """Finds every pattern; returns the float32 operations by the tensors that they write.

    Args:
        nodes: the nodes of the graph.
        constants: names of its constant tensors.
    """
    graph = Graph(nodes, constants)
    return {fold.writes: fold for fold in _found(graph)}


def _found(graph: Graph) -> Iterator[Fold]:
    for node in graph.nodes:
        if node.op_type == "MatMulInteger":
            fold = _product(graph, node)
        elif node.op_type == "DequantizeLinear":
            fold = _table(graph, node)
        else:
            fold = None
        if fold is not None:
            yield fold


def _product(graph: Graph, node: Node) -> Fold | None:
    quantised = graph.written_by(node.input[0], "DynamicQuantizeLinear")
    cast = graph.reader(node.output[0], "Cast")
    scaled = graph.reader(cast.output[0], "Mul") if cast is not None else None
    if quantised is None or cast is None or scaled is None or node.input[1] not in graph.constants:
        return None
    scales = graph.written_by(_other(scaled, cast.output[0]), "Mul")
    if scales is None or quantised.output[1] not in scales.input:
        return None
    scale = _other(scales, quantised.output[1])
    if scale not in graph.constants:
        return None
    zero_point = node.input[3] if len(node.input) > 3 else ""
    return Fold("MatMul", (quantised.input[0],), Weight(node.input[1], scale, zero_point), scaled.output[0], node)


def _table(graph: Graph, node: Node) -> Fold | None:
    values, scale, *rest = node.input
    zero_point = rest[0] if rest else ""
    if values in graph.constants:
        return Fold("Constant", (), Weight(values, scale, zero_point), node.output[0], node)
    gather = graph.written_by(values, "Gather")
    if gather is None or gather.input[0] not in graph.constants:
        return None
    return Fold("Gather", (gather.input[1],), Weight(gather.input[0], scale, zero_point), node.output[0], gather)


def _other(node: Node, name: str) -> str:
    first, second = node.input
    return second if first == name else first


def live(nodes: Sequence[Node], replaced: Mapping[str, Fold], outputs: Collection[str]) -> set[str]:
    """Returns every tensor that the outputs need once the folds stand in the place of their patterns."""
    writer = {name: node for node in nodes for name in node.output if name}
    needed: set[str] = set()
    waiting = list(outputs)
    while waiting:
        name = waiting.pop()
        if not name or name in needed:
            continue
        needed.add(name)
        if name in replaced:
            waiting += replaced[name].reads
        elif name in writer:
            waiting += writer[name].input
    return needed


def dequantised(
    values: NDArray[Any], scale: NDArray[Any], zero_point: NDArray[Any] | None, axis: int = -1
) -> NDArray[np.float32]:
    """Returns (values - zero point) x scale.

    Args:
        values: integers of any shape.
        scale: one for all (a scalar or one element), or one for each index of `axis`.
        zero_point: likewise; None is 0.
        axis: the axis of the scales.

    >>> dequantised(np.array([[128, 130]], np.uint8), np.array([1.0, 0.5]), np.array([128, 128], np.uint8))
    array([[0., 1.]], dtype=float32)
    """
    shape = [1] * values.ndim
    if scale.size > 1:
        shape[axis] = scale.size
    zero = np.zeros(1, np.int32) if zero_point is None else zero_point.astype(np.int32)
    shifted = values.astype(np.int32) - zero.reshape(shape if zero.size > 1 else [1] * values.ndim)
    return (shifted * scale.astype(np.float64).reshape(shape)).astype(np.float32)
