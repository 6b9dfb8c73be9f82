"""A run over a file: lines in the order of rows, rows without labels kept, and a run cut short goes on to the byte."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest

from agents.offline import job as module
from agents.offline import run as run_module
from agents.offline.job import Job, Report, classify_file
from agents.offline.lines import CsvWriter, JsonWriter
from agents.offline.output import FileOutput
from schemas.taxonomy import Level
from schemas.tweet import ScrubbedTweet
from streams.core.cascade import Keep, LevelResult, keep_nothing
from streams.disk import locked
from streams.errors import FatalError
from streams.settings import Settings
from tests.unit.offline.fakes import FakeModels, call, levels_of, row, source_of, waited_for

BAD = '{"id": "é'.encode()
ROWS: list[dict[str, Any] | bytes] = [row(str(i), f"texte {i}") if i % 6 else BAD for i in range(1, 40)]


class Heard:
    """A display that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.shown: list[tuple[int, int | None]] = []

    def phase(self, what: str, position: int = 0, n_rows: int = 0) -> None: ...

    def show(self, position: int, n_rows: int | None = None) -> None:
        self.shown.append((position, n_rows))

    def say(self, text: str) -> None:
        self.said.append(text)


def by_company(tweet: ScrubbedTweet, n_tweets: int) -> float:
    """A confidence that tells which tweets shared a batch, as int8 activations do."""
    return round(0.1 + 0.01 * n_tweets + 0.001 * len(tweet.text), 4)


def models(**changes: Any) -> FakeModels:
    return FakeModels(**{"max_items": 4, "confidence": by_company, **changes})


class Folder:
    """A file of tweets, and runs over it."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.path, self._patch = path, monkeypatch
        self.out = path / "out.jsonl"
        self.rows: list[dict[str, Any] | bytes] = ROWS
        self.heard = Heard()

    async def run(
        self,
        one: FakeModels | None = None,
        *,
        stop: asyncio.Event | None = None,
        name: str = "bert-1",
        checkpoint_s: float = 0.0,
        n_in_flight: int = 2,
        **changes: Any,
    ) -> Report:
        levels = levels_of(one or models(), n_in_flight=n_in_flight)
        self._patch.setattr(type(levels), "names", property(lambda _: name))
        self._patch.setattr(module, "open_levels", lambda *_: levels)
        self._patch.setattr(run_module, "CHECKPOINT_S", checkpoint_s)
        source = source_of(self.path / "t.jsonl", *self.rows)
        fields = {
            "settings": Settings(), "source": source, "level": Level.BERT, "writer": JsonWriter(), "out": self.out,
            "stream": None,
        }  # fmt: skip
        self.heard = Heard()
        job = Job(**{**fields, **changes})
        return await classify_file(job, self.heard, stop=stop or asyncio.Event())

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.path.iterdir() if path.name != "t.jsonl"}

    def ids(self) -> list[str]:
        return [json.loads(line)["id"] for line in self.out.read_bytes().splitlines()]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return Folder(tmp_path, monkeypatch)


async def test_each_row_has_its_line_or_its_bytes_in_order(folder: Folder) -> None:
    report = await folder.run()
    assert folder.ids() == [str(i) for i in range(1, 40) if i % 6]
    rejected = [json.loads(line) for line in (folder.path / "out.jsonl.rejected").read_bytes().splitlines()]
    assert [one["line"] for one in rejected] == [6, 12, 18, 24, 30, 36]
    assert {base64.b64decode(one["raw"]) for one in rejected} == {BAD}
    assert folder.heard.said == [f"line {one['line']}: {one['reason']}" for one in rejected]
    assert (report.tally.n_rows, report.tally.n_rejected, report.tally.by_level) == (39, 6, {"bert": 33})
    assert sorted(folder.files()) == ["out.jsonl", "out.jsonl.rejected"]


async def test_a_tweet_that_no_level_can_classify_is_kept_too(folder: Folder) -> None:
    folder.rows = [row("1"), row("2", "non"), row("3")]
    report = await folder.run(models())
    assert folder.ids() == ["1", "2", "3"]
    one = models()
    one.refused = {"non"}
    report = await folder.run(one)
    assert folder.ids() == ["1", "3"]
    assert report.tally.n_rejected == 1
    (kept,) = (folder.path / "out.jsonl.rejected").read_bytes().splitlines()
    assert json.loads(kept)["reason"] == "no level could classify it: all_failed: unavailable 503"
    assert json.loads(base64.b64decode(json.loads(kept)["raw"]))["id"] == "2"


class Killed(BaseException):
    """Ends a run as abruptly as a process can from within."""


async def killed_after(folder: Folder, n_lines: int, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Runs until so many lines are written, and leaves half of one behind, as a kill -9 may."""
    original, left = FileOutput.label, [n_lines]

    def label(self: FileOutput, line: Any) -> None:
        if left[0] == 0:
            self._lines.write(b'{"id":"half')
            self._lines.flush()
            raise Killed
        left[0] -= 1
        original(self, line)

    with monkeypatch.context() as patch:
        patch.setattr(FileOutput, "label", label)
        with pytest.raises(Killed):
            await folder.run(**changes)


