"""Puts the workers' output on one stream, each line with its worker's name."""

import json
import threading
from typing import IO, Final

from agents.child import Relay
from agents.printable import escaped, printable

MAX_LINE_CHARS: Final = 20_000


def relay_to(stream: IO[str], *, as_json: bool) -> Relay:
    """Returns a relay that writes whole lines, JSON or readable, from whichever thread it is called."""
    lock = threading.Lock()
    form = json_line if as_json else text_line

    def relay(name: str, line: str) -> None:
        with lock:
            stream.write(form(name, line[:MAX_LINE_CHARS]) + "\n")
            stream.flush()

    return relay


def text_line(name: str, line: str) -> str:
    """Returns the line after its worker's name, in a column; nothing in it can move a terminal's cursor."""
    return f"{name:<13}| {printable(line)}"


def json_line(name: str, line: str) -> str:
    """Returns a JSON object: a worker's own event with its name added, or any other line as `line`.

    `json_line("bert-1", '{"event": "x"}')` is '{"worker": "bert-1", "event": "x"}'.
    """
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    found = event if isinstance(event, dict) else {"event": "output", "line": line}
    return escaped(json.dumps({"worker": name, **found}, ensure_ascii=False).encode("utf-8", "replace"))
