"""Today's published prices: those that genai-prices carries, and the same list as fetched while running.

Only text prices of the providers in use are kept. Which model a reference means is decided by the carried list alone,
so a fetched one brings numbers and no patterns.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from streams.core.pricing import Price

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

PROVIDERS: Final = ("openai", "azure", "mistral", "google")

_SAME: Final = {"gemini": "google"}
"""Our name of a provider -> the list's."""


class Tier(msgspec.Struct, frozen=True):
    """Above `start` input tokens of one call all its tokens cost `price`."""

    start: int
    price: Decimal


class Tiered(msgspec.Struct, frozen=True):
    """A rate that depends on how large the call is."""

    base: Decimal
    tiers: tuple[Tier, ...]


Rates = Mapping[str, Decimal | Tiered | None]
"""`input_mtok`, `output_mtok`, `cache_read_mtok` and others, in USD per million."""


class When(msgspec.Struct, frozen=True, omit_defaults=True):
    """From a day on (UTC), or within hours of every day (UTC where the list gives no zone)."""

    start_date: date | None = None
    start_time: time | None = None
    end_time: time | None = None

    def holds(self, now: datetime) -> bool:
        """Whether it is so at an aware instant."""
        now = now.astimezone(UTC)
        if self.start_date is not None:
            return now.date() >= self.start_date
        if self.start_time is None or self.end_time is None:
            return False
        start, end, at = _utc(self.start_time), _utc(self.end_time), now.time()
        return start <= at < end if start <= end else at >= start or at < end


class Dated(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rates and when they hold; always, where nothing says when."""

    prices: dict[str, Decimal | Tiered | None]
    constraint: When | None = None


class ModelRow(msgspec.Struct, frozen=True):
    """One model of the list."""

    id: str
    prices: dict[str, Decimal | Tiered | None] | list[Dated] = {}


class ProviderRow(msgspec.Struct, frozen=True):
    """One provider of the list; its models are read only when it is one of ours."""

    id: str
    models: msgspec.Raw = msgspec.Raw(b"[]")


@dataclass(frozen=True, slots=True)
class PriceList:
    """Prices by `provider/model`, some of which depend on the instant."""

    rows: Mapping[str, tuple[Dated, ...]]

    def at(self, now: datetime) -> dict[str, Price]:
        """Returns the prices of an instant; a model without a price for text is left out."""
        found = ((ref, price_of(_rates_at(dated, now))) for ref, dated in self.rows.items())
        return {ref: price for ref, price in found if price is not None}

    def over(self, older: "PriceList") -> "PriceList":
        """Returns both; what this list no longer names keeps the older one's price."""
        return PriceList({**older.rows, **self.rows})


_PROVIDERS_IN: Final = msgspec.json.Decoder(list[ProviderRow])
_MODELS_IN: Final = msgspec.json.Decoder(list[ModelRow])


def decode_list(data: bytes) -> PriceList:
    """Reads the list as genai-prices publishes it (data.json, version 2).

    Raises:
        msgspec.MsgspecError: it has another form.
    """
    rows = {}
    for provider in _PROVIDERS_IN.decode(data):
        if provider.id in PROVIDERS:
            for model in _MODELS_IN.decode(provider.models):
                rows[f"{provider.id}/{model.id}"] = _dated(model)
    return PriceList(rows)


def encode_list(prices: PriceList) -> bytes:
    """Writes a list so that `decode_list` reads the same."""
    models: dict[str, list[ModelRow]] = {}
    for ref, dated in prices.rows.items():
        provider, _, model = ref.partition("/")
        models.setdefault(provider, []).append(ModelRow(model, list(dated)))
    return msgspec.json.encode([{"id": provider, "models": rows} for provider, rows in models.items()])


@lru_cache(maxsize=1)
def carried() -> PriceList:
    """Returns the list that the installed genai-prices carries (some 0.2 s and 5 MB, once a process)."""
    rows = {}
    for name in PROVIDERS:
        for model in _library()[name].models:
            rows[f"{name}/{model.id}"] = tuple(_carried_rows(model))
    return PriceList(rows)


def canonical(ref: str) -> str:
    """Returns a reference under the list's name of the provider: `gemini/x` is `google/x`."""
    provider, slash, model = ref.partition("/")
    return _SAME.get(provider, provider) + slash + model


@lru_cache(maxsize=1_000)
def listed_as(ref: str) -> str | None:
    """Returns under which reference the list has a model (snapshots, aliases, OpenAI's on Azure), None for unknown."""
    name, _, model = ref.partition("/")
    provider = _library().get(name) if name in PROVIDERS else None
    found = provider and provider.find_model(model, all_providers=list(_library().values()))
    if not found:
        return None
    owner = next((one for one in PROVIDERS if any(found is own for own in _library()[one].models)), None)
    return owner and f"{owner}/{found.id}"


def price_of(rates: Rates) -> Price | None:
    """Returns the price of text, None where input or output has none."""
    spent, said, cached = (rates.get(f"{kind}_mtok") for kind in ("input", "output", "cache_read"))
    if spent is None or said is None:
        return None
    tiers = {tier.start for rate in (spent, said, cached) if isinstance(rate, Tiered) for tier in rate.tiers}
    price: Price | None = None
    above_tokens: int | None = None
    for start in [*sorted(tiers, reverse=True), -1]:
        price = Price(
            input_usd_per_mtok=_rate(spent, start),
            output_usd_per_mtok=_rate(said, start),
            cached_input_usd_per_mtok=None if cached is None else _rate(cached, start),
            tier_tokens=above_tokens,
            above=price,
        )
        above_tokens = start
    return price


def _rate(rate: Decimal | Tiered, start: int) -> Decimal:
    """Returns the rate just above `start` tokens; -1 stands for the smallest call."""
    if isinstance(rate, Decimal):
        return rate
    reached = [tier for tier in rate.tiers if tier.start <= start]
    return max(reached, key=lambda tier: tier.start).price if reached else rate.base


def _rates_at(dated: tuple[Dated, ...], now: datetime) -> Rates:
    """The last that holds counts; the first, where none does: the rule of genai-prices."""
    for one in reversed(dated):
        if one.constraint is None or one.constraint.holds(now):
            return one.prices
    return dated[0].prices if dated else {}


def _dated(model: ModelRow) -> tuple[Dated, ...]:
    return tuple(model.prices) if isinstance(model.prices, list) else (Dated(model.prices),)


def _utc(at: time) -> time:
    if at.tzinfo is None:
        return at
    return datetime.combine(date(2000, 1, 1), at).astimezone(UTC).time()


@lru_cache(maxsize=1)
def _library() -> dict[str, "Provider"]:
    from genai_prices.data import providers  # late: who only routes tweets never loads it

    return {provider.id: provider for provider in providers if provider.id in PROVIDERS}


def _carried_rows(model: "ModelInfo") -> Iterator[Dated]:
    if not isinstance(model.prices, list):
        yield Dated(_carried_rates(model.prices))
        return
    for one in model.prices:
        fields = vars(one.constraint) if one.constraint is not None else None
        yield Dated(_carried_rates(one.prices), None if fields is None else When(**fields))


def _carried_rates(prices: "ModelPrice") -> dict[str, Decimal | Tiered | None]:
    rates: dict[str, Decimal | Tiered | None] = {}
    for key, value in vars(prices).items():
        if isinstance(value, Decimal):
            rates[key] = value
        elif value is not None:
            rates[key] = Tiered(value.base, tuple(Tier(tier.start, tier.price) for tier in value.tiers))
    return rates
