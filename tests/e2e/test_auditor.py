"""`dallosh worker auditor` as processes: one at work, one standing by, killed and taken over."""

import asyncio
import signal
from contextlib import ExitStack
from pathlib import Path

import pytest

from agents.cli.worker import topics_of
from schemas.audit import ReplyAudit
from schemas.codec import decode
from schemas.taxonomy import Sentiment, Watcher
from schemas.topics import AUDIT, BACKLOG, CLASSIFIED, OFFICIAL
from streams.kafka.reading import scan
from streams.kafka.topics import create_topics
from streams.loopback import free_ports
from streams.settings import Settings, load_settings
from tests.e2e.command import environment
from tests.e2e.process import DALLOSH, Running, get, until
from tests.integration.auditor_rig import customer, official, send

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

N_REPLIES = 300


@pytest.fixture
def settings(kafka: str, redis_url: str, namespace: str, tmp_path: Path) -> Settings:
    made = load_settings(
        kafka_bootstrap=kafka, redis_url=redis_url, namespace=namespace, data_dir=tmp_path, partitions=2
    )
    asyncio.run(create_topics(made))
    return made


@pytest.fixture
def env(settings: Settings) -> dict[str, str]:
    return environment(
        settings.data_dir, DALLOSH_KAFKA_BOOTSTRAP=settings.kafka_bootstrap, DALLOSH_REDIS_URL=settings.redis_url,
        DALLOSH_NAMESPACE=settings.namespace, DALLOSH_POLL_RECORDS="20", DALLOSH_SESSION_TIMEOUT_S="6",
    )  # fmt: skip


def published(settings: Settings) -> list[ReplyAudit]:
    async def read() -> list[ReplyAudit]:
        return [decode(record.value, ReplyAudit) async for record in scan(settings, [AUDIT])]

    return asyncio.run(read())


def test_a_killed_auditor_is_taken_over_and_nothing_is_lost(
    settings: Settings, env: dict[str, str], tmp_path: Path
) -> None:
    asyncio.run(send(settings, *(customer(f"q{n}", n) for n in range(N_REPLIES))))
    ports = free_ports(2)
    with ExitStack() as stack:
        workers = {
            port: stack.enter_context(
                Running([*DALLOSH, "worker", "auditor", "--health-port", str(port)], env, tmp_path, name=str(port))
            )
            for port in ports
        }

        def states() -> dict[str, int]:
            return {said: port for port in ports for code, said in [get(port, "/ready")] if code == 200}

        until(lambda: set(states()) == {"at work\n", "standing by\n"}, "one at work, one standing by")
        at_work, standing_by = (states()[said] for said in ("at work\n", "standing by\n"))
        asyncio.run(send(settings, *(official(f"r{n}", n + 5, f"q{n}") for n in range(N_REPLIES))))
        until(lambda: published(settings), "replies")
        workers[at_work].stop(signal.SIGKILL)
        asyncio.run(send(settings, customer("after", 600, to="r0", said=Sentiment.POSITIVE)))
        other = workers[standing_by]
        other.wait_for(lambda: get(standing_by, "/ready") == (200, "at work\n"), "at work")
        other.wait_for(
            lambda: Sentiment.POSITIVE in {one.sentiment_after for one in published(settings)}, "the next tweet"
        )
        other.wait_for(lambda: len({one.reply_id for one in published(settings)}) == N_REPLIES, "all replies")
        assert "dallosh_audited_total" in get(standing_by, "/metrics")[1]
        assert other.stop() == 0
    found = published(settings)
    assert {one.reply_id for one in found} == {f"r{n}" for n in range(N_REPLIES)}
    assert {one.delay_s for one in found} == {300.0}
    assert "Plus de fibre" not in "".join(worker.stderr() for worker in workers.values())


def test_it_needs_what_it_reads_and_writes() -> None:
    assert topics_of(Watcher.AUDITOR) == {OFFICIAL, CLASSIFIED, AUDIT, BACKLOG}
