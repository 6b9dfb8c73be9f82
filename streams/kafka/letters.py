"""Reads dead letters, and what was decided of them."""

import contextlib
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass

import structlog
from aiokafka import ConsumerRecord

from schemas.codec import UndecodableError, decode
from schemas.operations import Disposition, Verdict
from schemas.topics import DEAD_LETTER_TOPICS, DISPOSITIONS, without_namespace
from streams.core.letters import DeadLetter, Wanted, described, is_waiting
from streams.core.record_id import RecordId
from streams.kafka.reading import pick, scan
from streams.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Found:
    """A dead letter that matched, its record, and what was decided of it before."""

    letter: DeadLetter
    record: ConsumerRecord
    verdict: Verdict | None


async def dispositions(settings: Settings) -> dict[str, Verdict]:
    """Reads what was decided of dead letters: `RecordId.key` -> the latest verdict."""
    found: dict[str, Verdict] = {}
    async with contextlib.aclosing(_decisions(settings)) as decisions:
        async for key, disposition in decisions:
            if disposition is None:
                found.pop(key, None)
            else:
                found[key] = disposition.verdict
    return found


async def disposition_at(settings: Settings, place: RecordId) -> Disposition | None:
    """Reads what was decided of one dead letter last."""
    found: Disposition | None = None
    async with contextlib.aclosing(_decisions(settings)) as decisions:
        async for key, disposition in decisions:
            if key == place.key:
                found = disposition
    return found


async def dead_letters(
    settings: Settings, wanted: Wanted, *, topics: Sequence[str] = DEAD_LETTER_TOPICS, decided: bool = False
) -> AsyncGenerator[Found, None]:
    """Yields the letters that match, those of which something was decided only when `decided`.

    Bounded by the ends of the topics at the start.

    Args:
        settings: the deployment.
        wanted: which.
        topics: the registry's names.
        decided: also those that were replayed, parked or discarded.
    """
    verdicts = await dispositions(settings)
    async with contextlib.aclosing(scan(settings, topics, since_ms=wanted.since_ms, required=True)) as records:
        async for record in records:
            found = _found(settings, record, verdicts)
            if (decided or is_waiting(found.verdict)) and wanted.matches(found.letter, record):
                yield found


async def letters_at(settings: Settings, places: Collection[RecordId]) -> AsyncGenerator[Found, None]:
    """Yields the letters at these places, decided or not; those that are not there are left out."""
    verdicts = await dispositions(settings)
    async with contextlib.aclosing(pick(settings, places)) as records:
        async for record in records:
            yield _found(settings, record, verdicts)


async def letter_at(settings: Settings, place: RecordId) -> Found | None:
    """Returns the letter at a place, decided or not; None where it is not."""
    async with contextlib.aclosing(letters_at(settings, [place])) as letters:
        async for found in letters:
            return found
    return None


def _found(settings: Settings, record: ConsumerRecord, verdicts: dict[str, Verdict]) -> Found:
    letter = described(record, without_namespace(settings.namespace, record.topic))
    return Found(letter, record, verdicts.get(letter.key))


async def _decisions(settings: Settings) -> AsyncGenerator[tuple[str, Disposition | None], None]:
    """Yields decisions in their order, None where one was taken back.

    What an open transaction decides is waited for: behind it may stand what another one has decided.
    A record that is no disposition is skipped and told by its place: one of them must not close the dead letters.
    """
    async with contextlib.aclosing(scan(settings, [DISPOSITIONS], required=True, with_open=True)) as records:
        async for record in records:
            if record.key is None:
                continue
            try:
                decision = None if record.value is None else decode(record.value, Disposition)
                key = record.key.decode()
            except (UnicodeDecodeError, UndecodableError):
                log.warning("no_disposition", place=RecordId.of(record).key)
                continue
            yield key, decision
