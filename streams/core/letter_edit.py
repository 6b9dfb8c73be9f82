"""A dead letter's value as a human corrects it: fields set, or a whole one, checked as its topic's readers will."""

import difflib
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from schemas.codec import UndecodableError, decode
from schemas.topics import TOPICS
from schemas.tweet import Tweet
from streams.core.record_id import RecordId
from streams.errors import RejectedError

_MAX_DEPTH: Final = 20


def parse_change(text: str) -> tuple[str, Any]:
    """Reads `field=json`, where the field may be a path, e.g. `context.text="allo"`.

    Raises:
        ValueError: there is no field, or what follows it is not JSON. The message quotes the field alone.
    """
    field, equals, said = text.partition("=")
    path = field.strip()
    if not equals or not all(path.split(".")) or path.count(".") > _MAX_DEPTH:
        raise ValueError("not FIELD=JSON")
    try:
        return path, msgspec.json.decode(said.encode())
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise ValueError(f'what {path} is set to is not JSON; a text stands in double quotes: {path}="..."') from None


def with_changes(value: bytes | None, changes: Sequence[tuple[str, Any]]) -> bytes:
    """Returns the value, which is a JSON object, with fields set; all others stay, in their order.

    Raises:
        RejectedError: the value is no JSON object, or a path leads through something that is none.
    """
    try:
        made = msgspec.json.decode(value or b"")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        made = None
    if not isinstance(made, dict):
        raise RejectedError("its value is no JSON object, so that no field can be set; give a whole value")
    for path, new in changes:
        *parents, last = path.split(".")
        inside: Any = made
        for name in parents:
            inside = inside.get(name)
            if not isinstance(inside, dict):
                raise RejectedError(f"{path} cannot be set: {name} is no JSON object")
        inside[last] = new
    return msgspec.json.encode(made)


def key_for(topic: str, value: bytes) -> bytes:
    """Checks a value as the readers of a topic will, and returns the key that they expect it under.

    Args:
        topic: the destination, an input of a stage.
        value: the corrected value.

    Raises:
        RejectedError: it is no record of that topic. The message names the field, never the content.
    """
    spec = TOPICS[topic]
    kind = spec.value
    if kind is None or not issubclass(kind, Tweet):  # unreachable: a test checks that every stage reads tweets
        raise ValueError(f"{topic} is the input of no stage")
    try:
        tweet = decode(value, kind)
        return (tweet.author if spec.key == "author" else tweet.id).encode()
    except UndecodableError as error:
        raise RejectedError(str(error)) from None
    except UnicodeEncodeError:
        raise RejectedError(f"its {spec.key} cannot be written as UTF-8") from None


def difference(before: bytes | None, after: bytes, place: RecordId) -> list[str]:
    """Returns a unified diff of two values, indented as JSON, the changed lines only; other bytes escaped."""
    lines = difflib.unified_diff(
        _lines(before), _lines(after), fromfile=place.key, tofile="corrected", lineterm="", n=0
    )  # fmt: skip
    return list(lines)


def changed_fields(before: bytes | None, after: bytes) -> list[str]:
    """Returns the names of the fields at the top that differ, for the record of the command; never their content."""
    old, new = _object(before), _object(after)
    if old is None or new is None:
        return ["value"]
    return [name for name in {**old, **new} if name not in old or name not in new or old[name] != new[name]]


def _object(value: bytes | None) -> dict[str, Any] | None:
    try:
        found = msgspec.json.decode(value or b"")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _lines(value: bytes | None) -> list[str]:
    if value is None:
        return []
    try:
        return msgspec.json.format(value, indent=2).decode().splitlines()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ascii(value.decode("utf-8", "backslashreplace")).splitlines()
