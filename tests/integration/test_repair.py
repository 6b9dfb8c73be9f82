"""A repair on a real broker: degraded labels, the better ones at level 1, the router, and what the services see."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from agents import repair as module
from agents.model_status import ModelStatus
from agents.repair import Order, repair
from schemas.classification import ClassifiedTweet
from schemas.codec import decode
from schemas.headers import REPAIR, text_of
from schemas.operations import Command
from schemas.taxonomy import Level, Topic
from schemas.topics import CLASSIFIED, COMMANDS, DEAD_LETTER, FALLBACK_GPU, NOISE, SCRUBBED, SERVICE_TOPICS
from streams.core.breaker import BreakerState
from streams.core.limits import TargetState
from streams.core.order import Load
from streams.core.repair_plan import Wanted
from streams.core.standing import Standing
from streams.core.tally import TERMINAL_TOPICS, Tally
from streams.errors import FatalError
from streams.settings import Settings
from tests.integration.router_rig import (
    PROGRAM,
    RouterProcess,
    create,
    dallosh,
    environment,
    produce,
    read_all,
    settings_for,
    tweet,
    until,
    written,
)
from tests.unit.core.targets import target

pytestmark = pytest.mark.integration

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CLASSIFIER: Final = """
import os, sys
from datetime import UTC, datetime
from agents.level import LevelProcessor, LevelSpec
from schemas.taxonomy import Level, Stage
from schemas.topics import FALLBACK_GPU
from streams.core.batching import BatchLimits
from streams.core.cascade import Answer, LevelResult
from streams.kafka.batch_stage import run_batch_stage
from streams.settings import load_settings
from tests.simulator.rule import labels_of

class Models:
    answers = True
    async def start(self): ...
    async def close(self): ...
    def limits(self): return BatchLimits(max_tokens=4400, max_items=1000, linger_s=0.05)
    def n_tokens(self, tweet): return 44
    async def classify(self, tweets, keep):
        if not self.answers:
            return LevelResult({}, {i: "all_open" for i in range(len(tweets))})
        labels, now = [labels_of(tweet.text) for tweet in tweets], datetime.now(UTC)
        return LevelResult({i: Answer(one, "by-rule", now) for i, one in enumerate(labels)}, {})

spec = LevelSpec(stage=Stage.CLASSIFIER, level=Level.API, fallback=FALLBACK_GPU)
sys.exit(run_batch_stage(load_settings(), spec.stage, LevelProcessor(spec, Models())))
"""
"""Level 1 as a worker of ours, with the simulator's stated rule in place of a model."""

GIVES_UP: Final = CLASSIFIER.replace("answers = True", "answers = False")


@pytest.fixture
def settings(kafka: str, namespace: str) -> Settings:
    return settings_for(kafka, namespace)


def degraded(number: int, text: str = "panne de fibre", **changes: Any) -> ClassifiedTweet:
    """A tweet that BERT took for billing."""
    said = f"{text} {number}"
    return tweet(number, Topic.BILLING, text=said, scrubbed=said, degraded=True, **changes)


@asynccontextmanager
async def worker(settings: Settings, tmp_path: Path, program: str, name: str) -> AsyncIterator[RouterProcess]:
    process = RouterProcess(settings, tmp_path / f"{name}.log", program)
    try:
        yield process
    finally:
        process.signal(signal.SIGTERM)
        try:
            assert await process.exit_code() == 0, process.text()
        finally:
            if process.process.poll() is None:
                process.kill()


