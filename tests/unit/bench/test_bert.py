"""The BERT benchmark's pure parts: float32 out of int8, rates, and what is told of the figures."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from streams.settings import PROJECT_DIR
from tests.bench.bert.folds import Weight, dequantised, folds, live
from tests.bench.bert.kafka import steady_rate
from tests.bench.bert.machine import processor
from tests.bench.bert.report import agreement, summary, table


@dataclass(frozen=True)
class Node:
    op_type: str
    input: Sequence[str]
    output: Sequence[str]
    attribute: Sequence[Any] = field(default=())


LAYER = (
    Node("Gather", ["table", "ids"], ["rows"]),
    Node("DequantizeLinear", ["rows", "table_scale", "table_zero"], ["x"]),
    Node("DynamicQuantizeLinear", ["x"], ["xq", "x_scale", "x_zero"]),
    Node("MatMulInteger", ["xq", "w", "x_zero", "w_zero"], ["sums"]),
    Node("Cast", ["sums"], ["sums_float"]),
    Node("Mul", ["x_scale", "w_scale"], ["scales"]),
    Node("Mul", ["sums_float", "scales"], ["product"]),
    Node("DequantizeLinear", ["b", "b_scale"], ["bias"]),
    Node("Add", ["product", "bias"], ["y"]),
)
CONSTANTS = {"table", "table_scale", "table_zero", "w", "w_zero", "w_scale", "b", "b_scale"}


def test_a_quantised_layer_falls_into_three_float32_operations() -> None:
    found = folds(LAYER, CONSTANTS)
    assert {name: (fold.op, fold.reads, fold.weight) for name, fold in found.items()} == {
        "x": ("Gather", ("ids",), Weight("table", "table_scale", "table_zero")),
        "product": ("MatMul", ("x",), Weight("w", "w_scale", "w_zero")),
        "bias": ("Constant", (), Weight("b", "b_scale")),
    }
    assert found["x"].at is LAYER[0], "the axis of the Gather counts"


def test_what_the_folds_replace_is_needed_no_more() -> None:
    assert live(LAYER, folds(LAYER, CONSTANTS), ["y"]) == {"y", "product", "bias", "x", "ids"}
    assert {"sums", "xq", "rows", "w"} < live(LAYER, {}, ["y"])


def test_the_factors_of_a_mul_may_stand_in_either_order() -> None:
    swapped = [Node(node.op_type, node.input[::-1], node.output) if node.op_type == "Mul" else node for node in LAYER]
    assert folds(swapped, CONSTANTS)["product"].weight == Weight("w", "w_scale", "w_zero")


@pytest.mark.parametrize(
    "changed",
    [
        {"Cast": Node("Relu", ["sums"], ["sums_float"])},
        {"DynamicQuantizeLinear": Node("QuantizeLinear", ["x"], ["xq", "x_scale", "x_zero"])},
        {"Add": Node("Add", ["product", "sums"], ["y"])},
    ],
)
def test_a_product_of_another_form_is_left_as_it_is(changed: dict[str, Node]) -> None:
    assert "product" not in folds([changed.get(node.op_type, node) for node in LAYER], CONSTANTS)


def test_a_weight_that_is_no_constant_is_left_as_it_is() -> None:
    assert folds(LAYER, CONSTANTS - {"w", "table", "b"}) == {}
    assert "product" not in folds(LAYER, CONSTANTS - {"w_scale"})


@given(arrays(np.uint8, (5, 3)), arrays(np.float32, 3, elements=st.floats(0.25, 4, width=32)))
def test_each_column_has_its_scale_and_zero_point(values: np.ndarray, scale: np.ndarray) -> None:
    zero = np.array([128, 0, 7], np.uint8)
    got = dequantised(values, scale, zero)
    assert got.dtype == np.float32
    for column in range(3):
        exact = [(int(value) - int(zero[column])) * float(scale[column]) for value in values[:, column]]
        np.testing.assert_allclose(got[:, column], exact, rtol=1e-6)


def test_scales_may_lie_along_another_axis_or_be_one_for_all() -> None:
    values = np.array([[10, 20], [30, 40]], np.int8)
    by_row = dequantised(values, np.array([1.0, 0.5]), np.array([10, 0], np.int8), axis=0)
    assert by_row.tolist() == [[0, 10], [15, 20]]
    assert dequantised(values, np.array(2.0), None).tolist() == [[20, 40], [60, 80]]


@pytest.mark.parametrize(
    ("stamps_ms", "n_first", "rate"),
    [
        ([0, 0, 1_000, 1_000, 2_000, 2_000], 2, 2.0),
        ([2_000, 0, 1_000, 0, 2_000, 1_000], 2, 2.0),
        ([0, 0, 0, 0, 500, 500], 2, 4.0),  # the window that the border cuts counts wholly to the first
    ],
)
def test_the_rate_begins_after_the_first_windows(stamps_ms: list[int], n_first: int, rate: float) -> None:
    assert steady_rate(stamps_ms, n_first) == rate


def test_too_few_records_have_no_rate() -> None:
    with pytest.raises(ValueError, match="too few"):
        steady_rate([0, 10, 20], 5)


def test_the_processor_is_told_by_what_multiplies_integers() -> None:
    one = "processor\t: 0\nmodel name\t: Chip A\nflags\t\t: fpu avx2 avx512f avx512_vnni sse4_2\n\n"
    assert processor(one + one.replace("Chip A", "Chip B")) == "Chip A, avx2 avx512f avx512_vnni"
    assert processor("Features : fp asimddp\n") == "unknown processor, asimddp"
    assert processor("") == "unknown processor, no known instruction set"


PEAK = """\
import os
from tests.bench.bert.task import peak_rss_mb
bytearray(b"x") * 60_000_000
print(peak_rss_mb(os.getpid()))
"""


def test_the_peak_outlives_what_was_freed_and_counts_no_other_process() -> None:
    held = b"x" * 120_000_000  # of the process that starts the other
    said = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True, cwd=PROJECT_DIR)
    assert 60 < float(said.stdout) < 110 < len(held) / 1e6


def test_ratios_agreement_and_goals_are_told() -> None:
    figures = {
        name: {"tweets_per_s": speed, "peak_mb": mb}
        for name, speed, mb in [("int8", 620.0, 200.0), ("float32", 100.0, 270.0), ("kafka", 500.0, 401.0)]
    }
    figures["float32"]["cpu_ms"] = 19.96
    agreed = agreement([["a", "0", "x"], ["b", "1", "y"]], [["a", "0", "z"], ["b", "2", "y"]])
    told = summary(figures, agreed, "2 of 2 cores", n_tweets=2_048, mean_tokens=42.04)
    assert told["ratios"] == {"float32": 6.2, "kafka": 1.24}
    assert told["agreement"] == {"sentiment": 1.0, "priority": 0.5, "main_topic": 0.5}
    assert told["goals_met"] == {"tweets_per_s": True, "peak_mb": False}
    lines = table(told)
    assert lines[0] == "2 of 2 cores; 2,048 tweets, 42.0 tokens in the mean"
    assert [line.split()[-4:] for line in lines if line.startswith("the same in float32")] == [
        ["6.2", "x", "20.0", "270"]
    ]
    assert next(line for line in lines if "Kafka" in line).split()[-4:] == ["500", "1.2", "x", "401"]
    assert "at most 400 MB for the worker: missed" in lines[-1]
