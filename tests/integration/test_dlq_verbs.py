"""`dallosh dlq` on a real broker, verb by verb: what is filtered, told, corrected, parked, sent first and then."""

import asyncio
import contextlib
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import KafkaError
from aiokafka.structs import RecordMetadata
from click.testing import CliRunner, Result
from msgspec.structs import replace

from agents import forget as erasing
from agents.cli.dlq import dlq
from agents.forget import Order as ErasureOrder
from agents.forget import forget
from schemas import headers as names
from schemas.codec import decode, encode
from schemas.headers import Header, text_of
from schemas.operations import Command, Disposition
from schemas.taxonomy import SERVICE_OF, Level, Service, Stage
from schemas.topics import (
    COMMANDS,
    DEAD_LETTER,
    DISPOSITIONS,
    FALLBACK_BERT,
    PARKED,
    RAW,
    RAW_DEAD_LETTER,
    SCRUBBED,
    name_in,
    service_topic,
)
from schemas.tweet import ScrubbedTweet, Tweet
from streams.core.canary import Canary
from streams.core.dead_letters import dead_letter, refused_row
from streams.core.forgetting import Subject
from streams.core.output import Output
from streams.errors import FatalError, RetryableError
from streams.kafka import replay as module
from streams.kafka.command_producer import commit_outputs
from streams.kafka.letters import dispositions
from streams.kafka.reading import scan
from streams.settings import Settings
from tests.integration.router_rig import (
    OF_THE_PIPE,
    RouterProcess,
    create,
    environment,
    produce,
    read_all,
    settings_for,
    tweet,
)
from tests.integration.test_dlq import Failed

pytestmark = pytest.mark.integration

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING_MATCHED: Final = 3
PARTIAL: Final = 4
OTHER: Final = service_topic(Service.OTHER)
SECRET: Final = "sesame"
WHY: Final = ("--yes", "--why", "case 14")


@pytest.fixture
async def settings(kafka: str, namespace: str) -> Settings:
    made = settings_for(kafka, namespace, replay_max=2)
    await create(made)
    return made


async def run(settings: Settings, *arguments: str, code: int = 0, stdin: bytes | None = None) -> Result:
    """Runs `dallosh dlq`, in this process."""
    env = environment(settings, ("kafka_bootstrap", "namespace", "replay_max"))
    done = await asyncio.to_thread(CliRunner().invoke, dlq, arguments, env=env, input=stdin)
    if done.exit_code != code and done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done


