"""What a small model's outputs mean: softmax over the temperature, joint classes summed per head."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.taxonomy import Sentiment, Topic
from streams.core.bert_heads import HEADS, ModelOutput, head_output, joint_output, most_probable, probabilities

EVERY = [f"{sentiment}|{priority}|{topic}" for sentiment, priority, topic in zip(
    ("negative", "neutral", "positive") * 2, ("0", "1", "2") * 2, HEADS["main_topic"], strict=True
)]  # fmt: skip


def three(temperature: float = 1.0, *, turned: bool = False) -> tuple[ModelOutput, ...]:
    """An output per head; `turned`: with the labels in the other order."""
    step = -1 if turned else 1
    return tuple(head_output(head, labels[::step], temperature) for head, labels in HEADS.items())


def test_the_likeliest_label_and_its_probability() -> None:
    logits = [np.array([[0.0, math.log(3), -99.0]]), np.array([[-99.0, 0.0, 0.0]]), np.array([[0.0] * 5 + [9.0]])]
    (labels,) = most_probable(probabilities(three(), logits))
    assert (labels.sentiment, labels.confidence_sentiment) == (Sentiment.NEUTRAL, 0.75)
    assert (labels.priority, labels.confidence_priority) == (1, 0.5)
    assert labels.main_topic is Topic.OTHER


def test_the_temperature_divides() -> None:
    logits = [np.array([[0.0, 2 * math.log(3), -99.0]]), np.zeros((1, 3)), np.zeros((1, 6))]
    assert most_probable(probabilities(three(2.0), logits))[0].confidence_sentiment == 0.75


@given(rows=st.lists(st.lists(st.floats(-30, 30), min_size=12, max_size=12), min_size=1, max_size=4))
def test_the_order_of_the_labels_is_the_model_s_own(rows: list[list[float]]) -> None:
    table = np.array(rows)
    straight = [table[:, :3], table[:, 3:6], table[:, 6:]]
    first = probabilities(three(), straight)
    second = probabilities(three(turned=True), [part[:, ::-1] for part in straight])
    for head in HEADS:
        np.testing.assert_allclose(first[head], second[head])
        np.testing.assert_allclose(first[head].sum(axis=1), 1)


def test_classes_that_share_a_label_add_up() -> None:
    output = joint_output(EVERY, 1.0)
    (labels,) = most_probable(probabilities((output,), [np.log(np.array([[0.3, 0.05, 0.1, 0.25, 0.2, 0.1]]))]))
    assert (labels.sentiment, labels.confidence_sentiment) == (Sentiment.NEGATIVE, 0.55)
    assert (labels.priority, labels.confidence_priority) == (0, 0.55)
    assert (labels.main_topic, labels.confidence_main_topic) == (Topic.NETWORK, 0.3)


def test_no_tweet() -> None:
    assert most_probable(probabilities(three(), [np.zeros((0, 3)), np.zeros((0, 3)), np.zeros((0, 6))])) == []


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_no_answer(bad: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        probabilities((joint_output(EVERY, 1.0),), [np.array([[0.0] * 5 + [bad]])])


@pytest.mark.parametrize("shape", [(1, 5), (6,), (1, 6, 1)])
def test_logits_of_another_shape_are_refused(shape: Any) -> None:
    with pytest.raises(ValueError, match="shape"):
        probabilities((joint_output(EVERY, 1.0),), [np.zeros(shape)])


@pytest.mark.parametrize(
    ("head", "labels", "said"),
    [
        ("mood", ["good", "bad"], "the heads are sentiment, priority, main_topic"),
        ("sentiment", ["negative", "neutral"], "negative, neutral, positive, each once, not negative, neutral"),
        ("priority", ["0", "1", "2", "2"], "each once"),
        ("priority", [], "not none"),
    ],
)
def test_labels_that_are_not_a_head_s(head: str, labels: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        head_output(head, labels, 1.0)


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        (["LABEL_0", "LABEL_1"], "'LABEL_0' is not sentiment|priority|main_topic"),
        (["negative|2"], "is not sentiment"),
        (["2|negative|network"], "is not sentiment"),
        (["negative|3|network"], "is not sentiment"),
        ([*EVERY, EVERY[0]], "twice"),
        (EVERY[:-1], "no class has the main_topic other"),
        ([name.replace("positive", "neutral") for name in EVERY], "no class has the sentiment positive"),
    ],
)
def test_classes_that_do_not_say_all_three_labels(classes: list[str], said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("|", r"\|")):
        joint_output(classes, 1.0)
