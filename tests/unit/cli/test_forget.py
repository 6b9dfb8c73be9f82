"""`dallosh forget`: what it takes, and what it tells."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from agents import forget as agent
from agents.cli import forget as module
from agents.cli.forget import forget_command
from agents.forget import ForgetReport, Order, command_of
from schemas.topics import RAW, TOPICS
from streams.core.forgetting import Relation, Subject
from streams.core.keeping import Ends, keeping
from streams.kafka.forgetting import Remaining, Searched
from streams.settings import Settings
from streams.state.forgetting import StateKeys

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
KEYS = StateKeys(contexts=1, ids=1, near=0, answers=0)


def record(ends: Ends = "retention", *, is_known: bool = True) -> Remaining:
    expires_at = AT + timedelta(days=1) if ends == "retention" and is_known else None
    return Remaining(
        topic=RAW, partition=2, offset=7, written_at=AT if is_known else None, relation=Relation.OWN, ends=ends,
        expires_at=expires_at, gone_by=expires_at,
    )  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Order, bool]]:
    """What the command asked for; without --yes one record is found, with it Redis is down and nothing is found."""
    orders: list[tuple[Order, bool]] = []

    async def forget(
        _: Settings, order: Order, *, now: datetime, execute: bool, show: Callable[[Remaining], None],
        say: Callable[[str], None],
    ) -> ForgetReport:  # fmt: skip
        orders.append((order, execute))
        if execute:
            return ForgetReport(obstacle="Redis does not answer")
        show(record())
        return ForgetReport(Counter({Relation.OWN: 1}), (RAW,), n_endless=0, last_gone_by=AT, state=KEYS)

    monkeypatch.setattr(module, "forget", forget)
    monkeypatch.setattr(module, "connected", lambda settings, _: settings)
    return orders


def run(*arguments: str) -> Result:
    return CliRunner().invoke(forget_command, arguments)


def test_it_is_a_dry_run_unless_told_otherwise(asked: list[tuple[Order, bool]]) -> None:
    done = run("--author", "@Max_Lune", "--why", "case 14")
    ((order, execute),) = asked
    assert (done.exit_code, execute, order.subject, order.why) == (0, False, Subject("author", "max_lune"), "case 14")
    assert done.stdout == "tweets.raw:2:7  own  written 2026-01-02 03:04Z  " \
        "expires 2026-01-03 03:04Z, gone by 2026-01-03 03:04Z\n"  # fmt: skip
    for said in (
        "1 records in 1 topics: 1 own, 0 quotes, 0 mentions, 0 may_hold", "gone by 2026-01-02 03:04Z",
        "2 keys in Redis would be removed, 1 of them with a text", "Dry run: nothing was written",
    ):  # fmt: skip
        assert said in done.stderr


def test_a_redis_that_was_not_cleared_is_a_failure_and_nothing_found_is_another(
    asked: list[tuple[Order, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run("--tweet", "17", "--yes")
    ((order, execute),) = asked
    assert (done.exit_code, execute, order.subject) == (1, True, Subject("tweet", "17"))
    assert "Redis were NOT removed. Redis does not answer" in done.stderr

    async def nothing(*_: object, **__: object) -> ForgetReport:
        return ForgetReport(state=StateKeys(contexts=0, ids=0, near=0, answers=0))

    monkeypatch.setattr(module, "forget", nothing)
    assert run("--tweet", "17", "--yes").exit_code == 3
    assert run("--tweet", "17").exit_code == 3


@pytest.mark.parametrize("found", [Counter[Relation](), Counter({Relation.OWN: 1})])
@pytest.mark.parametrize("arguments", [(), ("--json",), ("--yes",), ("--yes", "--json")])
def test_without_a_look_at_redis_nobody_is_told_that_nothing_is_left(
    found: Counter[Relation], arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def blind(*_: object, **__: object) -> ForgetReport:
        return ForgetReport(found, obstacle="Redis does not answer")

    monkeypatch.setattr(module, "forget", blind)
    monkeypatch.setattr(module, "connected", lambda settings, _: settings)
    done = run("--author", "max", *arguments)
    assert done.exit_code == 1
    undone = "removed" if "--yes" in arguments else "looked for"
    told = json.loads(done.stdout)["obstacle"] if "--json" in arguments else done.stderr
    assert ("Redis does not answer" in told, f"NOT {undone}" in done.stderr) == (True, "--json" not in arguments)


def test_the_json_ends_with_the_summary(asked: list[tuple[Order, bool]]) -> None:
    first, last = map(json.loads, run("--author", "max", "--json").stdout.splitlines())
    assert (first["topic"], first["partition"], first["offset"], first["relation"]) == (RAW, 2, 7, "own")
    assert (last["executed"], last["remaining"], last["proof"], last["redis"]["contexts"]) == (False, 1, None, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--author", "max", "--tweet", "17"],
        ["--author", " @ "],
        ["--tweet", ""],
        ["--author", "max_lune", "--why", "asked by @Max_Lune, case 14"],
        ["--tweet", "17", "--why", "tweet 17"],
    ],
)
def test_usage(asked: list[tuple[Order, bool]], arguments: list[str]) -> None:
    assert run(*arguments, "--yes").exit_code == 2
    assert asked == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (record("compaction"), "goes when its key has a newer record or a tombstone"),
        (record("never"), "expires never"),
        (record(is_known=False), "expires at a time that is not known"),
    ],
)
def test_what_no_age_removes_is_told(found: Remaining, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    module._show(found)
    assert capsys.readouterr().out.endswith(f"  {said}\n")


def test_the_record_of_the_command_names_nobody() -> None:
    order = Order(command_id="c1", who="dpo", why="case 14", subject=Subject.of_author("@Max_Lune"))
    done = command_of(order, ForgetReport(Counter({Relation.QUOTES: 2}), state=KEYS, last_gone_by=AT), AT)
    assert "lune" not in str(done).lower()
    assert (done.n_records, done.outcome, done.arguments["quotes"], done.arguments["redis_keys"]) == (
        2,
        "done",
        "2",
        "2",
    )
    assert command_of(order, ForgetReport(), AT).outcome == "failed"


def test_progress_is_told_by_time_not_by_record() -> None:
    said: list[str] = []
    now = {"s": 0.0}
    topic = Searched(TOPICS[RAW], keeping(TOPICS[RAW], {}), 5_000)
    progress = agent._Progress("reading", [topic], said.append, clock=lambda: now["s"])
    for _ in range(2_000):
        progress.step(topic)
    now["s"] = agent.SAY_INTERVAL_S
    progress.step(topic)
    progress.step(topic)
    assert said == ["reading: 2,001 of at most 5,000 records, now tweets.raw"]
