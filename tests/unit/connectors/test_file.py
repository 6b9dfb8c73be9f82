"""A file, or standard input, as a source."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import uvloop

from schemas.taxonomy import OFFICIAL_HANDLES
from streams.connectors import chunks
from streams.connectors.chunks import Chunks
from streams.connectors.csv_export import HEADER, export_row
from streams.connectors.cursors import CursorFile, SavedCursor
from streams.connectors.file import FileSource, Format
from streams.connectors.jsonl_export import export_line
from streams.connectors.source import AnyRow, Cursor, Row
from streams.core import sample
from streams.errors import FatalError

TWEETS = list(sample.tweets(60, seed=3))
CSV = HEADER + b"".join(map(export_row, TWEETS))
JSONL = b"".join(map(export_line, TWEETS))
TIMEOUT_S = 10


def source_of(path: Path | None, form: Format | None = None) -> FileSource:
    return FileSource(path, official_handles=OFFICIAL_HANDLES, form=form)


async def rows_of(source: FileSource, after: Cursor | None = None) -> list[AnyRow]:
    return [row async for rows in source.batches(after) for row in rows]


def written(tmp_path: Path, name: str, data: bytes) -> Path:
    (tmp_path / name).write_bytes(data)
    return tmp_path / name


@pytest.mark.parametrize(
    ("name", "data", "form"),
    [
        ("t.csv", CSV, None),
        ("t.jsonl", JSONL, None),
        ("t.ndjson", JSONL, None),
        ("no-ending", CSV, None),
        ("t.txt", JSONL, None),
        ("t.json", b"\n\n" + JSONL, None),
        ("t.csv", JSONL, "jsonl"),
        ("t.jsonl", CSV, "csv"),
    ],
)
async def test_the_format_is_told_or_found_out(tmp_path: Path, name: str, data: bytes, form: Format | None) -> None:
    rows = await rows_of(source_of(written(tmp_path, name, data), form))
    assert [row.tweet for row in rows if isinstance(row, Row)] == TWEETS
    assert len(rows) == 60


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
async def test_small_chunks_make_no_difference(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = source_of(written(tmp_path, name, CSV if name == "t.csv" else JSONL))
    whole = await rows_of(source)
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 100)
    assert await rows_of(source) == whole


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
async def test_it_goes_on_after_a_cursor_and_finds_what_was_appended(tmp_path: Path, name: str) -> None:
    data = CSV if name == "t.csv" else JSONL
    path = written(tmp_path, name, data)
    source = source_of(path)
    whole = await rows_of(source)
    for place in (0, 30, 59):
        cursor = source.cursor_after(whole[place])
        assert source.knows(cursor)
        assert await rows_of(source, cursor) == whole[place + 1 :]
    path.write_bytes(data + data.splitlines(keepends=True)[-1])
    (new,) = await rows_of(source_of(path), cursor)
    assert isinstance(new, Row)
    assert new.tweet == TWEETS[-1]
    assert new.line == whole[-1].line + 1


async def test_a_cursor_of_another_file_is_refused(tmp_path: Path) -> None:
    source = source_of(written(tmp_path, "t.csv", CSV))
    cursor = source.cursor_after((await rows_of(source))[40])
    for data in (CSV.replace(b"free", b"eerf"), CSV[:1000], b""):
        changed = source_of(written(tmp_path, "t.csv", data))
        assert not changed.knows(cursor)
        with pytest.raises(FatalError, match=r"t\.csv is not the file .* --restart"):
            await rows_of(changed, cursor)


def test_what_is_no_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match=r"there is no file .*t\.csv"):
        source_of(tmp_path / "t.csv")
    with pytest.raises(FatalError, match="is a folder"):
        source_of(tmp_path)
    with pytest.raises(FatalError, match="no field body"):
        FileSource(None, official_handles=OFFICIAL_HANDLES, changes={"body": "x"})


async def test_a_pipe_gives_what_has_come_without_waiting_for_more(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    try:
        pipe = Chunks(reading)
        os.write(writing, b"abc")
        assert await asyncio.wait_for(pipe.read(), TIMEOUT_S) == b"abc"
        waiting = asyncio.create_task(pipe.read())
        await asyncio.sleep(0)
        assert not waiting.done()
        os.write(writing, b"d")
        assert await asyncio.wait_for(waiting, TIMEOUT_S) == b"d"
        waiting = asyncio.create_task(pipe.read())
        await asyncio.sleep(0)
        waiting.cancel()  # a thread that reads could not be
        with pytest.raises(asyncio.CancelledError):
            await waiting
    finally:
        os.close(writing)
    assert await asyncio.wait_for(pipe.read(), TIMEOUT_S) == b""
    os.close(reading)


async def test_standard_input_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    monkeypatch.setattr(os, "dup", lambda descriptor: reading)
    os.write(writing, CSV)
    os.close(writing)
    source = source_of(None)
    assert (source.name, source.size) == ("stdin", None)
    rows = await rows_of(source)
    assert [row.tweet for row in rows if isinstance(row, Row)] == TWEETS


@pytest.fixture(params=[asyncio.run, uvloop.run])
def run(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """Both event loops: the suite's and the one of `dallosh ingest`."""
    found: Callable[[Any], Any] = request.param
    return found


@pytest.mark.parametrize(("name", "n_rows"), [("/dev/null", 0), ("t.csv", 60)])
def test_what_no_loop_can_wait_for_is_read_from_standard_input(
    name: str, n_rows: int, run: Callable[[Any], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "t.csv", CSV)
    descriptor = os.open(tmp_path / name, os.O_RDONLY)
    monkeypatch.setattr(os, "dup", lambda _: descriptor)
    assert len(run(rows_of(source_of(None)))) == n_rows


@pytest.mark.parametrize(("name", "flags"), [(".", os.O_RDONLY), ("/dev/null", os.O_WRONLY), ("t.csv", os.O_WRONLY)])
def test_what_cannot_be_read_is_told(
    name: str, flags: int, run: Callable[[Any], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, "t.csv", CSV)
    descriptor = os.open(tmp_path / name, flags)
    monkeypatch.setattr(os, "dup", lambda _: descriptor)
    with pytest.raises(FatalError, match="cannot be read: "):
        run(rows_of(source_of(None)))


def test_a_name_that_is_not_utf8_can_be_written(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv"))
    path.write_bytes(CSV)
    assert source_of(path).name == "caf\ufffd.csv"


def n_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_a_reading_can_be_left_half_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_BYTES", 100)
    batches: AsyncIterator[Sequence[AnyRow]] = source_of(written(tmp_path, "t.csv", CSV)).batches()
    assert await anext(batches)
    n_open = n_descriptors()
    await batches.aclose()  # type: ignore[attr-defined]
    assert n_descriptors() < n_open


def test_a_saved_cursor_is_read_back(tmp_path: Path) -> None:
    file = CursorFile(tmp_path / "cursors" / "a.json")
    assert file.load() is None
    saved = SavedCursor(
        cursor=Cursor(position=7, line=2, fingerprint="f"), source="t.csv", cluster="c", namespace="n", n_rows=1
    )
    file.save(saved)
    assert file.load() == saved
    file.path.write_text("{")
    with pytest.raises(FatalError, match=r"a\.json cannot be read.*--restart"):
        file.load()
    file.clear()
    file.clear()
    assert file.load() is None
