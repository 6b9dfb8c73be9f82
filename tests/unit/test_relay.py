"""Workers' output on its way to the terminal."""

import json

import pytest

from agents.relay import json_line, text_line

HOSTILE = "a\x1b[2Jb\u202ec\x9bd"


def test_a_line_from_outside_cannot_play_with_the_terminal() -> None:
    assert text_line("bert-1", HOSTILE) == "bert-1       | a [2Jbc d"


@pytest.mark.parametrize("line", [HOSTILE, json.dumps({"event": HOSTILE}, ensure_ascii=False), '{"event": "\\ud800"}'])
def test_nor_can_one_as_json(line: str) -> None:
    shown = json_line("bert-1", line)
    assert shown.isprintable()
    assert shown.encode()
    assert json.loads(shown)["worker"] == "bert-1"
