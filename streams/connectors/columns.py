"""Which column of a file is which field of a tweet, and how a row's values become one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.tweet import Tweet
from streams.connectors.event_time import instant_of
from streams.core.authors import bare_handle, handle_digest
from streams.errors import FatalError, RejectedError

FIELDS: Final = (
    "id", "created_at", "text", "handle", "author", "official", "in_reply_to", "retweet", "quote", "likes", "retweets",
    "replies", "views",
)  # fmt: skip
"""The fields of a tweet that a column can give, in the order in which `TweetMaker.make` takes them."""

REQUIRED: Final = ("id", "created_at", "text")

CSV_COLUMNS: Final[dict[str, str]] = {
    "id": "id", "created_at": "created_at", "text": "full_text", "handle": "screen_name", "author": "user_id",
    "official": "official", "in_reply_to": "in_reply_to", "retweet": "retweeted_status", "quote": "quoted_status",
    "likes": "favorite_count", "retweets": "retweet_count", "replies": "reply_count", "views": "views_count",
}  # fmt: skip
"""The business's export. A retweet is a row with a `retweeted_status`; its `retweeted` only says "by me"."""

JSONL_COLUMNS: Final[dict[str, str]] = {name: name for name in FIELDS}

_NONE: Final = frozenset({"", "null", "Null", "NULL", "none", "None", "nan", "NaN"})
_NO: Final = _NONE | {"false", "False", "FALSE", "0", "no", "non"}
_MAX_COUNT: Final = 2**63 - 1

FIRST_TWEET: Final = datetime(2006, 3, 21, tzinfo=UTC)
MOST_AHEAD: Final = timedelta(days=1)
"""A date without its offset is hours off; one later than this is wrong, and would carry event time off with it."""


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Field -> column. `named` are the fields that a person mapped: their columns must exist."""

    columns: Mapping[str, str]
    named: frozenset[str] = frozenset()

    def missing_from(self, header: Sequence[str]) -> list[str]:
        """Returns the columns that must be there and are not."""
        present = set(header)
        return [
            self.columns[f] for f in FIELDS if (f in REQUIRED or f in self.named) and self.columns[f] not in present
        ]

    @property
    def text(self) -> str:
        """The column of the text."""
        return self.columns["text"]


def mapped(defaults: Mapping[str, str], changes: Mapping[str, str]) -> ColumnMap:
    """Returns the defaults with a person's changes.

    Raises:
        FatalError: a change names a field that a tweet does not have.
    """
    if unknown := sorted(set(changes) - set(FIELDS)):
        raise FatalError(
            f"a tweet has no field {', '.join(unknown)}", remedy=f"--map FIELD=COLUMN takes: {', '.join(FIELDS)}"
        )
    return ColumnMap({**defaults, **changes}, frozenset(changes))


def read_changes(path: Path) -> dict[str, str]:
    """Reads a column map from a YAML or JSON file: an object of field: column.

    Raises:
        FatalError: it cannot be read as one.
    """
    try:
        decode = msgspec.json.decode if path.suffix == ".json" else msgspec.yaml.decode
        return decode(path.read_bytes(), type=dict[str, str])
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
        raise FatalError(
            f"the column map {path} cannot be read: {error}", remedy="It holds lines such as `id: tweet_id`"
        ) from None


class TweetMaker:
    """Makes tweets of values.

    The author is the handle for an official account. Otherwise it is the source's author id, or a digest of the handle
    where there is no id; a row that names nobody is its own author, so that two of them are never taken for one
    person's.

    Args:
        official_handles: the operator's accounts, lower case, without @.
    """

    def __init__(self, official_handles: frozenset[str]) -> None:
        self._official = official_handles

    def make(self, values: Sequence[Any]) -> Tweet:
        """Makes a tweet of the values of `FIELDS`, None where the source has no such column.

        The texts of the export hold line breaks as backslash-n: callers that read it undo that first.

        Raises:
            RejectedError: a value is missing or of a wrong form; the message never quotes it.
        """
        id_, created_at, text, handle, author, official, in_reply_to, retweet, quote, *counts = values
        tweet_id = identifier(id_, "id")
        if tweet_id is None:
            raise RejectedError("the id is missing")
        if not isinstance(text, str):
            if text is not None:
                raise RejectedError("the text is not a text")
            text = ""
        name = bare_handle(identifier(handle, "handle") or "")
        who = identifier(author, "author")
        is_official = official is not None and truth(official)
        if name and name.lower() in self._official:
            who, is_official = name, True
        elif who is None:
            who = handle_digest(name) if name else f"t_{tweet_id}"
        elif who.lower() in self._official:
            is_official = True
        likes, retweets, replies, views = map(count, counts)
        return Tweet(
            id=tweet_id, created_at=_instant(created_at), text=text, author=name if is_official and name else who,
            official=is_official, in_reply_to=identifier(in_reply_to, "in_reply_to"), retweet=truth(retweet),
            quote=truth(quote), likes=likes, retweets=retweets, replies=replies, views=views,
        )  # fmt: skip


def _instant(value: Any) -> datetime:
    if not isinstance(value, str):
        raise RejectedError("the date is missing")
    at = instant_of(value)
    if at < FIRST_TWEET:
        raise RejectedError(f"the date is before {FIRST_TWEET:%Y-%m-%d}, the day of the first tweet")
    if at > datetime.now(UTC) + MOST_AHEAD:
        raise RejectedError("the date is more than a day in the future")
    return at


def identifier(value: Any, name: str) -> str | None:
    """Returns an id as text, None where the source says "null" or nothing.

    Raises:
        RejectedError: it is neither text nor a whole number (a float has lost the last digits of an id).
    """
    if isinstance(value, str):
        value = value.strip()
        return None if value in _NONE else value
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise RejectedError(f"the field {name} is neither a text nor a whole number")


def truth(value: Any) -> bool:
    """Whether a value says yes: `true`, an id, or anything but the ways to write no and none."""
    return value.strip() not in _NO if isinstance(value, str) else bool(value)


def count(value: Any) -> int | None:
    """Returns a count, or None for what is none: a tweet is never refused for its likes."""
    if isinstance(value, str):
        value = int(value) if value.isdecimal() and len(value) < 20 else None
    return value if type(value) is int and 0 <= value <= _MAX_COUNT else None
