"""A model folder that cannot be used is refused with the file's name and the remedy."""

import json
from pathlib import Path
from typing import Any

import pytest

from streams.errors import FatalError, MissingToolError
from streams.providers.onnx_bert import REMEDY, OnnxBert

GOOD: dict[str, Any] = {
    "version": "bert-test",
    "max_length": 96,
    "heads": {
        "sentiment": {"id2label": ["negative", "neutral", "positive"], "temperature": 1.0},
        "priority": {"id2label": ["0", "1", "2"], "temperature": 1.0},
        "main_topic": {
            "id2label": ["network", "equipment", "billing", "subscription", "customer_service", "other"],
            "temperature": 1.0,
        },
    },
    "sha256": {},
}


def refusal(folder: Path) -> str:
    with pytest.raises(FatalError) as caught:
        OnnxBert.load(folder)
    assert REMEDY in str(caught.value)
    return str(caught.value)


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(MissingToolError, match=r"config\.json"):
        OnnxBert.load(tmp_path / "absent")


def test_config_that_is_not_json(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_bytes(b"\x00{")
    assert "config.json" in refusal(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"max_length": 0},
        {"heads": {}},
        {"heads": {**GOOD["heads"], "sentiment": {"id2label": ["good", "bad"], "temperature": 1.0}}},
        {"heads": {**GOOD["heads"], "priority": {"id2label": ["0", "1", "2", "2"], "temperature": 1.0}}},
        {"heads": {**GOOD["heads"], "priority": {"id2label": ["0", "1", "2"], "temperature": 0}}},
    ],
)
def test_config_of_another_model(tmp_path: Path, change: dict[str, Any]) -> None:
    (tmp_path / "config.json").write_text(json.dumps(GOOD | change))
    assert "config.json" in refusal(tmp_path)


def test_missing_tokenizer(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(GOOD))
    with pytest.raises(MissingToolError, match=r"tokenizer\.json"):
        OnnxBert.load(tmp_path)


def test_file_that_is_not_the_one_of_the_config(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(GOOD))
    (tmp_path / "tokenizer.json").write_text("{}")
    message = refusal(tmp_path)
    assert "tokenizer.json" in message
    assert "SHA-256" in message
