"""From the trained network to the folder that ships: ONNX, int8, tokenizer and configuration."""

import hashlib
import json
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer

from models.network import INPUTS, ThreeHeads, padded, with_attention
from models.outliers import EXACT, Parted, parted
from models.rows import Logits
from streams.core.bert_heads import HEADS
from streams.providers.onnx_bert import runs_of

Temperatures = dict[str, float]
"""Head -> the divisor of its logits."""


def to_onnx(network: ThreeHeads, path: Path) -> None:
    """Writes the network, its attention `eager`, as float32 ONNX with dynamic batch and length.

    The outputs are named after the heads.
    """
    ids = torch.randint(10, 1_000, (2, 17))
    mask = torch.ones_like(ids)
    mask[1, 10:] = 0
    axes = {name: {0: "batch", 1: "length"} for name in INPUTS} | {head: {0: "batch"} for head in HEADS}
    with warnings.catch_warnings():
        # The exporter of TorchScript says that it is the old one: it gives the faster graph.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (ids, mask), str(path), input_names=list(INPUTS), output_names=list(HEADS), dynamic_axes=axes,
            opset_version=17, dynamo=False,
        )  # fmt: skip


def to_int8(network: ThreeHeads, probes: Sequence[list[int]], target: Path) -> None:
    """Writes the network as ONNX with int8 weights, one scale per output channel; activations follow while running.

    The outliers among the activations stay in float32; `probes` are the ids of some hundreds of tweets that show
    where.

    Raises:
        ValueError: the exported graph does not have all the multiplications that must stay exact.
    """
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "float32.onnx"
        plain = parted(with_attention(network, "eager"), probes)
        to_onnx(plain, source)
        exact = [node.name for node in onnx.load(source).graph.node if node.op_type == "MatMul" and EXACT in node.name]
        if len(exact) != (wanted := sum(isinstance(module, Parted) for module in plain.modules())):
            raise ValueError(f"{len(exact)} exact multiplications in the graph, {wanted} wanted")
        quantize_dynamic(source, target, per_channel=True, weight_type=QuantType.QInt8, nodes_to_exclude=exact)
    model = onnx.load(target)
    unsigned(model)
    onnx.save(model, target)


def unsigned(model: onnx.ModelProto) -> None:
    """Writes int8 weights as uint8 with their zero point moved by 128: the same numbers, the same on every processor.

    A processor without VNNI multiplies unsigned activations with signed weights in 16 bits, which saturate: measured on
    AVX2, 1.7 % of the priorities of 3,188 tweets came out otherwise. Two unsigned factors are added up in 32 bits.
    """
    weights = {one.name: one for one in model.graph.initializer if one.data_type == TensorProto.INT8}
    inputs = {name for node in model.graph.node if node.op_type == "MatMulInteger" for name in node.input}
    for name in inputs & weights.keys():
        shifted = numpy_helper.to_array(weights[name]).astype(np.int16) + 128
        weights[name].CopyFrom(numpy_helper.from_array(shifted.astype(np.uint8), name))


def write_folder(
    network: ThreeHeads, tokens: Tokenizer, folder: Path, *, version: str, max_length: int, temperatures: Temperatures,
    probes: Sequence[list[int]],
) -> None:  # fmt: skip
    """Writes model.onnx, tokenizer.json and config.json; `probes` are for `to_int8`."""
    folder.mkdir(parents=True, exist_ok=True)
    to_int8(network, probes, folder / "model.onnx")
    tokens.save(str(folder / "tokenizer.json"), pretty=False)
    heads = {
        head: {"id2label": list(names), "temperature": round(temperatures[head], 4)} for head, names in HEADS.items()
    }
    digests = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("model.onnx", "tokenizer.json")
    }
    config = {"version": version, "max_length": max_length, "heads": heads, "sha256": digests}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def run_onnx(path: Path, ids: Sequence[list[int]]) -> Logits:
    """Gives the logits of rows of ids by an ONNX file, in runs as the worker makes them: what shares a run counts."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    out = {head: np.zeros((len(ids), len(names))) for head, names in HEADS.items()}
    for run in runs_of([len(row) for row in ids]):
        tensors = padded([ids[i] for i in run])
        logits = session.run(list(HEADS), {name: t.numpy() for name, t in zip(INPUTS, tensors, strict=True)})
        for head, part in zip(HEADS, logits, strict=True):
            out[head][run] = part
    return out