@pytest.mark.parametrize("n_lines", range(0, 33, 3))
@pytest.mark.parametrize("writer", [JsonWriter(), CsvWriter()])
async def test_a_run_that_was_killed_goes_on_to_the_byte(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, n_lines: int, writer: JsonWriter | CsvWriter
) -> None:
    await folder.run(writer=writer)
    whole = folder.files()
    await killed_after(folder, n_lines, monkeypatch, writer=writer)
    one = models()
    report = await folder.run(one, writer=writer)
    assert folder.files() == whole
    assert report.tally.n_rows == 39
    assert report.n_rows_now <= 39 - n_lines + 8
    assert sum(map(len, one.batches)) == sum(isinstance(row, dict) for row in ROWS[39 - report.n_rows_now :])


async def test_a_stop_writes_what_is_under_way_and_goes_on_there(folder: Folder) -> None:
    await folder.run()
    whole = folder.files()
    stop = asyncio.Event()

    class Stopping(FakeModels):
        async def classify(self, tweets: Any, keep: Keep = keep_nothing) -> LevelResult:
            stop.set()
            return await super().classify(tweets)

    report = await folder.run(Stopping(max_items=4, confidence=by_company), stop=stop)
    assert report.interrupted
    assert 0 < report.tally.n_rows < 39
    assert (folder.path / "out.jsonl.cursor").exists()
    again = await folder.run()
    assert folder.heard.said[0].startswith("going on after line ")
    assert again.n_rows_now == 39 - report.tally.n_rows
    assert folder.files() == whole


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"rows": [*ROWS, row("99")]}, "input"),
        ({"name": "bert-2"}, "model"),
        ({"options": {"level": "api"}}, "level"),
    ],
)
async def test_what_has_changed_is_named_and_restart_begins_anew(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], what: str
) -> None:
    await killed_after(folder, 20, monkeypatch)
    before = folder.files()
    folder.rows = changes.pop("rows", ROWS)
    with pytest.raises(FatalError, match=f"another {what}.*--restart"):
        await folder.run(**changes)
    assert folder.files() == before
    report = await folder.run(restart=True, **changes)
    assert report.n_rows_now == len(folder.rows)
    assert folder.ids() == [one["id"] for one in folder.rows if isinstance(one, dict)]


async def test_an_output_that_lost_lines_is_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    await killed_after(folder, 20, monkeypatch)
    folder.out.write_bytes(b"")
    with pytest.raises(FatalError, match="shorter than the run left it"):
        await folder.run()


async def test_two_runs_do_not_write_one_output(folder: Folder) -> None:
    with locked(folder.path / "out.jsonl.lock", timeout_s=0.0), pytest.raises(FatalError, match="another process"):
        await folder.run()


class Paid(FakeModels):
    """Makes a call a batch."""

    async def classify(self, tweets: Any, keep: Keep = keep_nothing) -> LevelResult:
        result = await super().classify(tweets)
        return LevelResult(result.answers, result.given_up, (call(tweets[0].id),))


