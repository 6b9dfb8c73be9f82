"""What a call costs, and which new prices are not believed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.pricing import (
    NO_PRICES,
    Price,
    Usage,
    check_price,
    check_refresh,
    cost_of,
    moved,
    table_of,
    with_overrides,
)

RATES = st.decimals(min_value=0, max_value=1_000, places=4, allow_nan=False, allow_infinity=False)
TOKENS = st.integers(min_value=0, max_value=2_000_000)


def price(given_in: str, out: str, cached: str | None = None, *, above: Price | None = None, tier: int = 0) -> Price:
    return Price(
        input_usd_per_mtok=Decimal(given_in),
        output_usd_per_mtok=Decimal(out),
        cached_input_usd_per_mtok=None if cached is None else Decimal(cached),
        tier_tokens=tier if above else None,
        above=above,
    )


@st.composite
def prices(draw: st.DrawFn) -> Price:
    flat = st.builds(
        Price, input_usd_per_mtok=RATES, output_usd_per_mtok=RATES, cached_input_usd_per_mtok=st.none() | RATES
    )
    base = draw(flat)
    if draw(st.booleans()):
        return base
    return Price(
        input_usd_per_mtok=base.input_usd_per_mtok,
        output_usd_per_mtok=base.output_usd_per_mtok,
        cached_input_usd_per_mtok=base.cached_input_usd_per_mtok,
        tier_tokens=draw(st.integers(min_value=1, max_value=1_000_000)),
        above=draw(flat),
    )


TABLES = st.dictionaries(st.sampled_from([f"openai/m{i}" for i in range(8)]), prices(), max_size=8)
USAGES = st.builds(Usage, input_tokens=TOKENS, output_tokens=TOKENS, cached_tokens=TOKENS, thought_tokens=TOKENS)

TIERED = price("0.10", "0.50", "0.01", tier=272_000, above=price("0.20", "0.75", "0.02"))


@pytest.mark.parametrize(
    ("cost", "of", "used"),
    [
        ("0.001095", price("0.15", "0.60"), Usage(input_tokens=4_900, output_tokens=600)),
        ("0.000810", price("0.15", "0.60"), Usage(input_tokens=5_000, output_tokens=50, thought_tokens=50)),
        ("0.000450", price("0.15", "0.60", "0.05"), Usage(input_tokens=5_000, cached_tokens=3_000, output_tokens=0)),
        ("0.000250", price("0.15", "0.60", "0.05"), Usage(input_tokens=5_000, cached_tokens=9_000, output_tokens=0)),
        ("0.000750", price("0.15", "0.60"), Usage(input_tokens=5_000, cached_tokens=3_000, output_tokens=0)),
        ("0.0272", TIERED, Usage(input_tokens=272_000, output_tokens=0)),
        ("0.0544002", TIERED, Usage(input_tokens=272_001, output_tokens=0)),  # the whole call, not the token beyond
        ("0", TIERED, Usage(input_tokens=0, output_tokens=0)),
    ],
)
def test_cost(cost: str, of: Price, used: Usage) -> None:
    assert cost_of(of, used) == Decimal(cost)


@given(of=prices(), used=USAGES, more=TOKENS)
def test_a_longer_answer_never_costs_less(of: Price, used: Usage, more: int) -> None:
    longer = Usage(
        input_tokens=used.input_tokens, output_tokens=used.output_tokens + more,
        cached_tokens=used.cached_tokens, thought_tokens=used.thought_tokens,
    )  # fmt: skip
    assert 0 <= cost_of(of, used) <= cost_of(of, longer)


def test_an_unknown_price_is_none() -> None:
    table = table_of({"openai/gpt-4o": price("2.5", "10")}, ["openai/gpt-4o"])
    assert table.price("openai/gpt-4o") == price("2.5", "10")
    assert table.price("openai/nobody-knows") is None
    assert table.price(None) is None
    assert NO_PRICES.price("openai/gpt-4o") is None


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        ("-0.01", "input is -0.01"),
        ("NaN", "input is NaN"),
        ("Infinity", "input is Infinity"),
        ("sNaN", "input is sNaN"),
        ("1e999999", "input is 1E+999999"),
        ("10000.01", "input is 10000.01"),
        ("1e-999999", "input is 1E-999999"),
    ],
)
def test_an_impossible_price_is_told(rate: str, words: str) -> None:
    assert words in str(check_price(price(rate, "1")))
    assert words in str(check_price(price("1", "1", tier=10, above=price(rate, "1"))))
    assert check_refresh({}, {"openai/m": price(rate, "1")}) == (
        f"openai/m: {words}, expected 0, or 0.000001 to 10,000",
    )


def test_a_tier_without_its_price_is_told() -> None:
    one = Decimal(1)
    half = Price(input_usd_per_mtok=one, output_usd_per_mtok=one, tier_tokens=5)
    assert check_price(half) == "tier_tokens and the price above it go together"
    assert check_price(price("0", "0")) is None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (price("1", "1"), price("3", "1"), None),
        (price("1", "1"), price("3.0001", "1"), "input moved from 1 to 3.0001"),
        (price("3.0001", "1"), price("1", "1"), "input moved from 3.0001 to 1"),
        (price("1", "1"), price("1", "9"), "output moved from 1 to 9"),
        (price("0", "1"), price("0.001", "1"), "input moved from 0 to 0.001"),
        (price("1", "1"), price("0", "1"), "input moved from 1 to 0"),
        (price("0", "0"), price("0", "0"), None),
        (price("1", "1"), price("1", "1", "0.01"), None),  # a discount for cached tokens is news, no move
        (price("1", "1", "0.5"), price("1", "1", "0.1"), "cached moved from 0.5 to 0.1"),
        (price("1", "1"), price("1", "1", tier=9, above=price("2", "2")), None),
        (price("1", "1"), price("1", "1", tier=9, above=price("5", "2")), "above its tier input moved from 1 to 5"),
        (price("1", "1", tier=9, above=price("5", "2")), price("1", "1"), "above its tier input moved from 5 to 1"),
    ],
)  # fmt: skip
def test_a_move_by_more_than_three_is_told(old: Price, new: Price, words: str | None) -> None:
    assert moved(old, new) == words
    assert check_refresh({"openai/m": old}, {"openai/m": new}) == ((f"openai/m: {words}",) if words else ())


@pytest.mark.parametrize(("n_left", "refused"), [(10, False), (5, False), (4, True), (0, True)])
def test_a_list_that_lost_more_than_half_is_refused(n_left: int, refused: bool) -> None:
    old = {f"openai/m{i}": price("1", "1") for i in range(10)}
    new = {ref: old[ref] for ref in list(old)[:n_left]} | {"openai/new": price("90", "90")}
    assert bool(check_refresh(old, new)) is refused
    if refused:
        assert check_refresh(old, new)[0] == f"only {n_left} of 10 known prices are left"


def test_the_reasons_are_bounded() -> None:
    old = {f"openai/m{i}": price("1", "1") for i in range(100)}
    assert len(check_refresh(old, {ref: price("9", "1") for ref in old})) == 10


@given(table=TABLES)
def test_the_same_prices_are_always_believed(table: dict[str, Price]) -> None:
    assert check_refresh(table, table) == ()
    assert check_refresh({}, table) == ()


@given(table=TABLES.filter(bool), factor=st.decimals(min_value="3.1", max_value=100, places=1), up=st.booleans())
def test_any_single_move_beyond_the_factor_is_found(table: dict[str, Price], factor: Decimal, up: bool) -> None:
    ref = min(table)
    old = price("1", "1") if table[ref].input_usd_per_mtok == 0 else table[ref]
    rate = old.input_usd_per_mtok * factor if up else old.input_usd_per_mtok / factor
    new = Price(
        input_usd_per_mtok=rate, output_usd_per_mtok=old.output_usd_per_mtok,
        cached_input_usd_per_mtok=old.cached_input_usd_per_mtok, tier_tokens=old.tier_tokens, above=old.above,
    )  # fmt: skip
    reasons = check_refresh({**table, ref: old}, {**table, ref: new})
    assert [reason.partition(":")[0] for reason in reasons] == [ref]


@given(published=TABLES, own=TABLES)
def test_an_override_stands_for_the_whole_price(published: dict[str, Price], own: dict[str, Price]) -> None:
    both = with_overrides(published, own)
    assert both.keys() == published.keys() | own.keys()
    assert all(both[ref] == own.get(ref, published.get(ref)) for ref in both)


@given(table=TABLES, unused=prices())
def test_the_version_stands_for_the_prices_in_use(table: dict[str, Price], unused: Price) -> None:
    used = list(table)
    version = table_of(table, used).version
    assert table_of(dict(reversed(table.items())), used[::-1]).version == version
    assert table_of({**table, "google/other": unused}, used).version == version
    for ref in used:
        assert table_of({other: table[other] for other in used if other != ref}, used).version != version


def test_the_version_does_not_depend_on_how_numbers_are_written() -> None:
    used = ["openai/m"]
    assert (
        table_of({"openai/m": price("0.60", "10")}, used).version
        == table_of({"openai/m": price("0.6", "1E+1")}, used).version
    )
    assert (
        table_of({"openai/m": price("0.6", "11")}, used).version
        != table_of({"openai/m": price("0.6", "10")}, used).version
    )
