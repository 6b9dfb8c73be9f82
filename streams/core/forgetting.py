"""What a record has to do with a person who is to be forgotten, or with one tweet.

A value is read leniently, whatever its topic says: a dead letter may be any record of ours, whole or broken. What
cannot be read is searched for the names, as bytes, and may hold them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final, Literal, Self

import msgspec

from schemas.headers import ERROR_STAGE, ORIGIN, raw_origin_of, text_of
from schemas.taxonomy import Stage
from schemas.topics import INPUT_OF, RAW, TOPICS, TopicSpec
from streams.core.authors import author_name, handle_digest
from streams.core.mentions import Mentions
from streams.core.noise import near_key
from streams.core.output import SourceRecord

PROOF_DIGITS: Final = 16
_OUR_HEADERS: Final = ("dallosh-", "__streams.errors.")
_STAGES: Final = frozenset(Stage)
_ORIGIN: Final = re.compile(r"\d+:\d+")
_ASCII_WORD: Final = frozenset("0123456789_abcdefghijklmnopqrstuvwxyz")
"""Only these end no word, so that a broken encoding hides none."""


class Relation(StrEnum):
    """What a record has to do with the subject.

    OWN: the subject wrote it, or it is the tweet. QUOTES: another's reply that carries the tweet as its context.
    MENTIONS: another's text names the author. MAY_HOLD: it cannot be read, and the name or the id stands in it.
    """

    OWN = "own"
    QUOTES = "quotes"
    MENTIONS = "mentions"
    MAY_HOLD = "may_hold"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what to forget; `name` is an author's, lower case without @, or a tweet's id."""

    kind: Literal["author", "tweet"]
    name: str

    @classmethod
    def of_author(cls, text: str) -> Self:
        """Takes a handle, with or without @, or the id that the source gives its author.

        Raises:
            ValueError: nothing is left of it.
        """
        return cls("author", _some(author_name(text)))

    @classmethod
    def of_tweet(cls, text: str) -> Self:
        """Takes the id of a tweet.

        Raises:
            ValueError: nothing is left of it.
        """
        return cls("tweet", _some(text.strip()))

    @property
    def names(self) -> tuple[str, ...]:
        """The forms in which records hold the name: a source without author ids is kept by the digest of its handle."""
        return (self.name,) if self.kind == "tweet" else (self.name, handle_digest(self.name))

    def proof(self, salt: str) -> str:
        """Returns 16 hexadecimal digits that only this name gives with this salt, for whoever has both."""
        return sha256(f"{salt}:{self.kind}:{self.name}".encode("utf-8", "replace")).hexdigest()[:PROOF_DIGITS]


