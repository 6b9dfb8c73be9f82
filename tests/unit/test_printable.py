"""Nothing in a tweet may reach the terminal as a command."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.printable import escaped, printable
from schemas.tweet import Context


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("panne\x1b[2J à Lyon", "panne [2J à Lyon"),
        ("une\r\nligne\tdeux", "une  ligne deux"),
        ("\x9b31mrouge\x07", " 31mrouge "),
        ("prix\u202e99\u202c€", "prix99€"),
        ("invi\u200bsible\ufeff", "invisible"),
        ("famille 👨\u200d👩\u200d👧 ❤️", "famille 👨\u200d👩\u200d👧 ❤️"),
        ("30\u202fGo\xa0!", "30 Go !"),
        ("\u2028saut", " saut"),
        ("\ud800", "\ufffd"),
    ],
)
def test_what_a_terminal_could_obey_is_taken_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_no_control_character_is_ever_printed(text: str) -> None:
    shown = printable(text)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert printable(shown) == shown


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_escaped_json_means_the_same_and_holds_no_control_character(text: str) -> None:
    line = escaped(json.dumps({"text": text}, ensure_ascii=False).encode())
    assert json.loads(line) == {"text": text}
    assert not {unicodedata.category(char) for char in line} & {"Cc", "Zl", "Zp"}
    assert "\u202e" not in line


def test_a_struct_stays_readable() -> None:
    import msgspec

    line = escaped(msgspec.json.encode(Context(scrubbed="box à Lyon 👍", text="\x9b0m")))
    assert line == '{"scrubbed":"box à Lyon 👍","text":"\\u009b0m"}'
