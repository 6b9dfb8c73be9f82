"""The auditor's desk: official posts and classified tweets in, measured replies out, over tables loaded in part.

Which keys a block of records needs is known only by working on it. So it is worked on with what is loaded; what was
asked for and is not there is loaded, and the work done again, until nothing is missing: three or four rounds.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final, TypeVar

import msgspec

from schemas.audit import ReplyAudit
from schemas.classification import ClassifiedTweet
from schemas.taxonomy import Priority, Topic
from schemas.tweet import Tweet
from streams.core.audit.form import form_of
from streams.core.audit.gather import is_reply, question_of
from streams.core.audit.join import Asked, Join, Question, Reply, State, Thread, record_of
from streams.core.audit.openings import judged, opening_of

V = TypeVar("V")

Key = tuple[str, str]
"""A table's name and a key of it."""

TABLES: Final[dict[str, Any]] = {
    "asked": Asked, "waiting": list[Reply], "roots": str, "threads": Thread, "begun": int, "open": int,
}  # fmt: skip
"""What each table holds. `begun`: replies that an account began so; `open`: tweets of an hour that wait, by labels."""
_DIGEST_BYTES: Final = 12
_DECODERS: Final[dict[str, msgspec.json.Decoder[Any]]] = {
    name: msgspec.json.Decoder(kind) for name, kind in TABLES.items()
}


class Table(dict[str, V]):
    """A table of which a part is loaded; notes what was asked for beyond it.

    Args:
        loaded: by key; None: there is nothing.
    """

    def __init__(self, loaded: Mapping[str, V | None]) -> None:
        super().__init__({key: value for key, value in loaded.items() if value is not None})
        self.loaded = frozenset(loaded)
        self.missed: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        """Returns what is loaded of a key."""
        self._ask(key)
        return super().get(key, default)

    def setdefault(self, key: str, default: Any) -> Any:
        """Returns what is loaded of a key, or puts the default there."""
        self._ask(key)
        return super().setdefault(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        """Takes what is loaded of a key out."""
        self._ask(key)
        return super().pop(key, *default)

    def _ask(self, key: str) -> None:
        if key not in self.loaded and key not in self:
            self.missed.add(key)


class Desk:
    """Works on records in the order in which they come.

    Args:
        loaded: the bytes of each key that was looked up, None where there are none.
    """

    def __init__(self, loaded: Mapping[Key, bytes | None]) -> None:
        self._loaded = loaded
        tables: dict[str, Table[Any]] = {
            name: Table({
                key: None if value is None else _DECODERS[name].decode(value)
                for (table, key), value in loaded.items() if table == name
            })
            for name in TABLES
        }  # fmt: skip
        self._tables = tables
        self._begun: dict[str, int] = tables["begun"]
        self._open: dict[str, int] = tables["open"]
        self._join = Join(State(**{name: tables[name] for name in State.__struct_fields__}))

    def official(self, tweet: Tweet) -> list[ReplyAudit]:
        """Takes an official post; returns it measured when it answers a tweet that is known."""
        if not is_reply(tweet):
            return []
        assert tweet.in_reply_to is not None
        opening, form = opening_of(tweet.text), form_of(tweet.text)
        words, line, stem = (_digest(tweet.author, *part) for part in zip("wll", opening, strict=True))
        if self._is_new(tweet):
            self._begun[words] = self._begun.get(words, 0) + 1
            self._begun[line] = self._begun.get(line, 0) + 1
        n_words, n_line, n_stem = (self._begun.get(key, 0) for key in (words, line, stem))
        judgement = judged(opening, n_words=n_words, n_line=n_line, n_stem=n_stem)
        reply = Reply(
            id=tweet.id, tweet_id=tweet.in_reply_to, account=tweet.author, at=tweet.created_at, form=form,
            template=judgement.template, personalised=form.named or judgement.named_at_end,
        )  # fmt: skip
        before = self._waits(tweet.in_reply_to)
        answer = self._join.reply(reply)
        self._count(before, self._waits(tweet.in_reply_to))
        return [] if answer is None else [record_of(answer)]

    def customer(self, tweet: ClassifiedTweet) -> list[ReplyAudit]:
        """Takes a customer's tweet; returns the replies that it completes. Its author is kept as a digest."""
        if tweet.official or tweet.retweet:
            return []
        question = msgspec.structs.replace(question_of(tweet, tweet), author=_digest(tweet.author))
        before = self._waits(question.id)
        answers = self._join.ask(question)
        self._count(before, self._waits(question.id))
        return [record_of(answer) for answer in answers]

    def missed(self) -> set[Key]:
        """Returns what was asked for and not loaded: with any, the work counts for nothing."""
        return {(name, key) for name, table in self._tables.items() for key in table.missed}

    def changes(self) -> dict[Key, bytes | None]:
        """Returns what the work has changed, as bytes; None: the key is to go."""
        found: dict[Key, bytes | None] = {}
        for name, table in self._tables.items():
            for key in table.keys() | table.loaded:
                value = msgspec.json.encode(table[key]) if key in table else None
                if value != self._loaded.get((name, key)):
                    found[name, key] = value
        return found

    def _is_new(self, tweet: Tweet) -> bool:
        """Whether a reply comes for the first time, as far as is known: neither answered nor waiting."""
        assert tweet.in_reply_to is not None
        waiting: Sequence[Reply] = self._join.state.waiting.get(tweet.in_reply_to, ())
        return self._join.state.roots.get(tweet.id) is None and all(one.id != tweet.id for one in waiting)

    def _waits(self, id_: str) -> str | None:
        """Returns the key under which a tweet counts as waiting; None where it does not."""
        asked = self._join.state.asked.get(id_)
        return None if asked is None or asked.answered_at is not None else open_key(asked.question)

    def _count(self, before: str | None, after: str | None) -> None:
        if before == after:
            return
        for key, step in ((before, -1), (after, 1)):
            if key is not None:
                self._open[key] = max(0, self._open.get(key, 0) + step)


def worked(
    work: Callable[[Desk], list[ReplyAudit]], loaded: Mapping[Key, bytes | None]
) -> tuple[list[ReplyAudit], Desk]:
    """Does the work at a new desk over what is loaded; see `Desk.missed` whether it counts."""
    desk = Desk(loaded)
    return work(desk), desk


def open_key(question: Question) -> str:
    """Returns the key of tweets that wait: hour since 1970, priority, topic."""
    assert question.priority is not None
    assert question.topic is not None
    return hour_key(int(question.at.timestamp() // 3600), question.priority, question.topic)


def hour_key(hour: int, priority: Priority, topic: Topic) -> str:
    """Returns the key of the tweets of an hour with these labels."""
    return f"{hour}:{priority}:{topic.value}"


def hour_at(hour: int) -> datetime:
    """Returns the instant at which an hour since 1970 begins."""
    return datetime.fromtimestamp(hour * 3600, UTC)


def _digest(*parts: str) -> str:
    said = "\0".join(parts).encode("utf-8", "surrogatepass")
    return blake2b(said, digest_size=_DIGEST_BYTES).hexdigest()
