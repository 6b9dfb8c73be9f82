"""Reads the topics for a person or a tweet that is to be forgotten, and says what is where until when."""

import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka import ConsumerRecord

from schemas.topics import TOPICS, TopicSpec
from streams.core.forgetting import Relation, Search, is_searched
from streams.core.keeping import Ends, Keeping, keeping
from streams.errors import FatalError
from streams.kafka.reading import scan
from streams.kafka.topic_state import describe_topics
from streams.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """A record that has to do with the subject, by its place; never its key nor its text. `topic` is the registry's.

    `expires_at` and `gone_by` are None where no age removes it (`ends` says what does); see `Keeping`.
    """

    topic: str
    partition: int
    offset: int
    written_at: datetime | None
    relation: Relation
    ends: Ends
    expires_at: datetime | None
    gone_by: datetime | None


@dataclass(frozen=True, slots=True)
class Searched:
    """A topic that is looked through, and how it is kept; it has at most `n_offsets` records."""

    spec: TopicSpec
    keeping: Keeping
    n_offsets: int


async def searched_topics(settings: Settings, *, required: Sequence[str] = ()) -> list[Searched]:
    """Returns the topics to look through that exist, in the order in which tweets pass them.

    Args:
        settings: the deployment.
        required: the registry's names of further topics that must exist.

    Raises:
        FatalError: the broker cannot be reached, or has none of the registry's topics, or lacks a required one.
    """
    states = await describe_topics(settings)
    if not states:
        raise FatalError("the broker has none of our topics", remedy="Check DALLOSH_NAMESPACE, or dallosh topics list")
    if missing := [name for name in required if name not in states]:
        raise FatalError(f"no topic {', '.join(missing)}", remedy="Run dallosh topics create")
    found = (Searched(state.spec, keeping(state.spec, state.config), state.n_offsets) for state in states.values())
    wanted = {one.spec.name: one for one in found if is_searched(one.spec, is_compacted=one.keeping.is_compacted)}
    return [wanted[name] for name in TOPICS if name in wanted]


async def read_through(
    settings: Settings, topics: Sequence[Searched], search: Search
) -> AsyncGenerator[tuple[Searched, ConsumerRecord, Relation | None], None]:
    """Reads topics one after another, each to the end that it has when its turn comes, committed records only.

    So a tweet that moves on meanwhile is met in the topics behind, and one topic at a time is in memory.

    Raises:
        FatalError: the broker cannot be reached, or went silent.
    """
    for one in topics:
        async with contextlib.aclosing(scan(settings, [one.spec.name])) as records:
            async for record in records:
                yield one, record, search.look(record, one.spec)


def remaining(one: Searched, record: ConsumerRecord, relation: Relation) -> Remaining:
    """Says where a record is and when it goes."""
    return Remaining(
        topic=one.spec.name,
        partition=record.partition,
        offset=record.offset,
        written_at=None if record.timestamp < 0 else datetime.fromtimestamp(record.timestamp / 1000, UTC),
        relation=relation,
        ends=one.keeping.ends,
        expires_at=one.keeping.expires_at(record.timestamp),
        gone_by=one.keeping.gone_by(record.timestamp),
    )
