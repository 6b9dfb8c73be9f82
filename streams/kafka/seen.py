"""Rebuilds what the router remembers from what it wrote: the service topics are the truth, not a cache beside them.

An id is in the same partition number of every topic, so one partition's memory comes from that number alone.
"""

import msgspec
from aiokafka import ConsumerRecord

from schemas.codec import UndecodableError, decode
from schemas.headers import origin_of
from schemas.taxonomy import Service
from schemas.topics import NOISE, SERVICE_TOPICS, service_topic, without_namespace
from schemas.tweet import NoiseRecord
from streams.core.seen import Mark, SeenIds, fingerprint
from streams.kafka.reading import tail
from streams.settings import Settings

_SERVICE_OF_TOPIC = {service_topic(service): service for service in Service}


class _Routed(msgspec.Struct, frozen=True):
    """The two fields of a routed tweet that the memory needs; the decoder skips the rest."""

    revision: int = 1
    moved_to: Service | None = None


async def rebuild(settings: Settings, partition: int, *, n_recent: int, n_tail: int) -> SeenIds:
    """Reads the tails of one partition number and returns the memory of its last `n_recent` ids.

    Args:
        settings: the deployment.
        partition: the partition number.
        n_recent: how many ids the memory holds for sure.
        n_tail: offsets read back in each topic.
    """
    marks: list[tuple[int, bytes, Mark]] = []
    ended: list[tuple[bytes, int]] = []
    async for record in tail(settings, (*SERVICE_TOPICS, NOISE), partition, n_records=n_tail):
        topic = without_namespace(settings.namespace, record.topic)
        if topic == NOISE:
            ended += _noise(record)
        elif record.key is not None and (mark := _mark(record, _SERVICE_OF_TOPIC[topic])) is not None:
            marks.append((record.timestamp, record.key, mark))
    seen = SeenIds(n_recent)
    for key, origin in ended[-n_recent:]:
        seen.note_ended(key, origin)
        seen.commit()
    marks.sort(key=lambda entry: (entry[0], entry[2].revision))
    for _, key, mark in marks:
        known = seen.find(key)
        if known is None or mark.revision >= known.revision:
            seen.note(key, mark)
        elif mark.origin != known.origin:
            seen.note_ended(key, mark.origin)
        seen.commit()
    return seen


def _mark(record: ConsumerRecord, service: Service) -> Mark | None:
    """A copy that says `moved_to` tells where the tweet is now, so either copy is enough.

    None where the value is not a routed tweet: a foreign record in a service topic must not keep the router down.
    """
    try:
        routed = decode(record.value, _Routed)
    except UndecodableError:
        return None
    origin = origin_of(record.headers, partition=record.partition, offset=record.offset)
    return Mark(routed.revision, fingerprint(origin.encode()), routed.moved_to or service)


def _noise(record: ConsumerRecord) -> list[tuple[bytes, int]]:
    try:
        noise = decode(record.value, NoiseRecord)
    except UndecodableError:
        return []
    return [(noise.id.encode(), fingerprint(noise.origin.encode()))]
