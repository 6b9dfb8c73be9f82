"""Which service a classified tweet goes to, and what becomes of repeats, duplicates and new revisions."""

from dataclasses import dataclass
from typing import Final, assert_never

from msgspec.structs import replace

from schemas.classification import ClassifiedTweet
from schemas.codec import encode
from schemas.headers import Header
from schemas.taxonomy import SERVICE_OF, NoiseReason, Origin, Service
from schemas.topics import NOISE, SERVICE_TOPICS, TOPICS, service_topic
from schemas.tweet import NoiseRecord
from streams.core.output import Output, size_of
from streams.core.seen import Mark, SeenIds, fingerprint
from streams.errors import RejectedError

MOVED_BYTES: Final = 64
"""What `moved_to` adds to a record, and more."""


@dataclass(frozen=True, slots=True)
class Routed:
    """The tweet goes to this service: new, or a higher revision that stays where it was."""

    service: Service


@dataclass(frozen=True, slots=True)
class Moved:
    """A higher revision belongs to another service; `left` gets a copy that says so."""

    service: Service
    left: Service


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same record of the same origin again: dropped, for its first coming is already in its place."""


@dataclass(frozen=True, slots=True)
class DuplicateNoise:
    """The same tweet from another origin: noise, so that this origin ends somewhere too."""


Decision = Routed | Moved | Repeat | DuplicateNoise

REPEAT: Final = Repeat()
DUPLICATE: Final = DuplicateNoise()


def route(tweet: ClassifiedTweet, origin: Origin, seen: Mark | None, before: Service | None = None) -> Decision:
    """Decides from the tweet's labels and from what was routed of the same id before.

    A lower revision never overwrites a higher one: of the same origin it is a repeat, of another it is a duplicate.

    Args:
        tweet: the record.
        origin: its origin.
        seen: the place of the tweet as it is remembered.
        before: the place that a repair found it in; counts where the tweet is remembered no more.
    """
    service = SERVICE_OF[tweet.main_topic]
    if seen is None or tweet.revision > seen.revision:
        left = seen.service if seen is not None else before if tweet.revision > 1 else None
        return Routed(service) if left in (None, service) else Moved(service, left)
    return REPEAT if fingerprint(origin.encode()) == seen.origin else DUPLICATE


def decide(tweet: ClassifiedTweet, origin: Origin, seen: SeenIds, before: Service | None = None) -> Decision:
    """Decides, and drafts the outcome in `seen`; the caller commits or rolls the draft back with its transaction."""
    tweet_id, origin_key = tweet.id.encode(), fingerprint(origin.encode())
    mark = seen.find(tweet_id)
    if (mark is None or tweet.revision <= mark.revision) and seen.has_ended(tweet_id, origin_key):
        return REPEAT
    decision = route(tweet, origin, mark, before)
    match decision:
        case Routed(service) | Moved(service):
            seen.note(tweet_id, Mark(tweet.revision, origin_key, service))
        case DuplicateNoise():
            seen.note_ended(tweet_id, origin_key)
        case Repeat():
            pass
        case _:
            assert_never(decision)
    return decision


def check_size(tweet: ClassifiedTweet, value: bytes, headers: tuple[Header, ...]) -> None:
    """Looks before anything is decided: a decision that cannot be written must not be remembered.

    Raises:
        RejectedError: with `moved_to`, a key and its headers the record would not fit into a service topic.
    """
    n_bytes = size_of(tweet.id.encode(), value, headers) + MOVED_BYTES
    if n_bytes > (most := min(TOPICS[topic].max_message_bytes for topic in SERVICE_TOPICS)):
        raise RejectedError(f"routed it would take {n_bytes} bytes; {most} fit")


def outputs_of(
    tweet: ClassifiedTweet, origin: Origin, decision: Decision, *, value: bytes, headers: tuple[Header, ...]
) -> list[Output]:
    """Writes a decision down: the record byte for byte with its headers, and what else it entails.

    Args:
        tweet: the decoded record.
        origin: its origin.
        decision: what `decide` said.
        value: the record's bytes.
        headers: the record's headers; they ride on.
    """
    key = tweet.id.encode()
    match decision:
        case Routed(service):
            return [Output(service_topic(service), key, value, headers)]
        case Moved(service, left):
            moved = encode(replace(tweet, moved_to=service.value))
            return [
                Output(service_topic(service), key, value, headers),
                Output(service_topic(left), key, moved, headers),
            ]
        case DuplicateNoise():
            noise = NoiseRecord(id=tweet.id, origin=origin, reason=NoiseReason.DUPLICATE.value)
            return [Output(NOISE, key, encode(noise), headers)]
        case Repeat():
            return []
    assert_never(decision)
