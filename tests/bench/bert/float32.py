"""Writes our int8 model as the float32 model that it stands for: `python tests/bench/bert/float32.py FOLDER TARGET`.

The shipped file alone is read: weights go back by their scales, activations are quantised no more; outliers stay parted
from the rest (models/outliers.py), at a few percent of the time. TARGET becomes a model folder like FOLDER, with
`architecture.json` for the peers beside it. Runs in the environment of the peers.
"""

import hashlib
import json
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from tests.bench.bert.folds import QUANTISED, Fold, Weight, dequantised, folds, live


def undo(model: ModelProto) -> None:
    """Replaces every quantised operation of the graph by its float32 form, in place.

    Raises:
        ValueError: an operation has a form that folds.py does not know.
    """
    graph = model.graph
    constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    found = folds(graph.node, constants.keys())
    needed = live(graph.node, found, [output.name for output in graph.output])
    kept: list[NodeProto] = []
    weights: dict[str, NDArray[Any]] = {}
    for node in graph.node:
        fold = found.get(node.output[0])
        if not needed.intersection(node.output):
            continue
        kept += [node] if fold is None else _float32(fold, constants, weights)
    if left := sorted({node.op_type for node in kept} & QUANTISED):
        raise ValueError(f"the graph has {', '.join(left)} in a form that tests/bench/bert/folds.py does not know")
    read = {name for node in kept for name in node.input}
    weights |= {name: value for name, value in constants.items() if name in read}
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(kept)
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in weights.items())
    onnx.checker.check_model(model)


def _float32(fold: Fold, constants: Mapping[str, NDArray[Any]], weights: dict[str, NDArray[Any]]) -> list[NodeProto]:
    """Puts the fold's weight among `weights`; returns the node that reads it, none for a constant."""
    attributes = {one.name: helper.get_attribute_value(one) for one in fold.at.attribute}
    if fold.op == "Constant":
        weights[fold.writes] = _value(fold.weight, constants, attributes.get("axis", 1))
        return []
    name = f"{fold.weight.values}_{fold.weight.scale}_float32"
    weights[name] = _value(fold.weight, constants, -1)
    if fold.op == "MatMul":
        return [helper.make_node("MatMul", [*fold.reads, name], [fold.writes])]
    if constants[fold.weight.scale].size > 1:
        raise ValueError("a gathered table has more than one scale")
    return [helper.make_node("Gather", [name, *fold.reads], [fold.writes], **attributes)]


def _value(weight: Weight, constants: Mapping[str, NDArray[Any]], axis: int) -> NDArray[np.float32]:
    zero_point = constants[weight.zero_point] if weight.zero_point else None
    return dequantised(constants[weight.values], constants[weight.scale], zero_point, axis)


def architecture(model: ModelProto) -> dict[str, int]:
    """Reads the sizes of the encoder off its float32 graph, by the names that transformers' BertConfig has.

    Raises:
        ValueError: there is no table of embeddings, or no attention with a softmax.
    """
    shapes = {one.name: tuple(one.dims) for one in model.graph.initializer}
    tables = [shapes[node.input[0]] for node in model.graph.node if _reads_matrix(node, 0, shapes, "Gather")]
    matrices = [shapes[node.input[1]] for node in model.graph.node if _reads_matrix(node, 1, shapes, "MatMul")]
    softmaxes = [node for node in model.graph.node if node.op_type == "Softmax"]
    if not tables or not softmaxes:
        raise ValueError("the graph is no BERT encoder: it has no table of embeddings, or no softmax")
    vocabulary, width = max(tables)
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "num_hidden_layers": len(softmaxes),
        "num_attention_heads": _n_heads(model, softmaxes[0].output[0]),
        "intermediate_size": max(max(shape) for shape in matrices),
    }


def _reads_matrix(node: NodeProto, place: int, shapes: Mapping[str, Sequence[int]], op: str) -> bool:
    return node.op_type == op and len(shapes.get(node.input[place], ())) == 2


def _n_heads(model: ModelProto, attention: str) -> int:
    """Runs one token (the reference evaluator's GatherElements fails on more).

    Attention weights have the shape (tweets, heads, tokens, tokens).
    """
    probe = ModelProto()
    probe.CopyFrom(model)
    probe.graph.output.append(helper.make_tensor_value_info(attention, onnx.TensorProto.FLOAT, None))
    tokens = {one.name: np.ones((1, 1), np.int64) for one in model.graph.input}
    (weights,) = ReferenceEvaluator(probe).run([attention], tokens)
    return int(weights.shape[1])


def main() -> None:
    """Writes the folder."""
    source, target = map(Path, sys.argv[1:])
    target.mkdir(parents=True, exist_ok=True)
    model = onnx.load(source / "model.onnx")
    undo(model)
    onnx.save(model, target / "model.onnx")
    shutil.copy(source / "tokenizer.json", target / "tokenizer.json")
    config = json.loads((source / "config.json").read_text())
    config["version"] += " in float32"
    config["sha256"]["model.onnx"] = hashlib.sha256((target / "model.onnx").read_bytes()).hexdigest()
    (target / "config.json").write_text(json.dumps(config))
    (target / "architecture.json").write_text(json.dumps(architecture(model)))


if __name__ == "__main__":
    main()
