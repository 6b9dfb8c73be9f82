"""Models of other shapes than ours, through the class that serves: inputs, outputs, padding, runs."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.classification import Labels
from schemas.taxonomy import Sentiment, Topic
from streams.providers.onnx_bert import RUN_TOKENS, OnnxBert, runs_of
from tests.model_folder import hugging_face_folder, own_folder, xlmr_tokenizer

TEXTS = ["panne", "facture", "merci", "", "panne panne", "facture facture merci", "merci " * 30, "\ud83d\ude00 \udfff"]


def classify(model: OnnxBert, texts: list[str]) -> list[Labels]:
    return model.classify(texts, [None] * len(texts))


def softmax(*logits: float) -> list[float]:
    exp = np.exp(logits)
    return [round(float(one), 4) for one in exp / exp.sum()]


def test_three_outputs_in_another_order_without_token_types(tmp_path: Path) -> None:
    model = OnnxBert.load(own_folder(tmp_path))
    assert model.folder.inputs == {"input_ids": "int64", "attention_mask": "int64"}
    assert model.folder.pad_id == 1
    (labels,) = classify(model, ["panne"])
    assert (labels.sentiment, labels.priority, labels.main_topic) == (Sentiment.NEGATIVE, 2, Topic.NETWORK)
    assert labels.confidence_sentiment == softmax(3, 0, 1)[0]
    assert labels.confidence_priority == softmax(0, 0, 1.5)[2], "temperature 2"
    assert labels.confidence_main_topic == softmax(3, 0, 0, 0, 0, 0)[0]


def test_one_output_of_joint_classes_and_int32(tmp_path: Path) -> None:
    model = OnnxBert.load(hugging_face_folder(tmp_path / "camembert-tweets", temperature=2.0))
    assert model.folder.inputs == {"input_ids": "int32", "attention_mask": "int32"}
    assert (model.model_id, model.folder.max_length, model.folder.pad_id) == ("camembert-tweets", 40, 1)
    (labels,) = classify(model, ["facture"])
    shares = softmax(0, 1, 0, 0, 0, 0, 1, 0)
    assert (labels.sentiment, labels.main_topic) == (Sentiment.NEGATIVE, Topic.BILLING)
    assert labels.confidence_main_topic == pytest.approx(shares[1] + shares[6], abs=1e-4)
    assert labels.confidence_sentiment == pytest.approx(shares[0] + shares[1] + shares[5] + shares[6], abs=1e-4)


@pytest.mark.parametrize(
    ("change", "n_tokens"),
    [
        ({}, 40),
        ({"max_length": 16}, 16),
        ({"max_length": 100}, 40),
        ({"model_type": "bert", "max_position_embeddings": 40}, 40),
        ({"model_type": "modernbert", "pad_token_id": 3, "max_position_embeddings": 40}, 40),
        ({"model_type": "", "pad_token_id": None, "max_position_embeddings": 40}, 40),
    ],
)
def test_the_longest_input(change: dict[str, Any], n_tokens: int, tmp_path: Path) -> None:
    model = OnnxBert.load(hugging_face_folder(tmp_path, **change))
    assert len(model.encode("panne " * 100, "panne " * 100)) == n_tokens


def test_the_tokenizer_s_own_truncation_and_padding_count_where_the_configuration_is_silent(tmp_path: Path) -> None:
    folder = hugging_face_folder(tmp_path, model_type="", pad_token_id=None, max_position_embeddings=40)
    tokenizer = xlmr_tokenizer()
    tokenizer.enable_truncation(12)
    tokenizer.enable_padding(pad_id=2, pad_token="</s>", length=12)
    tokenizer.save(str(folder / "tokenizer.json"))
    model = OnnxBert.load(folder)
    assert (model.folder.max_length, model.folder.pad_id) == (12, 2)
    assert len(model.encode("panne", None)) == 3, "nothing is padded before its run"


@pytest.mark.parametrize("make", [own_folder, hugging_face_folder])
def test_a_tweet_gets_the_same_answer_alone_and_in_any_company(make: type, tmp_path: Path) -> None:
    """The first graph does not look at the mask: a row that is padded with another id than 1 would sum up its votes."""
    model = OnnxBert.load(make(tmp_path))
    together = model.classify(TEXTS * 100, [None, "panne"] * (len(TEXTS) * 50))
    alone = [model.classify([text], [context])[0] for text, context in zip(TEXTS, [None, "panne"] * 4, strict=True)]
    assert together == alone * 100


def test_a_context_is_read_as_the_second_segment(tmp_path: Path) -> None:
    model = OnnxBert.load(own_folder(tmp_path))
    assert model.encode("panne", "facture").tokens == ["<s>", "▁panne", "</s>", "</s>", "▁facture", "</s>"]
    with_context, without = model.classify(["panne", "panne"], ["facture", None])
    assert with_context != without


def test_a_tweet_without_any_token_is_answered(tmp_path: Path) -> None:
    folder = hugging_face_folder(tmp_path)
    bare = json.loads(xlmr_tokenizer().to_str()) | {"post_processor": None}
    (folder / "tokenizer.json").write_text(json.dumps(bare))
    model = OnnxBert.load(folder)
    assert len(model.encode("", None)) == 0
    assert len(classify(model, ["", "panne"])) == 2


def test_an_answer_that_is_no_number_is_none(tmp_path: Path) -> None:
    model = OnnxBert.load(own_folder(tmp_path))
    with pytest.raises(ValueError, match="finite"):
        classify(model, ["panne", "nan"])


def test_several_threads_may_ask_at_once(tmp_path: Path) -> None:
    model = OnnxBert.load(own_folder(tmp_path))
    expected = classify(model, TEXTS * 20)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda _: classify(model, TEXTS * 20), range(16))) == [expected] * 16


@given(lengths=st.lists(st.integers(0, 700), max_size=300))
def test_runs_hold_every_tweet_once_and_are_bounded(lengths: list[int]) -> None:
    runs = runs_of(lengths)
    assert sorted(i for run in runs for i in run) == list(range(len(lengths)))
    in_order = [lengths[i] for run in runs for i in run]
    assert in_order == sorted(lengths)
    for run in runs:
        assert len(run) == 1 or max(lengths[i] for i in run) * len(run) <= RUN_TOKENS
