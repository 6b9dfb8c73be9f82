"""A dead letter's value as a human corrects it: fields set, or a whole one, checked as its topic's readers will.

What the scrubber makes of a text is never set by hand: it is made anew of the corrected one, so that no target outside
gets the old text, nor one that no rule has looked at.
"""

import difflib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from schemas.codec import UndecodableError, decode
from schemas.topics import TOPICS
from schemas.tweet import ScrubbedTweet, Tweet
from streams.core.record_id import RecordId
from streams.errors import RejectedError

if TYPE_CHECKING:
    from streams.core.redaction import Tables

T = TypeVar("T", bound=Tweet)

_MAX_DEPTH: Final = 20
_MADE: Final = frozenset({"scrubbed", "places", "context"})
"""What the scrubber adds to a tweet out of its text and the one that it answers."""


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


def check_fields(topic: str, changes: Sequence[tuple[str, Any]]) -> None:
    """Lets a change set what the scrubber makes of a text only where no scrubber has been.

    Raises:
        RejectedError: it would; the message names the field.
    """
    if not issubclass(_kind_of(topic), ScrubbedTweet):
        return
    for path, _ in changes:
        if path.partition(".")[0] in _MADE:
            raise RejectedError(f"{path} cannot be set: the scrubber's rules make it; set text")


def scrubbed_anew(topic: str, value: bytes, tables: "Tables", kept_handles: frozenset[str]) -> bytes:
    """Makes `scrubbed`, `places` and the context's `scrubbed` anew of their texts; all other fields stay.

    Args:
        topic: the destination; what is read before the scrubber comes back as it is.
        value: the corrected value.
        tables: names and places.
        kept_handles: public handles, lower case.

    Raises:
        RejectedError: it is no record of that topic. The message names the field, never the content.
    """
    from streams.core.scrubbing import scrubbed_again  # late: its patterns take half a second, and only edits need them

    kind = _kind_of(topic)
    if not issubclass(kind, ScrubbedTweet):
        return value
    fields = _object(value)
    if fields is None:
        raise RejectedError(f"no {kind.__name__}: no JSON object")
    tweet = _decoded(msgspec.json.encode(fields | {"scrubbed": "", "places": []}), kind)
    tweet = scrubbed_again(tweet, tables, kept_handles)
    fields |= {"scrubbed": tweet.scrubbed, "places": msgspec.to_builtins(tweet.places)}
    if not tweet.places:
        del fields["places"]
    if tweet.context is not None:
        fields["context"] |= {"scrubbed": tweet.context.scrubbed}
    return msgspec.json.encode(fields)


def key_for(topic: str, value: bytes) -> bytes:
    """Checks a value as the readers of a topic will, and returns the key that they expect it under.

    Args:
        topic: the destination, an input of a stage.
        value: the corrected value.

    Raises:
        RejectedError: it is no record of that topic. The message names the field, never the content.
    """
    spec = TOPICS[topic]
    tweet = _decoded(value, _kind_of(topic))
    try:
        return (tweet.author if spec.key == "author" else tweet.id).encode()
    except UnicodeEncodeError:
        raise RejectedError(f"its {spec.key} cannot be written as UTF-8") from None


def difference(before: bytes | None, after: bytes, place: RecordId) -> list[str]:
    """Returns a unified diff of two values, indented as JSON, the changed lines only; other bytes escaped."""
    lines = difflib.unified_diff(
        _lines(before), _lines(after), fromfile=place.key, tofile="corrected", lineterm="", n=0
    )  # fmt: skip
    return list(lines)


def changed_fields(before: bytes | None, after: bytes, topic: str) -> list[str]:
    """Returns what differs at the top, for the record of the command: names of the topic's fields, never their content.

    A name that the topic does not know may be anything; `other` stands for all of them.
    """
    old, new = _object(before), _object(after)
    if old is None or new is None:
        return ["value"]
    known = _kind_of(topic).__struct_fields__
    changed = [name for name in {**old, **new} if name not in old or name not in new or old[name] != new[name]]
    is_other = any(name not in known for name in changed)
    return [name for name in changed if name in known] + ["other"] * is_other


def _kind_of(topic: str) -> type[Tweet]:
    kind = TOPICS[topic].value
    if kind is None or not issubclass(kind, Tweet):  # unreachable: a test checks that every stage reads tweets
        raise ValueError(f"{topic} is the input of no stage")
    return kind


def _decoded(value: bytes, kind: type[T]) -> T:
    try:
        return decode(value, kind)
    except UndecodableError as error:
        raise RejectedError(str(error)) from None


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