async def test_no_paid_call_is_forgotten_by_a_kill(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    await killed_after(folder, 20, monkeypatch, one=Paid(max_items=4))
    before = (folder.path / "out.jsonl.spend").read_bytes()
    with (folder.path / "out.jsonl.spend").open("ab") as file:
        file.write(b'{"half')
    report = await folder.run(Paid(max_items=4))
    calls = (folder.path / "out.jsonl.spend").read_bytes()
    assert calls.startswith(before)
    assert all(json.loads(line)["model"] == "m" for line in calls.splitlines())
    assert calls.count(b"\n") == before.count(b"\n") + report.calls.n
    assert report.calls.cost_usd is None  # of no call the price is known


@pytest.mark.parametrize("restart", [False, True])
async def test_nor_by_a_kill_before_the_first_checkpoint_and_a_run_that_begins_anew(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, restart: bool
) -> None:
    await killed_after(folder, 20, monkeypatch, one=Paid(max_items=4), checkpoint_s=3_600.0)
    assert not (folder.path / "out.jsonl.cursor").exists()
    before = (folder.path / "out.jsonl.spend").read_bytes()
    assert before.count(b"\n") >= 5
    report = await folder.run(restart=restart)  # with models that cost nothing
    assert (report.n_rows_now, report.calls.n) == (39, 0)
    assert (folder.path / "out.jsonl.spend").read_bytes() == before
    report = await folder.run(Paid(max_items=4), restart=restart)
    calls = (folder.path / "out.jsonl.spend").read_bytes()
    assert calls.startswith(before)
    assert calls.count(b"\n") == before.count(b"\n") + report.calls.n


async def test_a_call_is_written_though_the_window_before_it_hangs(folder: Folder) -> None:
    class Hanging(Paid):
        async def classify(self, tweets: Any, keep: Keep = keep_nothing) -> LevelResult:
            if not self.batches:
                self.batches.append([])
                await asyncio.Event().wait()
            return await super().classify(tweets)

    one, spend = Hanging(max_items=4), folder.path / "out.jsonl.spend"
    running = asyncio.create_task(folder.run(one))
    await waited_for(lambda: spend.exists() and spend.read_bytes() != b"")
    (said,) = spend.read_bytes().splitlines()
    assert json.loads(said)["id"] == "5"
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert spend.read_bytes().splitlines() == [said]


async def test_what_a_cancelled_window_paid_until_it_ended_is_written(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Paying(Paid):
        """Tells of its call when it is cancelled."""

        async def classify(self, tweets: Any, keep: Keep = keep_nothing) -> LevelResult:
            if self.batches:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    await asyncio.sleep(0)
            return await super().classify(tweets)

    await killed_after(folder, 2, monkeypatch, one=Paying(max_items=4))
    calls = (folder.path / "out.jsonl.spend").read_bytes().splitlines()
    assert [json.loads(one)["id"] for one in calls] == ["1", "5"]


class Counting(FakeModels):
    """Counts the windows that are under way at once."""

    n_now = n_most = 0

    async def classify(self, tweets: Any, keep: Keep = keep_nothing) -> LevelResult:
        self.n_now += 1
        self.n_most = max(self.n_most, self.n_now)
        for _ in range(20):
            await asyncio.sleep(0)
        self.n_now -= 1
        return await super().classify(tweets)


@pytest.mark.parametrize("n_in_flight", [1, 2, 3])
async def test_so_many_windows_are_under_way_and_no_more(folder: Folder, n_in_flight: int) -> None:
    one = Counting(max_items=4)
    await folder.run(one, n_in_flight=n_in_flight)
    assert one.n_most == n_in_flight


async def test_a_stop_while_rate_is_waited_for_goes_on_at_that_window(folder: Folder) -> None:
    await folder.run(Paid(max_items=4, confidence=by_company))
    whole, stop = folder.files(), asyncio.Event()

    class OutOfRate(FakeModels):
        async def classify(self, tweets: Any, keep: Keep = keep_nothing) -> LevelResult:
            if len(self.batches) != 2:
                return await super().classify(tweets)
            self.batches.append([])
            stop.set()
            return LevelResult({}, dict.fromkeys(range(len(tweets)), "all_open (gemini/a rpm)"))

    one = OutOfRate(max_items=4, confidence=by_company)
    report = await folder.run(one, stop=stop, checkpoint_s=3_600.0)
    assert report.interrupted
    assert (report.tally.n_rows, report.tally.n_rejected) == (9, 1)
    again = await folder.run()
    assert again.n_rows_now == 30
    assert folder.files() == whole


async def test_the_place_in_the_file_is_shown(folder: Folder) -> None:
    await folder.run()
    assert folder.heard.shown[-1] == ((folder.path / "t.jsonl").stat().st_size, 39)