async def said(settings: Settings, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Its one JSON object."""
    found: dict[str, Any] = json.loads((await run(settings, *arguments, "--json", code=code)).stdout)
    return found


async def listed(settings: Settings, *arguments: str) -> list[dict[str, Any]]:
    env = environment(settings, ("kafka_bootstrap", "namespace", "replay_max"))
    done = await asyncio.to_thread(CliRunner().invoke, dlq, ("ls", "--json", *arguments), env=env)
    *letters, summary = map(json.loads, done.stdout.splitlines())
    assert (done.exit_code, summary["matched"]) == (0 if letters else NOTHING_MATCHED, len(letters))
    return letters


def place(letter: dict[str, Any]) -> str:
    return f"{letter['topic']}:{letter['partition']}:{letter['offset']}"


def scrubbed(number: int, **changes: Any) -> ScrubbedTweet:
    text = f"{SECRET} {number}"
    made = ScrubbedTweet(id=str(number), created_at=NOW, text=text, author=f"{SECRET}{number}", scrubbed=text)
    return replace(made, **changes)


def letter(
    number: int, stage: Stage = Stage.CLASSIFIER, *, error: Exception | None = None, value: bytes | None = b"",
    attempts: int = 1, levels: Sequence[Level] = (), headers: Sequence[Header] = (),
) -> Output:  # fmt: skip
    """The dead letter of a stage, with origin `1:number`; its text holds the secret."""
    value = encode(scrubbed(number)) if value == b"" else value
    kept = (*headers, (names.ORIGIN, f"1:{number}".encode()))
    record = Failed(SCRUBBED, 1, number, 1, str(number).encode(), value, kept)
    return dead_letter(
        record, stage=stage, error=error or ValueError("field id"), now=NOW, attempts=attempts, levels=levels
    )  # fmt: skip


async def bury(settings: Settings, letters: Sequence[Output]) -> None:
    """Writes them in their order, each topic's to one partition where they share a key."""
    for topic in {one.topic for one in letters}:
        await produce(settings, [(one.key, one.value, one.headers) for one in letters if one.topic == topic], topic)


async def everything(settings: Settings) -> Counter[str]:
    return Counter(record.topic for record in await read_all(settings, OF_THE_PIPE, isolation="read_uncommitted"))


async def commands(settings: Settings) -> list[Command]:
    """The last record of each command, in the order of their last records."""
    found = {record.key: decode(record.value, Command) for record in await read_all(settings, [COMMANDS])}
    return list(found.values())


async def verdicts(settings: Settings) -> dict[str, str]:
    found = await read_all(settings, [DISPOSITIONS])
    return {record.key.decode(): decode(record.value, Disposition).verdict for record in found}


HOSTILE: Final[tuple[Output, ...]] = (
    Output(DEAD_LETTER, b"91", f'{{"text":"{SECRET}'.encode(), ()),
    Output(DEAD_LETTER, b"92", None, ()),
    Output(DEAD_LETTER, b"\xff\x1b", b"\xff" + SECRET.encode(), (
        (names.ERROR_STAGE, b"\x1b[2J\xff"), (names.ERROR_EXCEPTION, "\x9b[31m\u202eoops".encode()),
        (names.ERROR_MESSAGE, b"[red]\x07\nnew line"), (names.ERROR_ATTEMPTS, b"-1e9"), (names.REPLAYS, b"9" * 40),
        (names.ORIGIN, b"\x00" * 50), ("\x1b]0;x\x07", b"\x1b[1m"), (names.LEVELS_TRIED, b",,api,\xff"),
    )),
    Output(RAW_DEAD_LETTER, b"", b"[" * 20_000, ((names.ERROR_STAGE, b"scrubber"), (names.ERROR_EXCEPTION, b""))),
)  # fmt: skip


async def test_letters_are_found_by_every_filter_and_told_without_their_text(settings: Settings) -> None:
    classified = encode(tweet(5))
    await bury(settings, [
        letter(1, levels=[Level.API], attempts=3), letter(2, error=KeyError("x")),
        letter(3, Stage.BERT, levels=[Level.API, Level.BERT]), letter(4, headers=[(names.REPLAYS, b"2")]),
        letter(5, Stage.ROUTER, value=classified), letter(6, Stage.SCRUBBER), *HOSTILE,
    ])  # fmt: skip
    for arguments, origins in (
        (("--stage", "bert"), ["1:3"]),
        (("--error", "keyerror"), ["1:2"]),
        (("--service", tweet_service(5)), ["1:5"]),
        (("--level", "bert"), ["1:3"]),
        (("--id", "2"), ["1:2"]),
        (("--origin", "1:6"), ["1:6"]),
        (("--min-attempts", "3"), ["1:1"]),
        (("--replays", "1..2"), ["1:4"]),
        (("--since", "1h", "--where", 'attempts == 3 and value.author startswith "sesame"'), ["1:1"]),
        (("--until", "1h"), []),
        (("--where", 'value.author == "sesame2" or value.author == "sesame3"'), ["1:2", "1:3"]),
        (("--where", 'stage == "classifier" and not value.author endswith "1"', "--max-attempts", "1"), ["1:2", "1:4"]),
    ):  # fmt: skip
        assert sorted(one["origin"] for one in await listed(settings, *arguments)) == origins, arguments
    assert len(await listed(settings, "--where", "value == None")) == len(HOSTILE)
    assert len(await listed(settings)) == 6 + len(HOSTILE)

    stats = await said(settings, "stats")
    assert (stats["total"], stats["by_verdict"]) == (6 + len(HOSTILE), {"waiting": 6 + len(HOSTILE)})
    assert stats["by_stage"]["classifier"] == 3
    assert stats["by_destination"] == {
        SCRUBBED: 2, PARKED: 1, FALLBACK_BERT: 1, "tweets.classified": 1, RAW: 2,
        "leave: no header names the stage that failed": 3,
    }  # fmt: skip
    plan = await said(settings, "plan")
    assert (plan["executed"], plan["replay"], plan["park"], plan["leave"]) == (False, 6, 1, 3)
    for verb in ("ls", "stats", "plan"):
        for form in ((), ("--json",)):
            shown = await run(settings, verb, *form)
            assert SECRET not in shown.output
            assert not set("\x1b\x07\x9b\u202e") & set(shown.output), verb
    assert SECRET not in (await run(settings, "stats", "--parked", code=NOTHING_MATCHED)).output


def tweet_service(number: int) -> str:
    """The service that the labels of the tweet with this number name."""
    return SERVICE_OF[tweet(number).main_topic].value


async def test_one_letter_is_shown_with_its_headers_and_its_bytes_are_given_untouched(settings: Settings) -> None:
    await bury(settings, [letter(1), HOSTILE[2], HOSTILE[1]])
    by_origin = {one["origin"]: place(one) for one in await listed(settings)}
    shown = await said(settings, "show", by_origin["1:1"])
    assert {"name": names.ERROR_EXCEPTION, "value": "ValueError"} in shown["headers"]
    assert (shown["verdict"], shown["bytes"]) == (None, len(encode(scrubbed(1))))
    assert SECRET not in str(shown)
    assert SECRET in (await run(settings, "show", by_origin["1:1"], "--value")).stdout

    (odd,) = [one for one in await listed(settings) if one["origin"].startswith("odd:")]
    people = await run(settings, "show", place(odd), "--value")
    assert not set("\x1b\x07\x9b\u202e") & set(people.output)
    raw = await run(settings, "show", place(odd), "--raw")
    assert raw.stdout_bytes == HOSTILE[2].value
    (empty,) = [one for one in await listed(settings) if one["origin"] not in (odd["origin"], "1:1")]
    assert (await run(settings, "show", place(empty), "--raw")).stdout_bytes == b""
    assert "no value" in (await run(settings, "show", place(empty))).stdout

    await run(settings, "discard", by_origin["1:1"], *WHY)
    decided = await said(settings, "show", by_origin["1:1"])
    assert (decided["verdict"], decided["decision"]["verdict"]) == ("discarded", "discarded")
    await run(settings, "show", f"{DEAD_LETTER}:0:999999", code=NOTHING_MATCHED)
    await run(settings, "show", f"{DEAD_LETTER}:77:0", code=NOTHING_MATCHED)


async def test_a_human_corrects_a_letter(settings: Settings) -> None:
    await bury(settings, [
        letter(1, headers=[("traceparent", b"t"), (names.REPLAYS, b"2")]),
        letter(2, value=b"{sesame \xff"), Output(DEAD_LETTER, b"k", b"{}", ()),
    ])  # fmt: skip
    by_origin = {one["origin"]: place(one) for one in await listed(settings)}
    first, broken = by_origin.pop("1:1"), by_origin.pop("1:2")
    (stageless,) = by_origin.values()
    before = await everything(settings)

    shown = await run(settings, "edit", first, "--set", 'text="allô"', "--set", "likes=3")
    assert '+  "text": "allô"' in shown.stdout
    assert "Dry run" in shown.stderr
    for wrong in ("id=3", 'created_at="sesame"', "text.inner=1"):
        assert SECRET not in (await refused(settings, "edit", first, "--set", wrong))
    assert "cannot be set" in await refused(settings, "edit", first, "--set", 'scrubbed="sesame"')
    assert "give a whole value" in await refused(settings, "edit", broken, "--set", 'text="x"')
    assert "names the stage" in await refused(settings, "edit", stageless, "--set", 'text="x"')
    await run(settings, "edit", first, "--set", f'author="{SECRET}1"', code=2)  # nothing changes
    await run(settings, "edit", f"{DEAD_LETTER}:0:999999", "--set", "likes=1", code=NOTHING_MATCHED)
    assert await everything(settings) == before

    done = await run(settings, "edit", first, "--set", 'id="77"', "--set", 'text="allô"', *WHY, "--json")
    summary = json.loads(done.stdout)
    assert (summary["sent"], summary["edited"], summary["diff"]) == (1, ["id", "text", "scrubbed"], [])
    whole = encode(scrubbed(2, text="whole", scrubbed="whole", author="a"))
    await run(settings, "edit", broken, "--file", "-", *WHY, stdin=whole)
    back = {text_of(one.headers, names.ORIGIN): one for one in await read_all(settings, [SCRUBBED])}
    assert decode(back["1:1"].value, ScrubbedTweet) == scrubbed(1, id="77", text="allô", scrubbed="allô")
    assert (back["1:1"].key, back["1:2"].key, back["1:2"].value) == (b"77", b"2", whole)
    headers = dict(back["1:1"].headers)
    assert headers["traceparent"] == b"t"
    assert headers[names.REPLAYS] == b"3"  # a human is past replay_max
    assert headers[names.REPLAY_ID].decode() == summary["command_id"]
    assert headers[names.FIRST_FAILED_AT] == NOW.isoformat().encode()
    assert await verdicts(settings) == {first: "replayed", broken: "replayed"}
    one, two = await commands(settings)
    assert (one.verb, one.why, one.n_records) == ("dlq edit", "case 14", 1)
    assert one.arguments == {"places": first, "edited": "id,text,scrubbed"}
    assert two.arguments == {"places": broken, "edited": "value"}
    assert SECRET not in str((one, two))
    await run(settings, "edit", first, "--set", "likes=9", code=NOTHING_MATCHED)


async def refused(settings: Settings, *arguments: str) -> str:
    """Why a command fails with exit code 1, as `dallosh` itself would print it."""
    with pytest.raises(Exception) as raised:
        await run(settings, *arguments)
    return str(raised.value)


async def test_letters_are_parked_and_only_a_human_takes_them_out(settings: Settings) -> None:
    await bury(settings, [letter(1), letter(2), letter(3, error=KeyError("x")), letter(4, Stage.BERT)])
    by_origin = {one["origin"]: place(one) for one in await listed(settings)}
    before = await everything(settings)
    assert (await said(settings, "park", "--error", "ValueError"))["park"] == 3
    assert await everything(settings) == before

    gone = f"{DEAD_LETTER}:0:999999"
    summary = await said(settings, "park", by_origin["1:1"], by_origin["1:3"], gone, *WHY, code=PARTIAL)
    assert (sorted(summary["letters"]), summary["missing"]) == (sorted([by_origin["1:1"], by_origin["1:3"]]), [gone])
    assert (await said(settings, "park", "--stage", "bert", *WHY))["sent"] == 1
    await run(settings, "park", by_origin["1:1"], *WHY, code=NOTHING_MATCHED)
    assert [one["origin"] for one in await listed(settings)] == ["1:2"]
    parked = {text_of(one.headers, names.ORIGIN): one for one in await read_all(settings, [PARKED])}
    assert sorted(map(str, parked)) == ["1:1", "1:3", "1:4"]
    assert parked["1:1"].value == encode(scrubbed(1))
    assert (await said(settings, "replay", *WHY))["sent"] == 1  # what is parked stays so
    assert len(await read_all(settings, [SCRUBBED])) == 1

    lot = {one["origin"]: place(one) for one in await listed(settings, "--parked")}
    assert (await said(settings, "stats", "--parked"))["by_destination"] == {SCRUBBED: 2, FALLBACK_BERT: 1}
    assert (await said(settings, "unpark", lot["1:1"]))["executed"] is False
    assert (await said(settings, "unpark", lot["1:1"], *WHY))["letters"] == [lot["1:1"]]
    assert (await said(settings, "unpark", "--stage", "bert", *WHY))["sent"] == 1
    assert (await said(settings, "discard", "--parked", "--error", "KeyError", *WHY))["discard"] == 1
    assert await listed(settings, "--parked") == []
    await run(settings, "unpark", lot["1:1"], *WHY, code=NOTHING_MATCHED)
    assert len(await read_all(settings, [FALLBACK_BERT])) == 1
    (back,) = [one for one in await read_all(settings, [SCRUBBED]) if one.key == b"1"]
    assert (back.value, text_of(back.headers, names.REPLAYS)) == (encode(scrubbed(1)), "1")
    made = await verdicts(settings)
    assert {made[lot[origin]] for origin in ("1:1", "1:4")} == {"replayed"}
    assert made[lot["1:3"]] == "discarded"
    assert Counter(one.verb for one in await commands(settings)) == Counter(
        {"dlq park": 2, "dlq replay": 1, "dlq unpark": 2, "dlq discard": 1}
    )


async def test_another_destination_is_taken_where_it_makes_sense(settings: Settings) -> None:
    await bury(settings, [letter(1), letter(2, Stage.ROUTER, value=encode(tweet(2)))])
    summary = await said(settings, "replay", "--to", FALLBACK_BERT, "--yes", "--why", "no API today", code=PARTIAL)
    assert (summary["replay"], summary["leave"]) == (1, 1)
    (back,) = await read_all(settings, [FALLBACK_BERT])
    assert (back.key, back.value) == (b"1", encode(scrubbed(1)))
    (command,) = await commands(settings)
    assert (command.arguments["to"], command.arguments["left"]) == (FALLBACK_BERT, "1")
    (left,) = await listed(settings)
    assert (left["origin"], left["verdict"]) == ("1:2", "skipped")
    assert (await said(settings, "replay", "--max", "1", *WHY))["sent"] == 1


async def test_a_rate_makes_small_transactions_and_a_limit_counts_what_is_sent(settings: Settings) -> None:
    await bury(settings, [Output(DEAD_LETTER, b"1", b"{}", ()), *(letter(number) for number in range(1, 8))])
    summary = await said(settings, "replay", "--rate", "20", "--max", "5", *WHY, code=PARTIAL)
    assert summary["sent"] == 5
    (command,) = await commands(settings)
    assert (command.n_records, command.arguments["rate"], command.arguments["max"]) == (5, "20.0", "5")
    assert len(await read_all(settings, [COMMANDS])) >= 3  # two letters in each transaction
    assert len(await listed(settings)) == 3


async def test_a_run_that_breaks_off_says_what_was_sent(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    await bury(settings, [letter(number) for number in range(6)])
    n_calls = 0

    async def failing(*arguments: Any) -> list[RecordMetadata]:
        nonlocal n_calls
        n_calls += 1
        if n_calls == 2:
            raise KafkaError("gone")
        return await commit_outputs(*arguments)

    monkeypatch.setattr(module, "commit_outputs", failing)
    monkeypatch.setattr(module, "LETTERS_PER_TRANSACTION", 4)
    summary = await said(settings, "replay", *WHY, code=PARTIAL)
    assert summary["sent"] == 4
    assert "stopped after 4 records" in summary["stopped"]
    (command,) = await commands(settings)
    assert (command.n_records, command.outcome, command.arguments["stopped"]) == (4, "failed", "KafkaError")
    n_calls = 1
    assert "stopped after 0 records" in await refused(settings, "replay", *WHY)
    monkeypatch.undo()
    assert (await said(settings, "replay", *WHY))["sent"] == 2


@asynccontextmanager
async def stage(settings: Settings, topic: str, end: Callable[[ConsumerRecord], Output | None]) -> AsyncIterator[None]:
    """Plays the rest of the pipe: each record of a topic ends as the function says."""

    async def work() -> None:
        producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap)
        await producer.start()
        try:
            async with contextlib.aclosing(scan(settings, [topic], until_end=False)) as records:
                async for record in records:
                    if (output := end(record)) is not None:
                        name = name_in(settings.namespace, output.topic)
                        await producer.send_and_wait(name, output.value, output.key, headers=list(output.headers))
        finally:
            await producer.stop()

    task = asyncio.create_task(work())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def routed(record: ConsumerRecord) -> Output:
    return Output(OTHER, record.key, record.value, tuple(record.headers))


async def test_the_rest_follows_a_canary_that_ends_well(settings: Settings) -> None:
    await bury(settings, [letter(number) for number in range(7)])
    async with stage(settings, SCRUBBED, routed):
        summary = await said(settings, "replay", "--canary", "3", *WHY)
    assert (summary["sent"], summary["stopped"]) == (7, None)
    assert [(one["ended"], one["reason"]) for one in summary["canary"]] == [(OTHER, "")] * 3
    assert len(await read_all(settings, [SCRUBBED])) == 7
    (command,) = await commands(settings)
    assert (command.n_records, command.outcome, command.arguments["canary"]) == (7, "done", "3")
    assert command.arguments["canary_failed"] == "0 of 3"
    outcomes = [decode(one.value, Command).outcome for one in await read_all(settings, [COMMANDS])]
    assert outcomes == ["started", "done"]  # one block and what was left, which closes it


async def test_a_canary_is_followed_through_a_real_router(settings: Settings, tmp_path: Path) -> None:
    await bury(settings, [
        letter(1, Stage.ROUTER, value=encode(tweet(1))), letter(2, Stage.ROUTER, value=b"{broken"),
        letter(3, Stage.ROUTER, value=encode(tweet(3))),
    ])  # fmt: skip
    router = RouterProcess(settings, tmp_path / "router.log")
    try:
        good = await said(settings, "replay", "--where", "value != None", "--canary", "1", *WHY)
        bad = await said(settings, "replay", "--canary", "1", *WHY, code=PARTIAL)
    finally:
        router.signal(signal.SIGTERM)
        assert await router.exit_code() == 0, router.text()
    (outcome,) = good["canary"]
    number = int(outcome["origin"].removeprefix("1:"))
    assert (good["sent"], outcome["ended"]) == (2, f"service.{tweet_service(number)}")
    (outcome,) = bad["canary"]
    assert (outcome["origin"], outcome["reason"]) == ("1:2", "router: UndecodableError")


async def test_a_canary_that_fails_again_stops_the_rest(settings: Settings) -> None:
    await bury(settings, [letter(number) for number in range(7)])

    def end(record: ConsumerRecord) -> Output | None:
        """Of each three one ends well, one fails again and one hangs."""
        kind = n_seen[0] % 3
        n_seen[0] += 1
        if kind == 1:
            return dead_letter(record, stage=Stage.CLASSIFIER, error=KeyError("still"), now=NOW)
        return routed(record) if kind == 0 else None

    n_seen = [0]
    async with stage(settings, SCRUBBED, end):
        summary = await said(
            settings, "replay", "--canary", "3", "--canary-timeout", "6", "--canary-failures", "0.5", *WHY,
            code=PARTIAL,
        )  # fmt: skip
    assert summary["sent"] == len(summary["canary"]) == 3
    assert Counter((one["ended"], one["reason"]) for one in summary["canary"]) == Counter(
        {(OTHER, ""): 1, (DEAD_LETTER, "classifier: KeyError"): 1, (None, "no outcome in time"): 1}
    )
    assert summary["stopped"] == "2 of 3 letters of the canary failed"
    assert len(await read_all(settings, [SCRUBBED])) == 3
    (command,) = await commands(settings)
    assert (command.n_records, command.outcome, command.arguments["stopped"]) == (3, "failed", summary["stopped"])
    assert len(await listed(settings)) == 4 + 1  # the rest, and the one that failed again


async def test_a_canary_of_a_refused_row_is_followed_by_the_origin_that_it_gets(settings: Settings) -> None:
    row = encode(Tweet(id="1", created_at=NOW, text="la box clignote", author="a9"))
    await bury(settings, [refused_row(row, line=2, source="f.jsonl", error=ValueError("columns"), now=NOW)])

    def scrubber(record: ConsumerRecord) -> Output:
        origin = f"{record.partition}:{record.offset}"
        return Output(OTHER, b"1", record.value, ((names.ORIGIN, origin.encode()),))

    async with stage(settings, RAW, scrubber):
        summary = await said(settings, "replay", "--canary", "5", *WHY)
    (outcome,) = summary["canary"]
    (back,) = await read_all(settings, [RAW])
    assert (outcome["origin"], outcome["ended"]) == (f"{back.partition}:{back.offset}", OTHER)


async def test_a_repair_is_no_canary(settings: Settings) -> None:
    repair = [(names.REVISION, b"2"), (names.REPAIR, b"c7")]
    await bury(settings, [letter(number, headers=repair) for number in range(3)])
    summary = await said(settings, "replay", "--canary", "1", *WHY, code=PARTIAL)
    assert (summary["sent"], summary["leave"], summary["canary"]) == (0, 3, [])
    assert "no canary" in summary["histogram"][0]["reason"]
    assert (await said(settings, "replay", *WHY))["sent"] == 3


async def test_what_the_canary_told_is_kept_when_the_broker_fails(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bury(settings, [letter(number) for number in range(3)])

    async def breaks_off(_: Settings, canary: Canary, *__: Any, **___: Any) -> None:
        (record,) = await read_all(settings, [SCRUBBED])
        canary.note(record, OTHER)
        raise RetryableError("the broker failed while it was read")

    monkeypatch.setattr(module, "watch", breaks_off)
    summary = await said(settings, "replay", "--canary", "1", *WHY, code=PARTIAL)
    assert [one["ended"] for one in summary["canary"]] == [OTHER]
    (command,) = await commands(settings)
    assert (command.n_records, command.outcome, command.arguments["canary_failed"]) == (1, "failed", "0 of 1")


async def erase(settings: Settings, tweet_id: str) -> None:
    order = ErasureOrder(command_id="e1", who="dpo", why="case 15", subject=Subject.of_tweet(tweet_id))
    await forget(settings, order, now=NOW, execute=True, show=lambda _: None, say=lambda _: None)


async def test_a_letter_that_is_erased_while_the_canary_runs_is_not_sent(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bury(settings, [letter(number) for number in range(1, 4)])
    by_origin = {one["origin"]: place(one) for one in await listed(settings)}
    erased = ""

    async def erase_meanwhile(_: Settings, canary: Canary, *__: Any, **___: Any) -> None:
        nonlocal erased
        (record,) = await read_all(settings, [SCRUBBED])
        erased = next(origin for origin in by_origin if origin != text_of(record.headers, names.ORIGIN))
        await erase(settings, erased.removeprefix("1:"))
        canary.note(record, OTHER)

    monkeypatch.setattr(module, "watch", erase_meanwhile)
    summary = await said(settings, "replay", "--canary", "1", *WHY, code=PARTIAL)
    assert summary["sent"] == 1
    assert "an erasure, has taken over" in summary["stopped"]
    assert (await verdicts(settings))[by_origin[erased]] == "discarded"
    assert (await said(settings, "replay", *WHY))["sent"] == 1
    sent = [text_of(one.headers, names.ORIGIN) for one in await read_all(settings, [SCRUBBED])]
    assert sorted(map(str, sent)) == sorted(set(by_origin) - {erased})
    assert (await verdicts(settings))[by_origin[erased]] == "discarded"


async def test_an_erasure_does_not_discard_what_a_replay_sent_meanwhile(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bury(settings, [letter(1)])
    (one,) = await listed(settings)

    async def read_and_replay(_: Settings) -> dict[str, Any]:
        found = await dispositions(settings)
        assert (await said(settings, "replay", *WHY))["sent"] == 1
        return dict(found)

    monkeypatch.setattr(erasing, "dispositions", read_and_replay)
    with pytest.raises(FatalError, match="another erasure, or a dallosh dlq, has taken over"):
        await erase(settings, "1")
    assert await verdicts(settings) == {place(one): "replayed"}
    assert len(await read_all(settings, [COMMANDS])) == 1  # the replay's


async def test_what_was_decided_behind_an_open_transaction_is_not_decided_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bury(settings, [letter(number) for number in range(1, 4)])
    topic = name_in(settings.namespace, DISPOSITIONS)
    other = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap, transactional_id=name_in(settings.namespace, "other")
    )
    await other.start()

    loop = asyncio.get_running_loop()

    async def begin() -> None:
        await other.begin_transaction()
        for partition in await other.partitions_for(topic):
            await other.send_and_wait(topic, None, key=b"other:0:1", partition=partition)

    async def behind(*arguments: Any) -> list[RecordMetadata]:
        monkeypatch.setattr(module, "commit_outputs", commit_outputs)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(begin(), loop))
        return await commit_outputs(*arguments)

    monkeypatch.setattr(module, "commit_outputs", behind)
    try:
        assert (await said(settings, "replay", *WHY))["sent"] == 3
        again = asyncio.create_task(run(settings, "replay", *WHY, code=NOTHING_MATCHED))
        done, _ = await asyncio.wait({again}, timeout=2)
        assert not done, "it did not wait for the open transaction"
        await other.abort_transaction()
        await again
    finally:
        await other.stop()
    assert len(await read_all(settings, [SCRUBBED])) == 3
