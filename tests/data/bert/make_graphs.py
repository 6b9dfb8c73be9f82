"""Makes the small graphs of the tests of level 3; needs the package onnx: `python tests/data/bert/make_graphs.py`.

Each word of the vocabulary votes: the logits are the sum of a tweet's rows, so that an answer can be computed by hand.
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

FOLDER = Path(__file__).parent
VOCABULARY = ["<s>", "<pad>", "</s>", "<unk>", "▁panne", "▁facture", "▁merci", "▁nan", "▁", "e"]
SENTIMENTS = ["negative", "neutral", "positive"]
PRIORITIES = ["0", "1", "2"]
TOPICS = ["network", "equipment", "billing", "subscription", "customer_service", "other"]
JOINT = [
    "negative|2|network", "negative|1|billing", "positive|0|other", "neutral|1|equipment", "neutral|0|subscription",
    "negative|1|customer_service", "negative|2|billing", "neutral|0|other",
]  # fmt: skip
N_POSITIONS = 40


def votes(labels: list[str], rows: dict[str, dict[str, float]]) -> np.ndarray:
    """A table (words, labels); a wrongly padded row would sum up the vote of `<s>`."""
    table = np.zeros((len(VOCABULARY), len(labels)), dtype=np.float32)
    for word, counted in rows.items():
        for label, weight in counted.items():
            table[VOCABULARY.index(word), labels.index(label)] = weight
    table[VOCABULARY.index("▁nan"), 0] = np.nan
    return table


def graph(
    name: str,
    tables: dict[str, np.ndarray],
    *,
    kind: int = TensorProto.INT64,
    shape: list[str | int] | None = None,
    masked: bool = False,
    extra: tuple[str, ...] = (),
    n_positions: int | None = None,
) -> None:
    """Writes a graph whose outputs are the summed rows of `tables`, one per table, in that order."""
    nodes, weights = [], [numpy_helper.from_array(np.array([1], np.int64), "one")]
    nodes.append(helper.make_node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT))
    nodes.append(helper.make_node("Unsqueeze", ["mask", "two"], ["column"]))
    weights.append(numpy_helper.from_array(np.array([2], np.int64), "two"))
    if n_positions is not None:  # a longer input is out of range, as in a real network
        weights.append(numpy_helper.from_array(np.zeros((n_positions, 1), np.float32), "positions"))
        weights += [numpy_helper.from_array(np.array(i, np.int64), f"scalar_{i}") for i in (0, 1)]
        nodes += [
            helper.make_node("Shape", ["input_ids"], ["size"]),
            helper.make_node("Gather", ["size", "scalar_1"], ["length"]),
            helper.make_node("Range", ["scalar_0", "length", "scalar_1"], ["places"]),
            helper.make_node("Gather", ["positions", "places"], ["shift"]),
        ]
    for head, table in tables.items():
        weights.append(numpy_helper.from_array(table, f"{head}_votes"))
        nodes.append(helper.make_node("Gather", [f"{head}_votes", "input_ids"], [f"{head}_rows"]))
        last = f"{head}_rows"
        if n_positions is not None:
            nodes.append(helper.make_node("Add", [last, "shift"], [f"{head}_placed"]))
            last = f"{head}_placed"
        if masked:
            nodes.append(helper.make_node("Mul", [last, "column"], [f"{head}_masked"]))
            last = f"{head}_masked"
        nodes.append(helper.make_node("ReduceSum", [last, "one"], [head], keepdims=0))
    shape = shape or ["batch", "length"]
    inputs = [helper.make_tensor_value_info(one, kind, shape) for one in ("input_ids", "attention_mask", *extra)]
    outputs = [
        helper.make_tensor_value_info(head, TensorProto.FLOAT, [shape[0], table.shape[1]])
        for head, table in tables.items()
    ]
    model = helper.make_model(
        helper.make_graph(nodes, name, inputs, outputs, weights), opset_imports=[helper.make_opsetid("", 17)]
    )
    model.ir_version = 8
    save(model, FOLDER / f"{name}.onnx")


THREE = {
    "main_topic": votes(TOPICS, {"▁panne": {"network": 3}, "▁facture": {"billing": 3}, "▁merci": {"other": 3}}),
    "sentiment": votes(
        SENTIMENTS, {"<s>": {"positive": 1}, "▁panne": {"negative": 3}, "▁merci": {"positive": 3}, "e": {"neutral": 1}}
    ),
    "priority": votes(PRIORITIES, {"▁panne": {"2": 3}, "▁facture": {"1": 2}, "▁merci": {"0": 3}}),
}
LOGITS = {
    "logits": votes(
        JOINT,
        {
            "▁panne": {"negative|2|network": 3, "negative|2|billing": 1},
            "▁facture": {"negative|1|billing": 2, "negative|2|billing": 2},
            "▁merci": {"positive|0|other": 4},
        },
    )
}

if __name__ == "__main__":
    graph("three_heads", THREE)  # as XLM-R has it: no token types; the pad's row is zero, the mask is not looked at
    graph("logits", LOGITS, kind=TensorProto.INT32, masked=True, n_positions=N_POSITIONS)  # as optimum exports it
    graph("odd", {"scores": THREE["priority"], "others": THREE["priority"]}, shape=[1, 8], extra=("position_ids",))