class Search:
    """Looks at records one by one and learns from those of the subject; memory grows with the subject's alone.

    `ids` are the tweets, `near` their near-duplicate keys. What it learns from one record it finds in those after it:
    the replies to an author's tweets are all found only by a second look.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.ids: set[str] = {subject.name} if subject.kind == "tweet" else set()
        self.near: set[bytes] = set()
        self._names = frozenset(subject.names)
        self._origins: set[str] = set()
        self._is_named_in = Mentions(subject.name) if subject.kind == "author" else None

    def look(self, record: SourceRecord, spec: TopicSpec) -> Relation | None:
        """Returns what the record has to do with the subject, None for nothing.

        Args:
            record: of any topic of the registry.
            spec: that topic.
        """
        view = _view(record.value)
        if view is None:
            if self._is_keyed(record, spec):
                return Relation.OWN
            return Relation.MAY_HOLD if self._may_hold(record) else None
        if self._owns(view, record, spec):
            self._learn(view, record, spec)
            return Relation.OWN
        if self._is_quoted(view):
            return Relation.QUOTES
        if self._is_mentioned(view):
            return Relation.MENTIONS
        is_whole = view.author is not None and view.id is not None and not _is_refused_row(record)
        return None if is_whole or not self._may_hold(record) else Relation.MAY_HOLD

    def _owns(self, view: "_View", record: SourceRecord, spec: TopicSpec) -> bool:
        """The author that a value names goes before the id: two authors may have sent the same one."""
        if self.subject.kind == "author" and view.author is not None:
            return author_name(view.author) in self._names or self._is_keyed_by_author(record, spec)
        if view.id is not None and str(view.id) in self.ids:
            return True
        return self._is_keyed(record, spec)

    def _is_keyed(self, record: SourceRecord, spec: TopicSpec) -> bool:
        """Whether the key is the author or a tweet; a tweet's id and an author's may be the same number."""
        if record.key is not None and _kind_of_key(record, spec) != "author" and _text(record.key) in self.ids:
            return True
        return self._is_keyed_by_author(record, spec)

    def _is_keyed_by_author(self, record: SourceRecord, spec: TopicSpec) -> bool:
        if record.key is None or self.subject.kind != "author" or _kind_of_key(record, spec) == "tweet id":
            return False
        return author_name(_text(record.key)) in self._names

    def _is_quoted(self, view: "_View") -> bool:
        """By the id, or by the author whom the context names: the tweet itself may be gone from every topic.

        Then its id is learned here, for Redis may still hold it for other replies.
        """
        if view.context is None:
            return False
        if self.subject.kind == "author" and author_name(view.context.author or "") in self._names:
            if view.context_id is not None:
                self.ids.add(str(view.context_id))
            return True
        return str(view.context_id) in self.ids

    def _is_mentioned(self, view: "_View") -> bool:
        if self._is_named_in is None:
            return False
        if view.text is not None and self._is_named_in(view.text):
            return True
        return view.context is not None and self._is_named_in(view.context.text)

    def _learn(self, view: "_View", record: SourceRecord, spec: TopicSpec) -> None:
        if view.id is not None:
            self.ids.add(str(view.id))
        if view.author is not None and view.text is not None and (near := near_key(view.author, view.text)):
            self.near.add(near)
        origin: str | None = text_of(record.headers, ORIGIN)
        if spec.name == RAW:
            origin = raw_origin_of(record.headers, partition=record.partition, offset=record.offset)
        if origin is not None and _ORIGIN.fullmatch(origin):  # the number of a line says nothing without its file
            self._origins.add(origin)

    def _may_hold(self, record: SourceRecord) -> bool:
        if self._origins and text_of(record.headers, ORIGIN) in self._origins:
            return True
        foreign = (value for name, value in record.headers if not name.startswith(_OUR_HEADERS))  # ours are numbers
        held = [part for part in (record.value, *foreign) if part]
        return any(holds(part, self._names) or holds(part, self.ids) for part in held)


def holds(data: bytes, words: Iterable[str]) -> bool:
    """Tells whether one of the words stands in the bytes, in any case, with no letter, digit or _ right beside it.

    Bytes of 0 are left out, so that UTF-16 is searched, too.
    """
    text = data.replace(b"\0", b"").decode("utf-8", "replace").casefold()
    return any(_stands(text, word.casefold()) for word in words)


def is_searched(spec: TopicSpec, *, is_compacted: bool) -> bool:
    """Tells whether a topic is looked through: it holds personal data, or keeps tweets or authors by their key."""
    return spec.personal_data or (is_compacted and spec.key in ("author", "tweet id", "original key"))


class _Quoted(msgspec.Struct, frozen=True):
    text: str = ""
    author: str | None = None


class _View(msgspec.Struct, frozen=True):
    """What of any value tells whose it is; the decoder skips the rest."""

    id: str | int | None = None
    author: str | None = None
    text: str | None = None
    context_id: str | int | None = None
    context: _Quoted | None = None


_DECODER: Final = msgspec.json.Decoder(_View)


def _view(value: bytes | None) -> _View | None:
    if value is None:
        return None
    try:
        return _DECODER.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def _kind_of_key(record: SourceRecord, spec: TopicSpec) -> str | None:
    """What the key is; that of a dead letter is what its stage reads by, None where no header names the stage."""
    if spec.key != "original key":
        return spec.key
    stage = text_of(record.headers, ERROR_STAGE)
    return TOPICS[INPUT_OF[Stage(stage)]].key if stage in _STAGES else None


def _text(key: bytes) -> str:
    return key.decode("utf-8", "replace")


def _is_refused_row(record: SourceRecord) -> bool:
    """A row as its source wrote it may name its author in a column of another name."""
    return text_of(record.headers, ERROR_STAGE) == Stage.INGEST


def _stands(text: str, word: str) -> bool:
    position = text.find(word)
    while position >= 0:
        end = position + len(word)
        if text[position - 1 : position] not in _ASCII_WORD and text[end : end + 1] not in _ASCII_WORD:
            return True
        position = text.find(word, position + 1)
    return False


def _some(name: str) -> str:
    if not name:
        raise ValueError("the name is empty")
    return name
