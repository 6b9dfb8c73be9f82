"""Right labels in the files that people make."""

import json
from pathlib import Path
from typing import Any

import pytest

from agents.truths import read_truths
from schemas.taxonomy import Sentiment, Topic
from streams.core.whatif import Truth
from streams.errors import FatalError

HEAD = "id,sentiment,priority,main_topic\n"
ROW: dict[str, Any] = {"id": "7", "sentiment": "negative", "priority": 2, "main_topic": "network"}
TRUTH = Truth(id="7", sentiment=Sentiment.NEGATIVE, priority=2, main_topic=Topic.NETWORK)


def labels(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "right"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    "text",
    [
        lines(ROW),
        lines(ROW | {"id": 7, "priority": "2", "main_topic": " network ", "location": None}),
        "\ufeff\n" + lines(ROW),
        "\ufeff" + HEAD + "7,negative,2,network\n",
        ' priority ,note,id,main_topic,sentiment\r\n2,"two\r\nlines",7,network,negative\r\n\r\n',
    ],
)
def test_either_form_gives_the_same(tmp_path: Path, text: str) -> None:
    assert read_truths(labels(tmp_path, text)) == {"7": TRUTH}


def test_long_numbers_keep_their_last_digit(tmp_path: Path) -> None:
    assert list(read_truths(labels(tmp_path, lines(ROW | {"id": 1234567890123456789})))) == ["1234567890123456789"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (lines(ROW, ROW | {"sentiment": "SECRET"}), "line 2: sentiment is not one of negative, neutral, positive"),
        (lines(ROW | {"priority": True}), "line 1: priority is not one of 0, 1, 2"),
        (lines(ROW | {"priority": 2.0}), "line 1: priority is not one of 0, 1, 2"),
        (lines(ROW | {"main_topic": ["SECRET"]}), "line 1: main_topic is not one of network, "),
        (lines(ROW | {"id": 7.5}), "line 1: the field id is neither a text nor a whole number"),
        (lines(ROW | {"id": ""}), "line 1: the id is missing"),
        (lines({"id": "7"}), "line 1: sentiment is missing: it is one of negative"),
        (lines(ROW) + "\n{SECRET\n", "line 3: the line is not JSON"),
        (b'{"id": "SECRET\xff"}', "line 1: the line is not UTF-8"),
        ("[\n" + lines(ROW), "is one JSON array"),
        (HEAD + "7,SECRET,2,network\n", "line 2: sentiment is not one of negative, neutral, positive"),
        (HEAD + "7,negative,SECRET\n", "line 2: the row has 3 columns, the header 4"),
        (HEAD + '7,"SECRET\n', "line 2: it is not CSV"),
        (HEAD.encode() + b"7,negative,2,network\xff\n", "is not UTF-8"),
        ("id;sentiment;priority;main_topic;SECRET\n", "has no column id, sentiment, priority, main_topic"),
        (HEAD, "holds no labels"),
        ("\n\n", "holds no labels"),
    ],
)
def test_what_is_wrong_is_named_and_not_quoted(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = labels(tmp_path, text)
    with pytest.raises(FatalError) as caught:
        read_truths(path)
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert caught.value.remedy
    assert "SECRET" not in str(caught.value)


def test_equal_repeats_count_once_and_contradictions_are_refused(tmp_path: Path) -> None:
    other = ROW | {"id": "8"}
    assert len(read_truths(labels(tmp_path, lines(ROW, other, ROW | {"id": 7})))) == 2
    wrong = lines(ROW, other, ROW | {"priority": 0}, ROW | {"priority": 1}, other | {"sentiment": "neutral"})
    with pytest.raises(FatalError, match=r"labels for 2 of its ids \(the first: lines 1 and 3\)\. Keep one line"):
        read_truths(labels(tmp_path, wrong))
