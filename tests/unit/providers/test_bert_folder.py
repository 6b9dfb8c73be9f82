"""A model folder that cannot be used is refused with every file at fault and the remedy."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streams.errors import MissingToolError, exit_code_of
from streams.providers.bert_folder import HOWTO, Problem, in_force
from streams.providers.onnx_bert import OnnxBert
from streams.settings import PROJECT_DIR
from tests.model_folder import GRAPHS, OWN, hugging_face_folder, own_folder, write_config

HEADS = OWN["heads"]


def problems_of(folder: Path) -> list[Problem]:
    model, problems = OnnxBert.examine(folder)
    assert model is None
    assert all(problem.remedy for problem in problems)
    return problems


def refusal(folder: Path) -> str:
    """What the worker would say and the one file at fault."""
    (problem,) = problems_of(folder)
    with pytest.raises(MissingToolError) as caught:
        OnnxBert.load(folder)
    assert exit_code_of(caught.value) == 2
    assert str(caught.value) == f"the model file {problem.path} {problem.why}. {in_force(problem).remedy}"
    return str(caught.value)


def test_a_missing_folder_names_the_setting(tmp_path: Path) -> None:
    said = refusal(tmp_path / "absent")
    assert "absent is no folder" in said
    assert "DALLOSH_BERT_DIR" in said


def test_every_missing_file_is_told(tmp_path: Path) -> None:
    assert [problem.path.name for problem in problems_of(tmp_path)] == ["config.json", "tokenizer.json", "model.onnx"]
    with pytest.raises(MissingToolError, match=r"config\.json.*and 2 more: dallosh model check"):
        OnnxBert.load(tmp_path)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.onnx"])
def test_one_missing_file(name: str, tmp_path: Path) -> None:
    folder = own_folder(tmp_path)
    (folder / name).unlink()
    said = refusal(folder)
    assert f"{folder / name} cannot be read: No such file or directory" in said
    assert HOWTO in said


def test_the_remedy_of_a_folder_of_the_repository_is_to_restore_it() -> None:
    absent = problems_of(PROJECT_DIR / "models" / "data")
    assert all("git checkout -- models/data" in problem.remedy for problem in absent)


def truncated(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


def turned(raw: bytes) -> bytes:
    return raw[:-20] + bytes([raw[-20] ^ 1]) + raw[-19:]


@pytest.mark.parametrize("damage", [truncated, turned, lambda _: b""])
@pytest.mark.parametrize("name", ["tokenizer.json", "model.onnx"])
def test_a_damaged_file_is_not_the_one_of_the_digest(
    name: str, damage: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    folder = own_folder(tmp_path)
    (folder / name).write_bytes(damage((folder / name).read_bytes()))
    said = refusal(folder)
    assert f"{folder / name} cannot be used: its SHA-256" in said
    assert "is not the one in config.json" in said


@pytest.mark.parametrize("name", ["tokenizer.json", "model.onnx"])
def test_a_damaged_file_is_noticed_without_a_digest(name: str, tmp_path: Path) -> None:
    folder = hugging_face_folder(tmp_path)
    (folder / name).write_bytes(truncated((folder / name).read_bytes()))
    assert f"{folder / name} cannot be used: " in refusal(folder)


def test_digests_of_the_other_form_count_where_they_stand_there(tmp_path: Path) -> None:
    folder = hugging_face_folder(tmp_path, sha256={"model.onnx": "0" * 64})
    assert "SHA-256" in refusal(folder)


@pytest.mark.parametrize("raw", [b"\x00{", b"", b"[]", b"{", b"\xff"])
def test_config_that_is_no_json_object(raw: bytes, tmp_path: Path) -> None:
    folder = own_folder(tmp_path)
    (folder / "config.json").write_bytes(raw)
    assert "config.json cannot be used" in refusal(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"max_length": 0}, "$.max_length"),
        ({"max_length": "96"}, "$.max_length"),
        ({"version": ""}, "$.version"),
        ({"onnx": "../model.onnx"}, "$.onnx"),
        ({"pad_id": -1}, "$.pad_id"),
        ({"sha256": {"model.onnx": "abc"}}, "$.sha256"),
        ({"sha256": {"../x": "0" * 64}}, "$.sha256"),
        ({"heads": {**HEADS, "priority": {"id2label": ["0", "1", "2"], "temperature": 0}}}, "$.heads[...].temperature"),
        ({"heads": {**HEADS, "priority": {"id2label": ["0", "1", "2"]}}}, "temperature"),
        ({"heads": {**HEADS, "priority": {"id2label": ["0", "1", "2", "2"], "temperature": 1.0}}}, "heads.priority: "),
        ({"heads": {**HEADS, "sentiment": {"id2label": ["good", "bad"], "temperature": 1.0}}}, "heads.sentiment: "),
        ({"id2label": {"0": "x"}}, "both heads (our form) and id2label"),
    ],
)
def test_config_of_another_model(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    folder = own_folder(tmp_path, **change)
    message = refusal(folder)
    assert "config.json cannot be used: " in message
    assert said in message


def test_every_head_at_fault_is_told(tmp_path: Path) -> None:
    heads = {"mood": HEADS["sentiment"], "priority": {"id2label": ["0"], "temperature": 1.0}}
    told = [problem.why for problem in problems_of(own_folder(tmp_path, heads=heads))]
    assert len(told) == 4
    for head in ("sentiment is missing", "main_topic is missing", "heads.mood", "heads.priority"):
        assert any(head in why for why in told)


@pytest.mark.parametrize("name", sorted(OWN.keys() | {"sha256"}))
def test_our_own_form_needs_every_field(name: str, tmp_path: Path) -> None:
    folder = own_folder(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    del config[name]
    (folder / "config.json").write_text(json.dumps(config))
    assert name in refusal(folder)


@pytest.mark.parametrize("name", ["tokenizer.json", "model.onnx"])
def test_our_own_form_needs_the_digest_of_every_file(name: str, tmp_path: Path) -> None:
    folder = own_folder(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    del config["sha256"][name]
    (folder / "config.json").write_text(json.dumps(config))
    assert f"sha256: no digest of {name}" in refusal(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}, "id2label: 'LABEL_0' is not sentiment|priority|main_topic"),
        ({"id2label": {"1": "negative|2|network"}}, "its keys are not the numbers from 0 to 0"),
        ({"id2label": {}}, "its keys"),
        ({"id2label": ["negative|2|network"]}, "$.id2label"),
        ({"temperature": -1}, "$.temperature"),
        ({"max_position_embeddings": None}, "max_length is missing"),
        ({"max_position_embeddings": 9}, "only 7 tokens fit"),
    ],
)
def test_config_of_hugging_face_that_does_not_say_enough(change: dict[str, Any], said: str, tmp_path: Path) -> None:
    assert said in refusal(hugging_face_folder(tmp_path, **change))


def test_several_models_are_told_apart_by_the_configuration(tmp_path: Path) -> None:
    folder = hugging_face_folder(tmp_path, onnx="model_quantized.onnx")
    shutil.copyfile(GRAPHS / "odd.onnx", folder / "model.onnx")
    said = refusal(folder)
    assert "has several models: model.onnx, model_quantized.onnx" in said
    assert '"onnx": ' in said
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"onnx": "model_quantized.onnx"}))
    assert OnnxBert.load(folder).folder.onnx.name == "model_quantized.onnx"


def test_a_graph_that_cannot_be_served_is_told_in_full(tmp_path: Path) -> None:
    folder = own_folder(tmp_path)
    shutil.copyfile(GRAPHS / "odd.onnx", folder / "model.onnx")
    write_config(folder, OWN)
    told = " ".join(problem.why for problem in problems_of(folder))
    for words in (
        "nothing fills: position_ids", "input_ids has the shape [1, 8]", "no output sentiment, but scores, others",
        "no output priority", "no output main_topic",
    ):  # fmt: skip
        assert words in told


def test_outputs_of_another_size_are_told(tmp_path: Path) -> None:
    classes = [f"negative|{i % 3}|network" for i in range(3)]
    classes += ["neutral|0|equipment", "positive|0|billing", "neutral|0|subscription", "neutral|0|other"]
    classes += ["negative|1|customer_service", "negative|1|other"]
    folder = hugging_face_folder(tmp_path, id2label={str(i): name for i, name in enumerate(classes)})
    assert "its output logits has 8 classes, not the 9 of the labels" in refusal(folder)


def test_a_length_that_the_network_cannot_take_is_found_at_the_start(tmp_path: Path) -> None:
    said = refusal(hugging_face_folder(tmp_path, max_position_embeddings=60))
    assert "model.onnx cannot be used: it fails on a tweet" in said
