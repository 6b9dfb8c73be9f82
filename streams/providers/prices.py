"""The prices in force: those that genai-prices carries, over them its list as fetched, over both the operator's own.

A worker reads the table for every batch; files are looked at, and the list is fetched, by one task beside it (`run`).
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import structlog

from streams.core.pricing import NO_PRICES, Price, PriceTable, check_refresh, table_of, with_overrides
from streams.errors import FatalError, RetryableError
from streams.metrics import PRICES_REFUSED
from streams.providers.price_fetch import default_url, fetch_list
from streams.providers.price_file import PriceRow, price_in, read_rows
from streams.providers.price_history import Source, append_changes
from streams.providers.price_list import PriceList, canonical, carried, decode_list, listed_as
from streams.providers.price_saved import load_list, save_list
from streams.providers.profiles import load_models
from streams.settings import Settings

log = structlog.get_logger()

CHECK_S: Final = 10.0
"""How often the files are looked at, and the prices that depend on the day or hour worked out anew."""

HORIZON: Final = timedelta(days=365)
"""A fetched list is also checked as it will be then: it can carry prices that begin on a later day."""


class PriceBook:
    """What models cost now.

    Args:
        settings: where the files are, and whether to fetch.
        used: references whose changes are kept in the history, and whose prices the version stands for.
        also: references that are looked up besides.
        clock: the present instant, aware.
        keeps_history: whether changes are written to the history.
        strict: whether a wrong file of the operator is an error, or an alert and prices without it.

    Raises:
        SettingsError: the operator's file is wrong and `strict`; the message names table and key.
    """

    def __init__(
        self, settings: Settings, used: Iterable[str], *, also: Iterable[str] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC), keeps_history: bool = True, strict: bool = True,
    ) -> None:  # fmt: skip
        self.own_path = prices_file(settings)
        self.list_path = settings.data_dir / "price-list.json"
        self.history_path = settings.data_dir / "price-history.jsonl"
        self._settings, self._clock = settings, clock
        self._used, self._also = frozenset(used), frozenset(also)
        self._keeps_history = keeps_history
        self._seen = {path: _stamp(path) for path in (self.own_path, self.list_path)}
        self._own: dict[str, PriceRow] = {}
        if strict:
            self._own = read_rows(self.own_path)
        else:
            self._read_own()
        self._fetched = PriceList({})
        self._fetched_at: datetime | None = None
        self._tried_at: datetime | None = None
        self._table: PriceTable = NO_PRICES
        self._sources: dict[str, Source] = {}
        self._recorded: set[str] = set()
        if settings.prices_file is not None and not self.own_path.exists():
            log.warning("prices_file_missing", file=str(self.own_path))
        self._read_list()
        self._resolve()

    def table(self) -> PriceTable:
        """Returns the prices in force; costs nothing, so that a batch may ask."""
        return self._table

    def source(self, ref: str) -> Source | None:
        """Returns where a price comes from, None for an unknown price."""
        return self._sources.get(ref)

    def refs(self) -> list[str]:
        """Returns the references in use: those given, and those of the operator's file."""
        return sorted(self._used | self._own.keys())

    def note(self, ref: str) -> str:
        """Returns what the operator's file notes about a price."""
        row = self._own.get(ref)
        return row.note if row is not None else ""

    def reload_if_changed(self) -> bool:
        """Looks at the files and the clock; says whether a price in use changed.

        A file that went wrong changes nothing: the prices in force stay, with an error in the log.
        """
        for path, read in ((self.own_path, self._read_own), (self.list_path, self._read_list)):
            stamp = _stamp(path)
            if stamp != self._seen[path]:
                self._seen[path] = stamp
                read()
        return self._resolve()

    async def refresh(self, *, force: bool = False) -> tuple[str, ...]:
        """Fetches the list and uses it; returns the reasons when it is refused, and everything stays as it was.

        Args:
            force: believe moves and losses, too; an impossible price is refused all the same.
        """
        self._tried_at = self._clock()
        try:
            data = await fetch_list(self._settings.prices_url or default_url())
            new = await asyncio.to_thread(decode_list, data)
            reasons = self._reasons(new, self._tried_at, force=force)
        except RetryableError as error:
            reasons = (str(error),)
        except (msgspec.MsgspecError, RecursionError):
            reasons = ("the price list has another form than genai-prices gives it",)
        if reasons:
            PRICES_REFUSED.labels("refresh").inc()
            log.warning("prices_refresh_refused", reasons=list(reasons))
            return reasons
        await asyncio.to_thread(self._adopt, new, self._tried_at)
        return ()

    async def run(self) -> None:
        """Keeps the prices true until it is cancelled: one task beside a worker's stage."""
        while True:
            await asyncio.to_thread(self.reload_if_changed)
            if self._settings.prices_refresh and self._is_due():
                await self.refresh()
            await asyncio.sleep(CHECK_S)

    def _is_due(self) -> bool:
        """Another worker's fetch counts: its list lies in the shared directory."""
        last = max((at for at in (self._fetched_at, self._tried_at) if at is not None), default=None)
        return last is None or self._clock() - last >= timedelta(seconds=self._settings.prices_refresh_s)

    def _reasons(self, new: PriceList, now: datetime, *, force: bool) -> tuple[str, ...]:
        old = self._published()
        for at in (now, now + HORIZON):
            reasons = check_refresh({} if force else old.at(at), new.at(at))
            if reasons:
                return reasons if at == now else tuple(f"within a year, {reason}" for reason in reasons)
        return ()

    def _adopt(self, new: PriceList, at: datetime) -> None:
        self._fetched, self._fetched_at = new.over(self._fetched), at
        try:
            save_list(self.list_path, self._fetched, fetched_at=at)
            self._seen[self.list_path] = _stamp(self.list_path)
        except FatalError as error:
            log.warning("prices_list_unsaved", error=str(error))
        self._resolve()

    def _read_own(self) -> None:
        try:
            self._own = read_rows(self.own_path)
        except FatalError as error:
            PRICES_REFUSED.labels("override").inc()
            log.error("prices_file_damaged", file=str(self.own_path), error=str(error))

    def _read_list(self) -> None:
        """Takes what another process fetched and believed; a damaged file is left alone, a missing one is none."""
        try:
            if saved := load_list(self.list_path):
                self._fetched, self._fetched_at = saved
        except FatalError as error:
            PRICES_REFUSED.labels("refresh").inc()
            log.warning("prices_list_damaged", error=str(error))

    def _published(self) -> PriceList:
        return self._fetched.over(carried())

    def _resolve(self) -> bool:
        """Works the table out for this instant; says whether its version is another."""
        now, own = self._clock(), {ref: price_in(row) for ref, row in self._own.items()}
        prices = with_overrides(self._published().at(now), own)
        sources: dict[str, Source] = {}
        used = self.refs()
        for ref in self._also.union(used):
            named = _named_in(prices, ref)
            if named is not None:
                prices[ref] = prices[named]
                sources[ref] = "override" if named in own else "refresh" if named in self._fetched.rows else "bundled"
        table, self._sources = table_of(prices, used), sources
        if table.version == self._table.version:
            return False
        self._table = table
        self._recorded.update(used)
        if self._keeps_history:
            self._keep(now)
        return True

    def _keep(self, now: datetime) -> None:
        """Writes the changes to the history, also of prices that went; one that cannot be written stops nothing."""
        present: dict[str, tuple[Price | None, Source | None]]
        present = {ref: (self._table.price(ref), self.source(ref)) for ref in self._recorded}
        try:
            changes = append_changes(self.history_path, present, version=self._table.version, at=now)
        except (FatalError, OSError) as error:  # OSError: a file system without locks
            log.warning("prices_history_unwritten", error=str(error))
            return
        if changes:
            log.info("prices_changed", version=self._table.version, models=[change.ref for change in changes])


def prices_file(settings: Settings) -> Path:
    """Returns the path of the operator's own prices."""
    return settings.prices_file or settings.data_dir / "prices.toml"


def open_prices(
    settings: Settings, *, also: Iterable[str] = (), keeps_history: bool = True, strict: bool = True
) -> PriceBook:
    """Opens the prices of every model that is known or configured, and of those that `also` names.

    A worker is not strict: level 1 goes on with the published prices while the operator's file is wrong.

    Raises:
        SettingsError: the file of models is wrong, or that of prices and `strict`.
    """
    profiles = load_models(settings.models_file).profiles.values()
    used = {profile.price_ref for profile in profiles if profile.price_ref is not None}
    if settings.vllm_model:
        used.add(f"vllm/{settings.vllm_model}")
    return PriceBook(settings, used, also=also, keeps_history=keeps_history, strict=strict)


def _named_in(prices: dict[str, Price], ref: str) -> str | None:
    """Returns the reference under which the prices have a model."""
    names = (ref, canonical(ref), listed_as(canonical(ref)))
    return next((name for name in names if name is not None and name in prices), None)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is written or replaced; None without the file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
