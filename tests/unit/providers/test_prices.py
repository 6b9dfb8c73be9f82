"""The prices in force: files that change while a worker runs, a list that is fetched, and what is refused."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from streams.errors import SettingsError
from streams.metrics import PRICES_REFUSED
from streams.providers import prices as module
from streams.providers.price_fetch import default_url, fetch_list
from streams.providers.price_file import PriceRow, set_row
from streams.providers.price_history import append_changes, read_history
from streams.providers.price_list import carried, encode_list
from streams.providers.prices import PriceBook, open_prices
from streams.settings import Settings

NOW: Final = datetime(2026, 11, 25, 12, tzinfo=UTC)
MINI: Final = "openai/gpt-4o-mini"
FLASH: Final = "google/gemini-2.5-flash-lite"
LOCAL: Final = "vllm/mistral-small"


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


def settings(tmp_path: Path, **changes: Any) -> Settings:
    return Settings(data_dir=tmp_path, **changes)


def book(tmp_path: Path, *, clock: Clock | None = None, history: bool = True, **changes: Any) -> PriceBook:
    used = (MINI, FLASH, "azure/gpt-4o-mini", "openai/nobody-made-this")
    return PriceBook(settings(tmp_path, **changes), used, clock=clock or Clock(), keeps_history=history)


def input_of(prices: PriceBook, ref: str = MINI) -> Decimal | None:
    price = prices.table().price(ref)
    return None if price is None else price.input_usd_per_mtok


def refused(source: str) -> float:
    return float(PRICES_REFUSED.labels(source)._value.get())


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110 - what is watched is the state that callers see
            await asyncio.sleep(0.005)


def published(**changes: Any) -> list[Any]:
    """The carried list as genai-prices publishes it, with other rates of one model: `mini=0.2`."""
    found: list[Any] = json.loads(encode_list(carried()))
    for provider in found:
        for model in provider["models"]:
            if f"{provider['id']}/{model['id']}" == MINI and changes:
                model["prices"] = [{"prices": {"input_mtok": changes["mini"], "output_mtok": 0.6}}]
    return found


@asynccontextmanager
async def serving(body: bytes, status: int = 200, *, hangs: bool = False) -> AsyncIterator[tuple[str, list[str]]]:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        if hangs:
            await asyncio.Event().wait()
        return web.Response(body=body, status=status)

    app = web.Application()
    app.router.add_get("/data.json", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/data.json", asked
    finally:
        await runner.cleanup()


# --- at start


def test_the_carried_prices_hold_without_any_file(tmp_path: Path) -> None:
    prices = book(tmp_path)
    assert input_of(prices) == Decimal("0.15")
    assert input_of(prices, "azure/gpt-4o-mini") == Decimal("0.15")
    assert input_of(prices, "openai/nobody-made-this") is None
    assert (prices.source(MINI), prices.source("openai/nobody-made-this")) == ("bundled", None)


def test_every_configured_model_of_the_table_has_a_price(tmp_path: Path) -> None:
    prices = open_prices(settings(tmp_path, vllm_model="mistral-small"))
    unknown = [ref for ref in prices.refs() if prices.table().price(ref) is None]
    assert unknown == [LOCAL]
    assert len(prices.refs()) > 5


def test_the_same_prices_have_the_same_version_in_every_worker(tmp_path: Path) -> None:
    one, two = book(tmp_path / "one"), book(tmp_path / "two")
    assert one.table().version == two.table().version
    set_row(two.own_path, MINI, PriceRow(input=Decimal("0.15"), output=Decimal("0.61")))
    assert two.reload_if_changed()
    assert one.table().version != two.table().version


def test_own_prices_win_and_may_price_a_server_of_ones_own(tmp_path: Path) -> None:
    set_row(tmp_path / "prices.toml", MINI, PriceRow(input=Decimal("0.1"), output=Decimal("0.4"), note="C-17"))
    set_row(tmp_path / "prices.toml", LOCAL, PriceRow(input=Decimal("0.02"), output=Decimal("0.02")))
    prices = book(tmp_path)
    assert (input_of(prices), prices.source(MINI), prices.note(MINI)) == (Decimal("0.1"), "override", "C-17")
    assert (input_of(prices, LOCAL), prices.source(LOCAL)) == (Decimal("0.02"), "override")
    assert LOCAL in prices.refs()
    assert input_of(prices, FLASH) == Decimal("0.1")
    assert prices.source(FLASH) == "bundled"


def test_another_place_of_the_file(tmp_path: Path) -> None:
    set_row(tmp_path / "mine.toml", MINI, PriceRow(input=Decimal("0.1"), output=Decimal("0.4")))
    assert input_of(book(tmp_path / "data", prices_file=tmp_path / "mine.toml")) == Decimal("0.1")
    with capture_logs() as logs:
        book(tmp_path / "data", prices_file=tmp_path / "lost.toml")
    assert logs[0]["event"] == "prices_file_missing"


def test_a_damaged_file_stops_a_command(tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text('["openai/gpt-4o-mini"]\ninput = 1')
    with pytest.raises(SettingsError, match=r"openai/gpt-4o-mini.*output"):
        book(tmp_path)


def test_a_worker_starts_on_the_published_prices_and_takes_the_mended_file(tmp_path: Path) -> None:
    path, before = tmp_path / "prices.toml", refused("override")
    path.write_text('["openai/gpt-4o-mini"]\ninput = 1')
    prices = open_prices(settings(tmp_path), keeps_history=False, strict=False)
    assert (input_of(prices), refused("override")) == (Decimal("0.15"), before + 1)
    path.write_text('["openai/gpt-4o-mini"]\ninput = 1\noutput = 2.5')
    assert prices.reload_if_changed()
    assert input_of(prices) == Decimal(1)


# --- while running


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    prices = book(tmp_path)
    assert not prices.reload_if_changed()
    set_row(prices.own_path, MINI, PriceRow(input=Decimal("0.1"), output=Decimal("0.4")))
    assert prices.reload_if_changed()
    assert input_of(prices) == Decimal("0.1")
    assert not prices.reload_if_changed()
    set_row(prices.own_path, MINI, None)
    assert prices.reload_if_changed()
    assert input_of(prices) == Decimal("0.15")


def test_a_file_that_is_damaged_while_running_changes_nothing(tmp_path: Path) -> None:
    set_row(tmp_path / "prices.toml", MINI, PriceRow(input=Decimal("0.1"), output=Decimal("0.4")))
    prices, before = book(tmp_path), refused("override")
    prices.own_path.write_text('["openai/gpt-4o-mini"]\ninput = -1\noutput = 1')
    with capture_logs() as logs:
        assert not prices.reload_if_changed()
        assert not prices.reload_if_changed()
    assert [(one["event"], one["log_level"]) for one in logs] == [("prices_file_damaged", "error")]
    assert "input is -1" in logs[0]["error"]
    assert refused("override") == before + 1
    assert input_of(prices) == Decimal("0.1")


def test_a_dated_price_begins_while_running(tmp_path: Path) -> None:
    clock, ref = Clock(), "google/gemini-3.6-flash"
    clock.now = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    prices = PriceBook(settings(tmp_path), [ref], clock=clock)
    before, version = input_of(prices, ref), prices.table().version
    clock.now += timedelta(minutes=1)
    assert prices.reload_if_changed()
    assert input_of(prices, ref) != before
    assert prices.table().version != version
    assert [change.at for change in read_history(prices.history_path)] == [clock.now - timedelta(minutes=1), clock.now]


# --- the fetched list


async def test_a_believable_list_is_used_shared_and_survives_a_restart(tmp_path: Path) -> None:
    other = book(tmp_path)
    async with serving(json.dumps(published(mini=0.2)).encode()) as (url, _):
        prices = book(tmp_path, prices_url=url)
        assert await prices.refresh() == ()
    assert (input_of(prices), prices.source(MINI)) == (Decimal("0.2"), "refresh")
    assert other.reload_if_changed()
    assert input_of(other) == Decimal("0.2")
    assert input_of(book(tmp_path)) == Decimal("0.2")


async def test_own_prices_win_over_the_fetched_list(tmp_path: Path) -> None:
    set_row(tmp_path / "prices.toml", MINI, PriceRow(input=Decimal("0.1"), output=Decimal("0.4")))
    async with serving(json.dumps(published(mini=0.2)).encode()) as (url, _):
        prices = book(tmp_path, prices_url=url)
        assert await prices.refresh() == ()
    assert input_of(prices) == Decimal("0.1")


def future(usd: float) -> list[Any]:
    found = published()
    for provider in found:
        for model in provider["models"]:
            if model["id"] == "gpt-4o-mini":
                model["prices"].append(
                    {"constraint": {"start_date": "2027-03-01"}, "prices": {"input_mtok": usd, "output_mtok": 0.6}}
                )
    return found


REFUSED: Final[list[tuple[Any, str]]] = [
    (published(mini=0.46), "openai/gpt-4o-mini: input moved from 0.15 to 0.46"),
    (published(mini=0), "openai/gpt-4o-mini: input moved from 0.15 to 0"),
    (published(mini=-0.15), "openai/gpt-4o-mini: input is -0.15"),
    (published(mini="NaN"), "openai/gpt-4o-mini: input is NaN"),
    (published()[:1], "known prices are left"),
    ([], "known prices are left"),
    (future(9), "within a year, openai/gpt-4o-mini: input moved from 0.15 to 9"),
    ({"providers": []}, "another form"),
    ([{"id": "openai", "models": [{"id": "m", "prices": {"input_mtok": {"base": "x"}}}]}], "another form"),
]


@pytest.mark.parametrize(("body", "words"), REFUSED, ids=[words for _, words in REFUSED])
async def test_an_unbelievable_list_is_refused_with_reasons(tmp_path: Path, body: Any, words: str) -> None:
    before = refused("refresh")
    async with serving(json.dumps(body).encode()) as (url, _):
        prices = book(tmp_path, prices_url=url)
        table = prices.table()
        with capture_logs() as logs:
            reasons = await prices.refresh()
    assert words in reasons[0]
    assert [one["reasons"] for one in logs if one["event"] == "prices_refresh_refused"] == [list(reasons)]
    assert refused("refresh") == before + 1
    assert prices.table() is table
    assert not prices.list_path.exists()


async def test_a_person_may_believe_a_move_but_nobody_an_impossible_price(tmp_path: Path) -> None:
    async with serving(json.dumps(published(mini=0.9)).encode()) as (url, _):
        prices = book(tmp_path, prices_url=url)
        assert await prices.refresh()
        assert await prices.refresh(force=True) == ()
        assert input_of(prices) == Decimal("0.9")
    async with serving(json.dumps(published(mini=-1)).encode()) as (url, _):
        prices = book(tmp_path, prices_url=url)
        assert await prices.refresh(force=True)
    assert input_of(prices) == Decimal("0.9")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 404, "HTTP 404"),
        (b"<html>", 200, "another form"),
        (b'[{"id":"openai","models":' + b"[" * 100_000, 200, "another form"),
        (b"[" * (17 << 20), 200, "longer than 16,777,216 bytes"),
    ],
    ids=["status", "page", "depth", "size"],
)
async def test_what_is_no_list_is_refused(tmp_path: Path, body: bytes, status: int, words: str) -> None:
    async with serving(body, status) as (url, _):
        reasons = await book(tmp_path, prices_url=url).refresh()
    assert words in reasons[0]
    assert url not in reasons[0]


async def test_a_server_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(b"", hangs=True) as (url, _):
        monkeypatch.setattr(module, "fetch_list", partial(fetch_list, timeout_s=0.05))
        reasons = await book(tmp_path, prices_url=url).refresh()
    assert reasons == ("the price list cannot be fetched: TimeoutError",)


async def test_nobody_there_is_a_reason(tmp_path: Path, unused_tcp_port: int) -> None:
    reasons = await book(tmp_path, prices_url=f"http://127.0.0.1:{unused_tcp_port}/data.json").refresh()
    assert reasons == ("the price list cannot be fetched: ClientConnectorError",)


def test_a_list_fetched_beside_another_version_of_the_library_does_not_count(tmp_path: Path) -> None:
    rows = encode_list(carried()).replace(b'"0.15"', b'"0.16"').decode()
    saved = f'{{"fetched_at":"2026-11-01T00:00:00Z","library":"0.0.1","providers":{rows}}}'
    (tmp_path / "price-list.json").write_text(saved)
    assert input_of(book(tmp_path)) == Decimal("0.15")


def test_a_damaged_list_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "price-list.json").write_text('{"fetched_at":')
    with capture_logs() as logs:
        assert input_of(book(tmp_path)) == Decimal("0.15")
    assert logs[0]["event"] == "prices_list_damaged"


def test_the_librarys_own_address_is_used_by_default() -> None:
    assert default_url().startswith("https://")


async def test_the_task_fetches_when_due_and_reads_files_that_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHECK_S", 0.005)
    clock = Clock()
    async with serving(json.dumps(published(mini=0.2)).encode()) as (url, asked):
        prices = book(tmp_path, clock=clock, prices_url=url, prices_refresh=True, prices_refresh_s=3600)
        task = asyncio.create_task(prices.run())
        await until(lambda: input_of(prices) == Decimal("0.2"))
        set_row(prices.own_path, MINI, PriceRow(input=Decimal("0.1"), output=Decimal("0.4")))
        await until(lambda: input_of(prices) == Decimal("0.1"))
        assert len(asked) == 1
        clock.now += timedelta(hours=1)
        await until(lambda: len(asked) == 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_what_another_worker_has_fetched_is_not_fetched_again(tmp_path: Path) -> None:
    clock = Clock()
    async with serving(json.dumps(published(mini=0.2)).encode()) as (url, asked):
        due: dict[str, Any] = {"clock": clock, "prices_url": url, "prices_refresh": True, "prices_refresh_s": 3600}
        one, other = book(tmp_path, **due), book(tmp_path, **due)
        await one.refresh()
        assert other.reload_if_changed()
        assert (len(asked), input_of(other), other._is_due()) == (1, Decimal("0.2"), False)
        clock.now = NOW + timedelta(hours=1)
        assert other._is_due()


async def test_the_task_fetches_nothing_unless_asked_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECK_S", 0.005)
    async with serving(b"[]") as (url, asked):
        prices = book(tmp_path, prices_url=url)
        task = asyncio.create_task(prices.run())
        set_row(prices.own_path, MINI, PriceRow(input=Decimal("0.1"), output=Decimal("0.4")))
        await until(lambda: input_of(prices) == Decimal("0.1"))
        task.cancel()
        assert asked == []


# --- the history


def test_the_history_tells_every_price_in_use_and_its_version(tmp_path: Path) -> None:
    prices = book(tmp_path)
    set_row(prices.own_path, LOCAL, PriceRow(input=Decimal("0.02"), output=Decimal("0.02")))
    prices.reload_if_changed()
    set_row(prices.own_path, LOCAL, None)
    prices.reload_if_changed()
    changes = list(read_history(prices.history_path))
    assert [(one.ref, one.source) for one in changes[:3]] == [
        ("azure/gpt-4o-mini", "bundled"), (FLASH, "bundled"), (MINI, "bundled"),
    ]  # fmt: skip
    added, removed = changes[3:]
    assert (added.old, added.new, added.source) == (
        None,
        PriceRow(input=Decimal("0.02"), output=Decimal("0.02")),
        "override",
    )
    assert (removed.old, removed.new, removed.source) == (added.new, None, None)
    assert removed.version == prices.table().version == changes[0].version != added.version


def test_many_workers_write_a_change_once(tmp_path: Path) -> None:
    for _ in range(3):
        book(tmp_path)
    assert len(list(read_history(tmp_path / "price-history.jsonl"))) == 3


def test_a_line_that_a_crash_cut_short_costs_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "price-history.jsonl"
    book(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"at":"2026-11-25T12:')
    price = book(tmp_path, history=False).table().price(FLASH)
    assert len(append_changes(path, {LOCAL: (price, "override")}, version="v", at=NOW)) == 1
    assert [one.ref for one in read_history(path)][-1] == LOCAL
    assert path.read_bytes().startswith(whole)
    assert len(list(read_history(path))) == 4


def test_a_history_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "price-history.jsonl").mkdir()
    with capture_logs() as logs:
        assert input_of(book(tmp_path)) == Decimal("0.15")
    assert logs[-1]["event"] == "prices_history_unwritten"


def test_looking_writes_nothing(tmp_path: Path) -> None:
    book(tmp_path, history=False)
    assert list(tmp_path.iterdir()) == []
