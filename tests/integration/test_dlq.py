"""`dallosh dlq` on a real broker: what failed is listed, goes back once, byte for byte, and is parked in the end."""

import asyncio
import gc
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import ProducerFenced
from aiokafka.structs import RecordMetadata

from schemas import headers as names
from schemas.codec import decode, encode
from schemas.headers import Header, text_of
from schemas.operations import Command, Disposition
from schemas.taxonomy import Stage
from schemas.topics import (
    CLASSIFIED,
    COMMANDS,
    DEAD_LETTER,
    DEAD_LETTER_TOPICS,
    DISPOSITIONS,
    FALLBACK_BERT,
    INPUT_OF,
    PARKED,
    RAW,
    RAW_DEAD_LETTER,
    SCRUBBED,
    name_in,
)
from schemas.tweet import Tweet
from streams.core.dead_letters import dead_letter, refused_row
from streams.core.output import Output
from streams.core.replay_order import Order, ReplayReport
from streams.errors import FatalError
from streams.kafka import replay as module
from streams.kafka.command_producer import commit_outputs
from streams.kafka.planning import plan
from streams.kafka.replay import replay
from streams.settings import Settings
from tests.integration.router_rig import (
    OF_THE_PIPE,
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

pytestmark = pytest.mark.integration

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING_MATCHED = 3
PARTIAL = 4
YES = ("--yes", "--why", "case 14")
GARBAGE = (b"x1", b"{not json \xff\x00", ((names.ORIGIN, b"9:9"), ("traceparent", b"t"), ("traceparent", b"u")))


class Failed(NamedTuple):
    """A record as a stage read it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]


@pytest.fixture
async def settings(kafka: str, namespace: str) -> Settings:
    made = settings_for(kafka, namespace, replay_max=2)
    await create(made)
    return made


def letter(number: int, stage: Stage = Stage.CLASSIFIER, error: type[Exception] = ValueError) -> Output:
    """The dead letter of a stage, as its driver writes it."""
    key, value, headers = written(tweet(number))
    record = Failed(INPUT_OF[stage], 1, number, 1, key, value, headers)
    return dead_letter(record, stage=stage, error=error("field id"), now=NOW)


async def bury(settings: Settings, letters: Sequence[Output]) -> None:
    for topic in DEAD_LETTER_TOPICS:
        await produce(settings, [(one.key, one.value, one.headers) for one in letters if one.topic == topic], topic)


async def ls(settings: Settings, *arguments: str) -> list[dict[str, Any]]:
    """The letters that `dlq ls` lists; checks that the summary and the exit code agree with them."""
    done = await dallosh(settings, "dlq", "ls", "--json", *arguments)
    *letters, summary = map(json.loads, done.stdout.splitlines())
    assert done.returncode == (0 if letters else NOTHING_MATCHED), done.stderr
    assert summary["shown"] == len(letters)
    return letters


async def run_replay(settings: Settings, *arguments: str, code: int = 0) -> dict[str, Any]:
    done = await dallosh(settings, "dlq", "replay", "--json", *arguments)
    assert done.returncode == code, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return summary


async def everything(settings: Settings) -> Counter[str]:
    """Counts the records of every topic of the pipe."""
    return Counter(record.topic for record in await read_all(settings, OF_THE_PIPE, isolation="read_uncommitted"))


def originals(record: ConsumerRecord) -> list[Header]:
    """The headers that the record had before anything of ours failed."""
    return [pair for pair in record.headers if pair[0] == "traceparent"]


async def test_poison_bytes_are_listed_replayed_and_parked_when_they_fail_again_and_again(
    settings: Settings, tmp_path: Path
) -> None:
    await produce(settings, [written(tweet(1)), GARBAGE])
    router = RouterProcess(settings, tmp_path / "router.log")
    try:
        for n_replays in range(settings.replay_max + 1):
            await until(lambda n=n_replays: _n_letters(settings, n + 1))  # type: ignore[misc]
            (listed,) = await ls(settings, "--stage", "router")
            assert (listed["origin"], listed["stage"], listed["error"]) == ("9:9", "router", "UndecodableError")
            assert (listed["attempts"], listed["replays"]) == (n_replays + 1, n_replays)
            assert "not json" not in json.dumps(listed)
            summary = await run_replay(settings, "--yes", "--why", "the router was mended")
            assert summary["sent"] == 1
            assert summary["replay" if n_replays < settings.replay_max else "park"] == 1
    finally:
        router.signal(signal.SIGTERM)
        assert await router.exit_code() == 0, router.text()
    assert await ls(settings) == []
    await run_replay(settings, *YES, code=NOTHING_MATCHED)
    came = [record for record in await read_all(settings, [CLASSIFIED]) if record.key == GARBAGE[0]]
    assert len(came) == 1 + settings.replay_max
    (parked,) = await read_all(settings, [PARKED])
    for record in [*came, parked]:
        assert (record.key, record.value) == GARBAGE[:2]
        assert originals(record) == [("traceparent", b"t"), ("traceparent", b"u")]
        assert text_of(record.headers, names.ORIGIN) == "9:9"
    assert text_of(parked.headers, names.REPLAYS) == "2"
    verdicts = [decode(record.value, Disposition).verdict for record in await read_all(settings, [DISPOSITIONS])]
    assert verdicts == ["replayed", "replayed", "parked"]


async def _n_letters(settings: Settings, n_letters: int) -> bool:
    return len(await read_all(settings, [DEAD_LETTER])) >= n_letters


async def test_without_yes_nothing_is_written(settings: Settings) -> None:
    await bury(settings, [letter(1), letter(2), letter(3, Stage.BERT)])
    before = await everything(settings)
    summary = await run_replay(settings)
    assert await everything(settings) == before
    assert (summary["executed"], summary["matched"], summary["replay"], summary["sent"]) == (False, 3, 3, 0)
    assert summary["histogram"][0] == {
        "action": "replay", "stage": "classifier", "reason": "ValueError", "destination": SCRUBBED, "n": 2,
    }  # fmt: skip
    shown = await dallosh(settings, "dlq", "replay")
    assert "Dry run" in shown.stderr
    assert FALLBACK_BERT in shown.stdout


async def test_each_letter_goes_back_to_the_stage_that_failed_and_the_command_is_on_record(settings: Settings) -> None:
    stages = [Stage.SCRUBBER, Stage.CLASSIFIER, Stage.GPU, Stage.BERT, Stage.ROUTER]
    letters = [letter(number, stage) for number, stage in enumerate(stages)]
    await bury(settings, letters)
    summary = await run_replay(settings, "--yes", "--why", "models are back")
    assert summary["sent"] == len(stages)
    for number, stage in enumerate(stages):
        (back,) = await read_all(settings, [INPUT_OF[stage]])
        key, value, headers = written(tweet(number))
        assert (back.key, back.value) == (key, value)
        if stage is Stage.SCRUBBER:  # the origin of a record of tweets.raw is its place, whatever its producer says
            headers = ((names.ORIGIN, f"1:{number}".encode()), *(one for one in headers if one[0] != names.ORIGIN))
        assert set(headers) <= set(back.headers)
        assert text_of(back.headers, names.REPLAYS) == "1"
        assert text_of(back.headers, names.REPLAY_ID) == summary["command_id"]
        assert text_of(back.headers, names.FIRST_FAILED_AT) == NOW.isoformat()
    (record,) = await read_all(settings, [COMMANDS])
    command = decode(record.value, Command)
    assert (record.key.decode(), command.id) == (summary["command_id"], summary["command_id"])
    assert (command.verb, command.why, command.n_records, command.outcome) == (
        "dlq replay", "models are back", 5, "done",
    )  # fmt: skip
    assert command.who
    places = {record.key.decode() for record in await read_all(settings, [DISPOSITIONS])}
    buried = await read_all(settings, DEAD_LETTER_TOPICS)
    prefix = name_in(settings.namespace, "")
    assert places == {f"{record.topic.removeprefix(prefix)}:{record.partition}:{record.offset}" for record in buried}


async def test_filters_limits_and_what_was_decided(settings: Settings) -> None:
    await bury(settings, [letter(1), letter(2, error=KeyError), letter(3, Stage.GPU), letter(4, Stage.GPU)])
    assert len(await ls(settings)) == 4
    assert len(await ls(settings, "--stage", "gpu")) == 2
    assert len(await ls(settings, "--error", "keyerror")) == 1
    assert len(await ls(settings, "--since", "1h", "--stage", "gpu", "--limit", "1")) == 1
    assert await ls(settings, "--stage", "bert") == []
    assert (await run_replay(settings, *YES, "--stage", "gpu", "--limit", "1"))["sent"] == 1
    assert len(await ls(settings)) == 3
    assert sorted(str(one["verdict"]) for one in await ls(settings, "--all")) == ["None"] * 3 + ["replayed"]
    people = await dallosh(settings, "dlq", "ls")
    assert "3 of 3 dead letters" in people.stderr
    assert "KeyError" in people.stdout


async def test_a_refused_row_stays_unless_it_is_a_tweet(settings: Settings) -> None:
    one = Tweet(id="1", created_at=NOW, text="la box clignote", author="a9")
    rows = [b"1,2021-05-14,no columns", encode(one)]
    await bury(settings, [
        refused_row(raw, line=line, source="f.csv", error=ValueError("columns"), now=NOW)
        for line, raw in enumerate(rows, start=2)
    ])  # fmt: skip
    summary = await run_replay(settings, *YES, code=PARTIAL)
    assert (summary["replay"], summary["leave"], summary["sent"]) == (1, 1, 1)
    (left,) = [row for row in summary["histogram"] if row["action"] == "leave"]
    assert "refused row" in left["reason"]
    (back,) = await read_all(settings, [RAW])
    assert (back.key, back.value, text_of(back.headers, names.ORIGIN)) == (b"a9", encode(one), None)
    (listed,) = await ls(settings)
    assert (listed["topic"], listed["stage"], listed["origin"]) == (RAW_DEAD_LETTER, "ingest", "line:2")
    assert listed["verdict"] == "skipped"  # it waits, and whoever looks finds that a replay could not send it
    made = {
        one.verdict: one for one in [decode(one.value, Disposition) for one in await read_all(settings, [DISPOSITIONS])]
    }
    assert (made["skipped"].reason, made["skipped"].destination) == (left["reason"], None)


async def test_a_bad_record_without_a_key_holds_nothing_back(settings: Settings) -> None:
    source = Failed(RAW, 1, 5, 1, None, b"{not json \xff", ())
    keyless = dead_letter(source, stage=Stage.SCRUBBER, error=ValueError("field id"), now=NOW)
    await bury(settings, [keyless, letter(1)])
    assert (await run_replay(settings, *YES))["sent"] == 2
    (back,) = await read_all(settings, [RAW])
    assert (back.key, back.value, text_of(back.headers, names.ORIGIN)) == (None, source.value, "1:5")
    assert len(await read_all(settings, [SCRUBBED])) == 1


async def test_garbage_among_the_dispositions_is_skipped_and_told_by_its_place(settings: Settings) -> None:
    await bury(settings, [letter(1), letter(2)])
    assert (await run_replay(settings, *YES, "--limit", "1"))["sent"] == 1
    (decided,) = await read_all(settings, [DISPOSITIONS])
    garbage = [(b"sesame\xff", b"{}", ()), (decided.key, b"{sesame", ()), (b"other", b'{"sesame":1}', ())]
    await produce(settings, garbage, DISPOSITIONS)
    bad = [one for one in await read_all(settings, [DISPOSITIONS]) if one.offset != decided.offset
           or one.partition != decided.partition]  # fmt: skip
    done = await dallosh(settings, "dlq", "ls", "--json")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 2)
    places = {f"{one.topic}:{one.partition}:{one.offset}" for one in bad}
    warnings = done.stderr.splitlines()
    assert len(warnings) == len(places) == len(garbage)
    assert all(any(place in line for line in warnings) for place in places)
    assert "sesame" not in done.stdout + done.stderr
    assert (await run_replay(settings, *YES))["sent"] == 1
    assert await ls(settings) == []


def order(command_id: str = "c1") -> Order:
    return Order(command_id=command_id, who="on-call", why="test")


async def test_a_letter_that_comes_while_the_replay_runs_is_for_the_next_one(settings: Settings) -> None:
    await bury(settings, [letter(1), letter(2)])
    n_planned = 0
    async for _ in plan(settings, order(), ReplayReport()):
        n_planned += 1
        await bury(settings, [letter(10 + n_planned)])
    assert n_planned == 2


_KILLED = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from aiokafka import AIOKafkaProducer
from streams.core.replay_order import Order, ReplayReport
from streams.kafka import replay
from streams.settings import load_settings
replay.LETTERS_PER_TRANSACTION = 10
commit, left = AIOKafkaProducer.commit_transaction, int(sys.argv[2])
async def commit_or_die(self):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    await commit(self)
AIOKafkaProducer.commit_transaction = commit_or_die
order = Order(command_id=sys.argv[1], who="on-call", why="test")
asyncio.run(replay.replay(load_settings(), order, now=datetime.now(UTC)))
"""


async def test_replays_killed_mid_transaction_lose_and_repeat_nothing(settings: Settings) -> None:
    await bury(settings, [letter(number) for number in range(100)])
    env = environment(settings)
    for kill in range(4):
        arguments = [sys.executable, "-c", _KILLED, f"kill{kill}", "2"]
        done = await asyncio.to_thread(subprocess.run, arguments, env=env, capture_output=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
    assert (await run_replay(settings, *YES))["sent"] == 20
    back = await read_all(settings, [SCRUBBED])
    assert len(back) == len({record.key for record in back}) == 100
    assert len(await read_all(settings, [DISPOSITIONS])) == 100
    commands = [decode(record.value, Command) for record in await read_all(settings, [COMMANDS])]
    counts = {command.id: command.n_records for command in commands}  # the last of an id stands
    assert [counts[f"kill{kill}"] for kill in range(4)] == [20] * 4
    outcomes = {command.id: command.outcome for command in commands}
    assert [outcomes.pop(f"kill{kill}") for kill in range(4)] == ["started"] * 4
    assert list(outcomes.values()) == ["done"]
    assert await ls(settings) == []


async def test_a_second_replay_takes_over_from_the_first(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await bury(settings, [letter(number) for number in range(5)])
    commit = commit_outputs

    async def commit_late(*arguments: Any) -> list[RecordMetadata]:
        monkeypatch.setattr(module, "commit_outputs", commit)
        assert (await replay(settings, order("second"), now=NOW)).n_sent == 5
        return await commit(*arguments)

    monkeypatch.setattr(module, "commit_outputs", commit_late)
    with pytest.raises(FatalError, match="another dallosh dlq, or an erasure, has taken over"):
        await replay(settings, order("first"), now=NOW)
    assert len(await read_all(settings, [SCRUBBED])) == 5
    (record,) = await read_all(settings, [COMMANDS])
    assert record.key == b"second"
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_without_topics_the_remedy_is_named(kafka: str, namespace: str) -> None:
    done = await dallosh(settings_for(kafka, namespace), "dlq", "ls")
    assert done.returncode == 1
    assert done.stderr.startswith("dallosh: no topic ")
    assert len(done.stderr.splitlines()) == 1


async def test_an_interrupted_replay_holds_nobody_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut off in the middle of a transaction it aborts it, so the stages behind it read on at once."""
    await bury(settings, [letter(1)])
    reached = asyncio.Event()

    async def hang(_: AIOKafkaProducer) -> None:
        reached.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(AIOKafkaProducer, "commit_transaction", hang)
    task = asyncio.create_task(replay(settings, order(), now=NOW))
    await asyncio.wait_for(reached.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await produce(settings, [written(tweet(number)) for number in range(10, 40)], SCRUBBED)
    assert len(await read_all(settings, [SCRUBBED])) == 30
    assert len(await read_all(settings, [SCRUBBED], isolation="read_uncommitted")) == 31
    assert await ls(settings) != []


async def test_a_send_after_the_fence_says_that_another_replay_took_over(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """aiokafka says IllegalOperation once the transaction has ended under the sender's hands."""
    await bury(settings, [letter(0)])

    async def fenced(_: Settings, producer: AIOKafkaProducer, __: object) -> None:
        await producer.begin_transaction()
        producer._txn_manager.fatal_error(ProducerFenced())
        await producer.send(f"{settings.namespace}.{DEAD_LETTER}", b"v")

    monkeypatch.setattr(module, "commit_outputs", fenced)
    with pytest.raises(FatalError, match="another dallosh dlq, or an erasure, has taken over"):
        await replay(settings, order("first"), now=NOW)


async def test_a_letter_that_was_discarded_is_replayed_no_more(settings: Settings) -> None:
    await bury(settings, [letter(1), letter(2), letter(3)])
    first, second, _ = (f"{one['topic']}:{one['partition']}:{one['offset']}" for one in await ls(settings))
    gone = f"{DEAD_LETTER}:0:999999"
    before = await everything(settings)
    dry = await dallosh(settings, "dlq", "discard", first, "--json")
    assert (dry.returncode, json.loads(dry.stdout)["letters"]) == (0, [first])
    assert await everything(settings) == before

    done = await dallosh(settings, "dlq", "discard", first, gone, "--yes", "--why", "case 14", "--json")
    said = json.loads(done.stdout)
    assert (said["letters"], said["decided"], said["missing"]) == ([first], [], [gone])
    (record,) = await read_all(settings, [DISPOSITIONS])
    made = decode(record.value, Disposition)
    assert (record.key.decode(), made.verdict, made.command_id) == (first, "discarded", said["command_id"])
    (record,) = await read_all(settings, [COMMANDS])
    command = decode(record.value, Command)
    assert (command.id, command.verb, command.why, command.n_records) == (
        said["command_id"], "dlq discard", "case 14", 1,
    )  # fmt: skip

    again = await dallosh(settings, "dlq", "discard", first, second, "--yes", "--why", "case 14")
    assert again.stdout.splitlines() == [f"{second}  discarded", f"{first}  was decided before"]
    assert (await dallosh(settings, "dlq", "discard", first, "--yes", "--why", "x")).returncode == NOTHING_MATCHED
    assert (await run_replay(settings, *YES))["sent"] == 1
