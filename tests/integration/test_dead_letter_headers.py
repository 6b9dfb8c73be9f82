"""A letter through the broker: it fails, is replayed, fails again elsewhere, and still tells how it began."""

from pathlib import Path

import pytest
from aiokafka import ConsumerRecord

from schemas import headers as names
from schemas.headers import ORIGIN, text_of
from schemas.topics import CLASSIFIED, DEAD_LETTER, name_in
from tests.integration.router_rig import RouterProcess, create, dallosh, produce, read_all, settings_for, until

pytestmark = pytest.mark.integration

CAME = (("traceparent", b"00-a\xff"), ("mine", b""), ("mine", b"\x00"))
KEY, VALUE = b"k\xfe", b"{not json \xff\x00"


async def test_a_letter_that_is_replayed_and_fails_again_keeps_its_first_failure(
    kafka: str, namespace: str, tmp_path: Path
) -> None:
    settings = settings_for(kafka, namespace)
    await create(settings)
    await produce(settings, [(KEY, VALUE, (*CAME, (ORIGIN, b"9:9")))])
    router = RouterProcess(settings, tmp_path / "router.log")

    async def letters(n_letters: int) -> list[ConsumerRecord]:
        found: list[ConsumerRecord] = []

        async def enough() -> bool:
            found[:] = await read_all(settings, [DEAD_LETTER])
            return len(found) >= n_letters

        await until(enough)
        return sorted(found, key=lambda record: record.timestamp)

    try:
        (first,) = await letters(1)
        done = await dallosh(settings, "dlq", "replay", "--yes", "--why", "the router was mended")
        assert done.returncode == 0, done.stderr
        _, second = await letters(2)
    finally:
        router.kill()

    for letter in (first, second):
        assert (letter.key, letter.value, letter.headers[:3]) == (KEY, VALUE, CAME)
        assert len({name for name, _ in letter.headers[3:]}) == len(letter.headers) - 3
    replays = {names.REPLAYS, names.REPLAY_ID}
    assert {name for name, _ in second.headers} == {name for name, _ in first.headers} | replays
    place = (names.ERROR_TOPIC, names.ERROR_PARTITION, names.ERROR_OFFSET, names.ERROR_TIMESTAMP_MS)
    sources = {(str(record.partition), str(record.offset)) for record in await read_all(settings, [CLASSIFIED])}
    at_first = [text_of(first.headers, name) for name in place]
    at_last = [text_of(second.headers, name) for name in place]
    assert at_first[0] == at_last[0] == name_in(namespace, CLASSIFIED)
    assert {tuple(at_first[1:3]), tuple(at_last[1:3])} == sources
    for last, name in names.FIRST_OF.items():
        assert text_of(second.headers, name) == text_of(first.headers, last)
    assert text_of(second.headers, names.LAST_FAILED_AT) != text_of(first.headers, names.LAST_FAILED_AT)
    assert [text_of(second.headers, name) for name in (names.ERROR_ATTEMPTS, names.REPLAYS, ORIGIN)] == [
        "2",
        "1",
        "9:9",
    ]
