"""Ingest on a real broker: every row once, in the right place, whatever stops it."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from aiokafka import ConsumerRecord
from msgspec.structs import replace

from agents.ingest import IngestOptions, IngestReport, ingest
from agents.ingest_ledger import Acknowledged
from schemas.codec import decode
from schemas.headers import ERROR_STAGE, LINE, ORIGIN, text_of
from schemas.operations import Coverage
from schemas.taxonomy import OFFICIAL_HANDLES
from schemas.topics import COVERAGE, RAW, RAW_DEAD_LETTER
from schemas.tweet import Tweet
from streams.connectors.csv_export import HEADER, export_row
from streams.connectors.file import FileSource
from streams.connectors.jsonl_export import export_line
from streams.core import sample
from streams.core.sample.damage import damaged
from streams.core.sample.mixture import SampleRow, mixture
from streams.errors import FatalError
from streams.kafka.embedded import EmbeddedKafka
from streams.kafka.reading import scan
from streams.kafka.topics import create_topics
from streams.settings import Settings, load_settings

DEADLINE_S: Final = 60.0
PROGRAM: Final = (sys.executable, "-c", "from agents.cli.main import main; main()", "ingest")


@pytest.fixture
async def settings(kafka: str, namespace: str, tmp_path: Path) -> Settings:
    made = load_settings(kafka_bootstrap=kafka, namespace=namespace, data_dir=tmp_path / "state", partitions=3)
    await create_topics(made)
    return made


def source_of(path: Path) -> FileSource:
    return FileSource(path, official_handles=OFFICIAL_HANDLES)


def lines_of(rows: list[SampleRow]) -> list[bytes]:
    made = []
    for row in rows:
        line = export_row(row.tweet)
        made.append(damaged(line, row.tweet.id, row.damage) if row.damage else line)
    return made


def written(path: Path, tweets: Iterator[Tweet]) -> list[Tweet]:
    made = list(tweets)
    path.write_bytes(HEADER + b"".join(map(export_row, made)))
    return made


async def records(settings: Settings, topic: str) -> list[ConsumerRecord]:
    return [record async for record in scan(settings, [topic])]


async def raw_tweets(settings: Settings) -> list[Tweet]:
    return [decode(record.value, Tweet) for record in await records(settings, RAW)]


def ledger_of(path: Path) -> list[Acknowledged]:
    return [msgspec.json.decode(line, type=Acknowledged) for line in path.read_bytes().splitlines()]


async def test_every_row_is_in_its_place_once(settings: Settings, tmp_path: Path) -> None:
    rows = list(mixture(2_000, seed=9))
    lines = lines_of(rows)
    path, ledger = tmp_path / "t.csv", tmp_path / "ledger.jsonl"
    path.write_bytes(HEADER + b"".join(lines))
    report = await ingest(settings, source_of(path), IngestOptions(ledger=ledger))
    assert (report.n_rows, report.n_acknowledged, report.n_refused) == (2_000, 1_980, 20)
    assert (report.first_line, report.last_line, report.interrupted) == (2, 2_001, False)

    found = await records(settings, RAW)
    by_id = {row.tweet.id: row.tweet for row in rows if row.damage is None}
    assert Counter(record.key for record in found) == Counter(
        (row.tweet.id if row.tweet.official else row.tweet.author).encode() for row in rows if row.damage is None
    )
    for record in found:
        tweet = decode(record.value, Tweet)
        assert replace(tweet, source="file") == by_id[tweet.id]
    assert {record.partition for record in found if by_id[decode(record.value, Tweet).id].official} == {0, 1, 2}

    refused = await records(settings, RAW_DEAD_LETTER)
    assert {int(text_of(r.headers, LINE) or 0): r.value for r in refused} == {
        number: line.removesuffix(b"\n")
        for number, (row, line) in enumerate(zip(rows, lines, strict=True), 2)
        if row.damage
    }  # fmt: skip
    assert all(text_of(r.headers, ORIGIN) == f"line:{text_of(r.headers, LINE)}" for r in refused)
    assert {text_of(r.headers, ERROR_STAGE) for r in refused} == {"ingest"}

    entries = ledger_of(ledger)
    assert [entry.line for entry in entries] == list(range(2, 2_002))
    places = {(r.partition, r.offset): decode(r.value, Tweet).id for r in found}
    assert all(places[e.partition, e.offset] == e.id for e in entries if e.topic == RAW)
    assert [e.id for e in entries if e.topic == RAW_DEAD_LETTER] == [None] * 20

    coverage = [decode(record.value, Coverage) for record in await records(settings, COVERAGE)][-1]
    assert (coverage.source, coverage.n_tweets) == ("t.csv", 1_980)
    assert coverage.covered_until == max(tweet.created_at for tweet in by_id.values())


async def test_one_author_s_tweets_keep_their_order(settings: Settings, tmp_path: Path) -> None:
    made = written(tmp_path / "t.csv", sample.tweets(3_000, seed=2))
    await ingest(settings, source_of(tmp_path / "t.csv"))
    order = {tweet.id: place for place, tweet in enumerate(made)}
    last: dict[str, int] = {}
    for tweet in await raw_tweets(settings):
        assert order[tweet.id] > last.get(tweet.author, -1)
        last[tweet.author] = order[tweet.id]


async def test_a_finished_file_starts_again_and_a_named_cursor_goes_on(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    made = written(path, sample.tweets(50, seed=2))
    for n_rows in (50, 50):
        assert (await ingest(settings, source_of(path))).n_rows == n_rows
    assert not list((tmp_path / "state").rglob("*.json"))
    options = IngestOptions(cursor="feed")
    assert (await ingest(settings, source_of(path), options)).n_rows == 50
    assert (await ingest(settings, source_of(path), options)).n_rows == 0
    with path.open("ab") as file:
        file.write(export_row(replace(made[0], id="new")))
    report = await ingest(settings, source_of(path), options)
    assert (report.n_rows, report.first_line, report.after_line) == (1, 52, 51)
    assert (await ingest(settings, source_of(path), replace_(options, restart=True))).n_rows == 51
    written(path, sample.tweets(60, seed=3))
    with pytest.raises(FatalError, match=r"cursor was written for another file.*--restart"):
        await ingest(settings, source_of(path), options)


def replace_(options: IngestOptions, **changes: Any) -> IngestOptions:
    return IngestOptions(**{name: getattr(options, name) for name in IngestOptions.__slots__} | changes)


async def test_a_stop_flushes_and_the_next_run_goes_on_without_a_repeat(settings: Settings, tmp_path: Path) -> None:
    path, ledger = tmp_path / "t.csv", tmp_path / "ledger.jsonl"
    made = written(path, sample.tweets(9_000, seed=2))
    stop = asyncio.Event()
    notes: list[str] = []

    def after_some(entry: Acknowledged) -> None:
        if entry.line > 500:
            stop.set()

    options = IngestOptions(ledger=ledger)
    first = await ingest(settings, source_of(path), options, stop=stop, on_acknowledged=after_some)
    assert first.interrupted
    assert 500 <= first.n_rows < 9_000
    second = await ingest(settings, source_of(path), options, say=notes.append)
    assert first.n_rows + second.n_rows == 9_000
    assert second.after_line == first.last_line
    assert notes == [f"going on after line {first.last_line} of t.csv; --restart starts at the first row"]
    assert Counter(tweet.id for tweet in await raw_tweets(settings)) == Counter(tweet.id for tweet in made)
    assert [entry.line for entry in ledger_of(ledger)] == list(range(2, 9_002))


async def test_a_loop_sends_a_new_crowd_each_pass(settings: Settings, tmp_path: Path) -> None:
    rows = list(mixture(300, seed=4))
    (tmp_path / "t.csv").write_bytes(HEADER + b"".join(lines_of(rows)))
    entries: list[Acknowledged] = []
    report = await ingest(
        settings, source_of(tmp_path / "t.csv"), IngestOptions(n_passes=3), on_acknowledged=entries.append
    )
    assert (report.n_rows, report.n_passes, report.last_line) == (900, 3, 903)
    assert len({entry.line for entry in entries}) == 900
    found = await raw_tweets(settings)
    first = {row.tweet.id for row in rows if row.damage is None}
    assert {tweet.id for tweet in found} == first | {f"{i}-{n}" for i in first for n in (1, 2)}
    for tweet in found:
        name, _, n_pass = tweet.id.partition("-")
        assert tweet.official or tweet.author.endswith(f"-{n_pass}") or not n_pass
        assert tweet.in_reply_to is None or tweet.in_reply_to.partition("-")[2] == n_pass
        assert name in first
    by_pass = {n: [t.created_at for t in found if t.id.partition("-")[2] == n] for n in ("", "1", "2")}
    assert max(by_pass[""]) < min(by_pass["1"]) <= max(by_pass["1"]) < min(by_pass["2"])
    lines = [int(text_of(r.headers, LINE) or 0) for r in await records(settings, RAW_DEAD_LETTER)]
    assert len(lines) == len(set(lines)) == 9


async def test_a_replay_at_speed_takes_its_time_and_ends_now(settings: Settings, tmp_path: Path) -> None:
    made = written(tmp_path / "t.csv", sample.tweets(20, seed=2))
    span_s = (made[-1].created_at - made[0].created_at).total_seconds()
    options = IngestOptions(speed=span_s / 1.0, shift_to_now=True)  # one second in all
    report = await ingest(settings, source_of(tmp_path / "t.csv"), options)
    assert report.n_rows == 20
    assert 0.9 < report.seconds < DEADLINE_S
    found = {tweet.id: tweet for tweet in await raw_tweets(settings)}
    shifts = {found[tweet.id].created_at - tweet.created_at for tweet in made}
    assert len(shifts) == 1
    assert abs(found[made[-1].id].created_at.timestamp() - time.time()) < DEADLINE_S


async def test_a_tweet_that_the_topic_cannot_hold_is_refused(settings: Settings, tmp_path: Path) -> None:
    big = Tweet(id="7", created_at=sample.START, text="é" * 600_000, author="u")
    good = replace(big, id="8", text="court")
    path = tmp_path / "t.jsonl"
    path.write_bytes(export_line(big) + export_line(good))
    report = await ingest(settings, source_of(path))
    assert (report.n_acknowledged, report.n_refused) == (1, 1)
    (record,) = await records(settings, RAW_DEAD_LETTER)
    assert record.value == export_line(big).removesuffix(b"\n")
    assert text_of(record.headers, LINE) == "1"


async def test_a_limit_stops_after_so_many_rows(settings: Settings, tmp_path: Path) -> None:
    written(tmp_path / "t.csv", sample.tweets(100, seed=2))
    report = await ingest(settings, source_of(tmp_path / "t.csv"), IngestOptions(limit=30, cursor="c"))
    assert (report.n_rows, report.last_line) == (30, 31)
    report = await ingest(settings, source_of(tmp_path / "t.csv"), IngestOptions(limit=100, cursor="c"))
    assert (report.n_rows, report.first_line) == (70, 32)


@pytest.mark.parametrize("data", [b"", HEADER])
async def test_a_file_without_rows_is_done_at_once(settings: Settings, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    for n_passes in (1, None):
        report = await ingest(settings, source_of(tmp_path / "t.csv"), IngestOptions(n_passes=n_passes))
        assert report.n_rows == 0


async def test_missing_topics_are_named_with_the_remedy(kafka: str, namespace: str, tmp_path: Path) -> None:
    written(tmp_path / "t.csv", sample.tweets(1, seed=2))
    bare = load_settings(kafka_bootstrap=kafka, namespace=namespace, data_dir=tmp_path)
    with pytest.raises(FatalError, match=r"no topic ops\.coverage, tweets\.raw, .*dallosh topics create"):
        await ingest(bare, source_of(tmp_path / "t.csv"))


async def test_a_file_is_sent_by_one_process_at_a_time(settings: Settings, tmp_path: Path) -> None:
    written(tmp_path / "t.csv", sample.tweets(5_000, seed=2))
    stop = asyncio.Event()
    first = asyncio.create_task(ingest(settings, source_of(tmp_path / "t.csv"), IngestOptions(speed=1.0), stop=stop))
    await until(lambda: bool(list((tmp_path / "state").rglob("*.lock"))))
    with pytest.raises(FatalError, match="another process holds"):
        await ingest(settings, source_of(tmp_path / "t.csv"))
    stop.set()
    assert (await first).interrupted


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


@contextlib.contextmanager
def running(settings: Settings, *arguments: str | Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "DALLOSH_KAFKA_BOOTSTRAP": settings.kafka_bootstrap, "DALLOSH_NAMESPACE": settings.namespace,
        "DALLOSH_DATA_DIR": str(settings.data_dir),
    }  # fmt: skip
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    process: subprocess.Popen[bytes]
    with subprocess.Popen([*PROGRAM, *arguments], env=environment, **pipes) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def report_of(output: bytes) -> IngestReport:
    return msgspec.json.decode(output.splitlines()[-1], type=IngestReport)


async def test_a_kill_loses_nothing(settings: Settings, tmp_path: Path) -> None:
    path, ledger = tmp_path / "t.csv", tmp_path / "ledger.jsonl"
    made = written(path, sample.tweets(8_000, seed=2))
    arguments = (str(path), "--ledger", str(ledger))
    cursors = tmp_path / "state" / "cursors"
    with running(settings, *arguments, "--speed", "40000x") as process:  # a thousand rows a second
        await until(lambda: process.poll() is not None or bool(list(cursors.glob("*.json"))))
        process.send_signal(signal.SIGKILL)
        assert process.wait(DEADLINE_S) == -signal.SIGKILL
    n_before = len(await records(settings, RAW))
    assert 0 < n_before < 8_000
    with running(settings, *arguments) as process:
        output, errors = await asyncio.to_thread(process.communicate, None, DEADLINE_S)
    assert process.returncode == 0, errors
    report = report_of(output)
    assert report.after_line > 1
    assert b"going on after line" in errors
    found = Counter(tweet.id for tweet in await raw_tweets(settings))
    assert set(found) == {tweet.id for tweet in made}
    assert found.total() == n_before + report.n_rows
    assert {entry.id for entry in ledger_of(ledger)} == set(found)
    assert not list(cursors.glob("*.json"))


async def test_standard_input_is_sent_as_it_comes_and_a_signal_ends_it(settings: Settings) -> None:
    made = list(sample.tweets(30, seed=2))
    with running(settings, "-", "--json", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(b"".join(map(export_line, made)))
        process.stdin.flush()
        deadline = time.monotonic() + DEADLINE_S
        while len(await records(settings, RAW)) < 30:  # the pipe is still open
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0
        report = report_of(process.stdout.read() if process.stdout else b"")
    assert (report.n_rows, report.interrupted, report.source) == (30, True, "stdin")


async def finished(process: subprocess.Popen[bytes]) -> IngestReport:
    output, errors = await asyncio.to_thread(process.communicate, None, DEADLINE_S)
    assert process.returncode == 0, errors
    assert b"Traceback" not in errors
    return report_of(output)


async def test_standard_input_may_be_nothing_or_a_file(settings: Settings, tmp_path: Path) -> None:
    with running(settings, "-", stdin=subprocess.DEVNULL) as process:
        assert (await finished(process)).n_rows == 0
    written(tmp_path / "t.csv", sample.tweets(40, seed=2))
    with (tmp_path / "t.csv").open("rb") as file, running(settings, "-", stdin=file) as process:
        assert (await finished(process)).n_rows == 40
    assert len(await records(settings, RAW)) == 40


async def test_a_name_that_is_not_utf8_is_ingested_and_its_refused_rows_too(settings: Settings, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv"))
    made = list(sample.tweets(3, seed=2))
    await asyncio.to_thread(path.write_bytes, HEADER + b"".join(map(export_row, made)) + b"no tweet\n")
    with running(settings, path) as process:
        report = await finished(process)
    assert (report.n_acknowledged, report.n_refused) == (len(made), 1)
    assert len(await records(settings, RAW_DEAD_LETTER)) == 1
    assert [decode(record.value, Coverage).source for record in await records(settings, COVERAGE)] == ["caf\ufffd.csv"]


@pytest.mark.parametrize("passes", [(), ("--passes", "5")])
async def test_a_file_without_a_tweet_is_not_sent_for_ever(
    passes: tuple[str, ...], settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "t.csv").write_bytes(HEADER + b"no tweet\nnone either\n")
    with running(settings, str(tmp_path / "t.csv"), "--loop", *passes) as process:
        output, errors = await asyncio.to_thread(process.communicate, None, DEADLINE_S)
    assert process.returncode == 0, errors
    assert b"no row of t.csv is a readable tweet" in errors
    report = report_of(output)
    assert (report.n_refused, report.n_passes, report.interrupted) == (2, 1, False)
    refused = await records(settings, RAW_DEAD_LETTER)
    assert sorted(text_of(record.headers, LINE) or "" for record in refused) == ["2", "3"]


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("missing.csv",), 1, b"dallosh: there is no file missing.csv"),
        (("-", "--loop"), 2, b"read only once"),
        (("t.csv", "--passes", "2"), 2, b"--passes goes with --loop"),
        (("t.csv", "--speed", "fast"), 2, b"neither max nor a factor"),
        (("t.csv", "--speed", "0x"), 2, b"neither max nor a factor"),
        (("t.csv", "--cursor", "../x"), 2, b"letters, digits"),
        (("t.csv", "--map", "body=none"), 1, b"dallosh: a tweet has no field body"),
    ],
)
async def test_wrong_usage_is_said_in_one_line(
    kafka: str, tmp_path: Path, arguments: tuple[str, ...], code: int, complaint: bytes
) -> None:
    written(tmp_path / "t.csv", sample.tweets(3, seed=2))
    settings = load_settings(kafka_bootstrap=kafka, data_dir=tmp_path)
    with running(settings, *(str(tmp_path / a) if a == "t.csv" else a for a in arguments)) as process:
        output, errors = await asyncio.to_thread(process.communicate, None, DEADLINE_S)
    assert process.returncode == code
    assert complaint in errors
    assert b"Traceback" not in errors
    assert output == b""


@pytest.mark.parametrize(
    ("header", "changes", "complaint"),
    [
        (b"id,text", {}, r"t\.csv has no column created_at, full_text\. Name its own by --map"),
        (HEADER, {"text": "none"}, r"t\.csv has no column none"),
    ],
)
async def test_a_wrong_header_is_no_fault_of_the_broker(
    settings: Settings, tmp_path: Path, header: bytes, changes: dict[str, str], complaint: str
) -> None:
    (tmp_path / "t.csv").write_bytes(header + b"\n1,a\n")
    source = FileSource(tmp_path / "t.csv", official_handles=OFFICIAL_HANDLES, changes=changes)
    with pytest.raises(FatalError, match=f"^{complaint}") as caught:
        await ingest(settings, source)
    assert "broker" not in str(caught.value)


async def test_a_dead_broker_is_told_and_the_next_run_goes_on(own_kafka: EmbeddedKafka, tmp_path: Path) -> None:
    settings = load_settings(
        kafka_bootstrap=own_kafka.bootstrap, data_dir=tmp_path / "state", partitions=2, delivery_timeout_s=2
    )
    await create_topics(settings)
    path = tmp_path / "t.csv"
    made = written(path, sample.tweets(20_000, seed=2))
    killed = False

    def kill_once(entry: Acknowledged) -> None:
        nonlocal killed
        if entry.line > 1_000 and not killed:
            killed = True
            own_kafka.kill(1)

    with pytest.raises(FatalError, match=r"rows were acknowledged, the last from line .*run the same command again"):
        await ingest(settings, source_of(path), on_acknowledged=kill_once)
    await asyncio.to_thread(own_kafka.restart, 1)
    report = await ingest(settings.model_copy(update={"delivery_timeout_s": 60.0}), source_of(path))
    assert report.after_line > 1_000
    assert {tweet.id for tweet in await raw_tweets(settings)} == {tweet.id for tweet in made}