async def run(settings: Settings, *arguments: str) -> dict[str, Any]:
    """Runs `dallosh repair` for everything, in a process of its own; returns its summary."""
    done = await dallosh(settings, "repair", "--since", "2h", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return summary


async def send(settings: Settings, *arguments: str) -> dict[str, Any]:
    """Sends the repairs; no model is configured here, so it takes force."""
    return await run(settings, "--yes", "--force", "--rate", "1000", *arguments)


async def n_records(settings: Settings, *topics: str) -> int:
    return len(await read_all(settings, topics))


async def tally_of(settings: Settings) -> Tally:
    tally = Tally()
    for record in await read_all(settings, TERMINAL_TOPICS):
        tally.add(record, record.topic.removeprefix(f"{settings.namespace}."))
    return tally


async def consumed(settings: Settings, service: str) -> list[dict[str, Any]]:
    done = await dallosh(settings, "consume", service, "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()[:-1]]


async def test_a_degraded_label_becomes_a_better_one_at_the_right_service(settings: Settings, tmp_path: Path) -> None:
    await create(settings)
    wrong, right = [degraded(n) for n in range(20)], [degraded(n, "facture fausse") for n in range(20, 30)]
    nominal = [tweet(n, Topic.BILLING, level=Level.API) for n in range(30, 35)]
    await produce(settings, [written(one) for one in (*wrong, *right, *nominal)])

    plan = await run(settings)
    assert (plan["matched"], plan["sent"], plan["executed"], plan["expected_usd"]) == (30, 0, False, None)
    assert plan["histogram"] == [{"level": "bert", "service": "billing", "priority": 1, "n": 30, "unsure": 0}]
    assert await n_records(settings, SCRUBBED, COMMANDS) == 0

    async with worker(settings, tmp_path, PROGRAM, "router"):
        assert (await send(settings, "--max", "12", "--why", "the APIs are back"))["sent"] == 12
        assert (await send(settings))["sent"] == 18  # it goes on where the first ended
        again = await send(settings)
        assert (again["matched"], again["on_their_way"], again["sent"]) == (0, 30, 0)
        async with worker(settings, tmp_path, CLASSIFIER, "classifier"):
            await until(lambda: has(settings, 35 + 30 + 20))
            after = await run(settings)
            assert (after["matched"], after["on_their_way"]) == (0, 0)
            # the same repairs once more, as a crash of the classifier would classify them: nothing changes
            repairs = await read_all(settings, [SCRUBBED])
            await produce(settings, [(one.key, one.value, one.headers) for one in repairs], SCRUBBED)
            await until(lambda: is_classified(settings, 35 + 60))
        lasts = [written(tweet(1_000 + n, Topic.OTHER)) for n in range(30)]  # behind them, in every partition
        await produce(settings, lasts)
        await until(lambda: has(settings, 35 + 30 + 20 + 30))

    billing = await consumed(settings, "billing")
    assert {one["id"]: one.get("revision", 1) for one in billing} == {
        one.id: revision for ones, revision in ((right, 2), (nominal, 1)) for one in ones
    }
    technical = await consumed(settings, "technical")
    assert [(one["id"], one["revision"], one.get("degraded")) for one in technical] == [
        (one.id, 2, None) for one in wrong
    ]
    moved = [decode(one.value, ClassifiedTweet) for one in await read_all(settings, ["service.billing"])]
    assert {(one.id, one.moved_to) for one in moved if one.moved_to} == {(one.id, "technical") for one in wrong}
    tally = await tally_of(settings)
    assert (tally.n_ended, tally.n_repeated, tally.n_revised) == (65, 0, 30)
    assert await n_records(settings, FALLBACK_GPU, DEAD_LETTER, NOISE) == 0


async def has(settings: Settings, n_routed: int) -> bool:
    return await n_records(settings, *SERVICE_TOPICS) >= n_routed


async def is_classified(settings: Settings, n_classified: int) -> bool:
    return await n_records(settings, CLASSIFIED) >= n_classified


async def test_what_level_1_gives_up_ends_there_and_can_be_repaired_again(settings: Settings, tmp_path: Path) -> None:
    await create(settings)
    await produce(settings, [written(degraded(n)) for n in range(6)])
    assert (await send(settings))["sent"] == 6

    async def is_waiting() -> bool:
        return bool((await run(settings))["on_their_way"])

    async def is_over() -> bool:
        return not await is_waiting()

    assert await is_waiting()
    async with worker(settings, tmp_path, GIVES_UP, "classifier"):
        await until(is_over)
    assert await n_records(settings, FALLBACK_GPU, DEAD_LETTER) == 0
    assert await n_records(settings, CLASSIFIED) == 6
    assert (await run(settings))["matched"] == 6


async def test_only_the_unsure_ones_are_sent_when_asked_for(settings: Settings) -> None:
    await create(settings)
    await produce(settings, [written(degraded(n, unsure=n < 4)) for n in range(10)])
    plan = await run(settings)
    assert (plan["matched"], plan["unsure"]) == (10, 4)
    assert (await send(settings, "--unsure"))["sent"] == 4
    sent = await read_all(settings, [SCRUBBED])
    assert {one.key for one in sent} == {degraded(n).id.encode() for n in range(4)}
    assert (await commands(settings))[-1].arguments["unsure"] == "True"


async def test_without_a_model_nothing_is_sent(settings: Settings) -> None:
    await create(settings)
    await produce(settings, [written(degraded(1))])
    done = await dallosh(settings, "repair", "--since", "2h", "--yes")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("dallosh: no model of level 1 is configured")
    assert await n_records(settings, SCRUBBED, COMMANDS) == 0


def order(command_id: str = "c1", rate: float = 1_000.0, **changes: Any) -> Order:
    return Order(command_id=command_id, who="on-call", why="test", wanted=Wanted(), since_ms=0, rate=rate, **changes)


class Level1:
    """A status that says what is asked of it, look by look; the last one stands."""

    def __init__(self, *spent_usd: int) -> None:
        self._spent = list(spent_usd) or [0]
        self.n_looks = 0

    async def __call__(self) -> ModelStatus:
        self.n_looks += 1
        spent = self._spent.pop(0) if len(self._spent) > 1 else self._spent[0]
        state = TargetState(breaker=BreakerState.CLOSED, level_spent_today_usd=Decimal(spent))
        standing = Standing(
            target=target("m"), position=1, why="the cheapest", price=None, usd_per_1000=Decimal("0.5"), state=state
        )
        load = Load(prompt_tokens=400, tweet_tokens=4_400, n_tweets=100)
        return ModelStatus(standings=(standing,), disabled=(), price_version="v", load=load)


async def commands(settings: Settings) -> list[Command]:
    return [decode(record.value, Command) for record in await read_all(settings, [COMMANDS])]


async def test_the_rate_holds_and_the_command_is_recorded(settings: Settings) -> None:
    await create(settings)
    await produce(settings, [written(degraded(n)) for n in range(30)])
    started_at = time.monotonic()
    report = await repair(settings, order(rate=20.0), now=NOW, status=Level1())
    assert time.monotonic() - started_at >= 1.0
    assert (report.n_sent, report.cost_usd, report.first_model) == (30, Decimal("0.015"), "x/m")
    last = (await commands(settings))[-1]
    assert (last.id, last.who, last.verb, last.why, last.n_records) == ("c1", "on-call", "repair", "test", 30)
    assert {text_of(one.headers, REPAIR) for one in await read_all(settings, [SCRUBBED])} == {"c1"}


async def test_it_stops_at_the_soft_share_of_the_budget(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_INTERVAL_S", 0.0)
    await create(settings)
    await produce(settings, [written(degraded(n)) for n in range(5)])
    bounded = settings.model_copy(update={"budget_usd_per_day": Decimal(10), "budget_soft_share": 0.8})
    report = await repair(bounded, order(rate=1.0), now=NOW, status=Level1(0, 0, 8))
    assert report.n_sent == 1
    assert report.stopped is not None
    assert "8.00 USD" in report.stopped
    assert (await commands(settings))[-1].arguments["stopped"] == report.stopped
    with pytest.raises(FatalError, match="soft share"):
        await repair(bounded, order("c2"), now=NOW, status=Level1(9))
    assert await n_records(settings, SCRUBBED) == 1


_KILLED: Final = """
import asyncio, os, signal
from datetime import UTC, datetime
from aiokafka import AIOKafkaProducer
from agents.repair import Order, repair
from streams.core.repair_plan import Wanted
from streams.settings import load_settings
commit, left = AIOKafkaProducer.commit_transaction, 2
async def commit_or_die(self):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    await commit(self)
AIOKafkaProducer.commit_transaction = commit_or_die
order = Order(command_id="killed", who="w", why="", wanted=Wanted(), since_ms=0, rate=10.0, force=True)
asyncio.run(repair(load_settings(), order, now=datetime.now(UTC)))
"""


async def test_a_repair_that_was_killed_is_finished_by_the_next(settings: Settings) -> None:
    await create(settings)
    await produce(settings, [written(degraded(n)) for n in range(40)])
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", _KILLED], env=environment(settings), capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (await send(settings))["sent"] == 20
    sent = await read_all(settings, [SCRUBBED])
    assert len(sent) == len({record.key for record in sent}) == 40
    assert {one.id: one.n_records for one in await commands(settings)}["killed"] == 20


async def test_a_second_repair_takes_over_from_the_first(settings: Settings) -> None:
    await create(settings)
    await produce(settings, [written(degraded(n)) for n in range(4)])
    level_1, second = Level1(), Level1()

    async def late() -> ModelStatus:
        assert (await repair(settings, order("second"), now=NOW, status=second)).n_sent == 4
        return await level_1()

    with pytest.raises(FatalError, match="another repair has taken over"):
        await repair(settings, order("first"), now=NOW, status=late)
    assert await n_records(settings, SCRUBBED) == 4
