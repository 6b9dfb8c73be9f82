"""The ONNX graph of a small model: how it is opened, and whether its inputs and outputs are such as can be served."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import onnxruntime

from streams.core.bert_heads import ModelOutput

NEEDED: Final = ("input_ids", "attention_mask")
KNOWN: Final = (*NEEDED, "token_type_ids")
LOGITS: Final = "logits"

_DTYPES: Final = {"tensor(int64)": "int64", "tensor(int32)": "int32"}


def open_session(path: Path, *, threads: int) -> onnxruntime.InferenceSession:
    """Opens a graph on the processor; it may be run from several threads at once.

    Raises:
        Exception: one of onnxruntime's, which have no common base: the file is no model.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4  # what it would say of an error on standard error, the exception says
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def graph_inputs(session: onnxruntime.InferenceSession) -> tuple[dict[str, str], list[str]]:
    """Returns the integer type of each input, and what is wrong with them.

    `input_ids` and `attention_mask` are needed, `token_type_ids` is optional, all of shape (batch, length), both free.
    """
    nodes = {node.name: node for node in session.get_inputs()}
    complaints = [f"it has no input {name}" for name in NEEDED if name not in nodes]
    complaints += [f"it has an input that nothing fills: {name}" for name in nodes if name not in KNOWN]
    found: dict[str, str] = {}
    for name in (name for name in KNOWN if name in nodes):
        kind, shape = nodes[name].type, nodes[name].shape
        if kind not in _DTYPES:
            complaints.append(f"its input {name} is a {kind}, neither of int64 nor of int32")
        if len(shape) != 2 or any(isinstance(size, int) for size in shape):
            complaints.append(f"its input {name} has the shape {shape}: export it with dynamic batch and length")
        found[name] = _DTYPES.get(kind, "")
    return found, complaints


def graph_outputs(
    session: onnxruntime.InferenceSession, expected: tuple[ModelOutput, ...]
) -> tuple[tuple[ModelOutput, ...], list[str]]:
    """Returns the expected outputs with the names that the graph has, in whatever order, and what is wrong with them.

    An output without a name is `logits`, else the graph's only one. Others that the graph has are left alone.
    """
    nodes = {node.name: node for node in session.get_outputs()}
    named: list[ModelOutput] = []
    complaints: list[str] = []
    for output in expected:
        name = output.name or _only(nodes)
        if name is None or name not in nodes:
            complaints.append(f"it has no output {output.name or LOGITS}, but {', '.join(nodes)}")
            continue
        n_classes = nodes[name].shape[-1] if nodes[name].shape else None
        if isinstance(n_classes, int) and n_classes != output.n_classes:
            complaints.append(f"its output {name} has {n_classes} classes, not the {output.n_classes} of the labels")
        named.append(replace(output, name=name))
    return tuple(named), complaints


def _only(nodes: Mapping[str, Any]) -> str | None:
    if LOGITS in nodes:
        return LOGITS
    return next(iter(nodes)) if len(nodes) == 1 else None
