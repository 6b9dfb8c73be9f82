"""The published list: what is read of it, which price holds when, and that it costs what genai-prices says."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Final

import msgspec
import pytest
from genai_prices import Usage as LibraryUsage
from genai_prices import calc_price

from streams.core.pricing import Price, Usage, check_refresh, cost_of
from streams.providers.price_list import PriceList, canonical, carried, decode_list, encode_list, listed_as

NOW: Final = datetime(2026, 11, 25, 12, tzinfo=UTC)

PUBLISHED: Final = b"""[
 {"id": "openai", "name": "OpenAI", "api_pattern": "x", "models": [
  {"id": "flat", "match": {"equals": "flat"}, "context_window": 9, "prices": {"input_mtok": 0.15, "output_mtok": 0.6}},
  {"id": "tiers", "match": {"equals": "t"}, "prices": {
    "input_mtok": {"base": 1, "tiers": [{"start": 500000, "price": 4}, {"start": 200000, "price": 2}]},
    "cache_read_mtok": 0.1,
    "output_mtok": {"base": 5, "tiers": [{"start": 200000, "price": 7.5}]}, "web_searches_kcount": 10}},
  {"id": "speech", "match": {"equals": "s"}, "prices": {"input_audio_mtok": 3, "output_mtok": 1}},
  {"id": "free-form", "match": {"equals": "f"}, "prices": {}}]},
 {"id": "google", "models": [
  {"id": "dated", "prices": [
    {"prices": {"input_mtok": 1, "output_mtok": 1}},
    {"constraint": {"start_date": "2027-01-01"}, "prices": {"input_mtok": 2, "output_mtok": 2}}]},
  {"id": "by-night", "prices": [
    {"prices": {"input_mtok": 8, "output_mtok": 8}},
    {"constraint": {"start_time": "22:00:00Z", "end_time": "06:00:00Z"}, "prices": {"input_mtok": 4, "output_mtok": 4}},
    {"constraint": {"start_time": "14:00:00+02:00", "end_time": "13:00:00Z"},
     "prices": {"input_mtok": 6, "output_mtok": 6}}]},
  {"id": "not-yet", "prices": [
    {"constraint": {"start_date": "2027-01-01"}, "prices": {"input_mtok": 3, "output_mtok": 3}},
    {"constraint": {"start_date": "2028-01-01"}, "prices": {"input_mtok": 5, "output_mtok": 5}}]}]},
 {"id": "somebody", "models": {"a form": "that we do not read"}}
]"""


def rate(prices: PriceList, ref: str, at: datetime = NOW) -> Decimal:
    return prices.at(at)[ref].input_usd_per_mtok


def test_only_prices_of_text_of_our_providers_are_kept() -> None:
    found = decode_list(PUBLISHED).at(NOW)
    assert found["openai/flat"] == Price(input_usd_per_mtok=Decimal("0.15"), output_usd_per_mtok=Decimal("0.6"))
    assert set(found) == {"openai/flat", "openai/tiers", "google/dated", "google/by-night", "google/not-yet"}


@pytest.mark.parametrize(
    ("input_tokens", "usd"),
    [(200_000, "0.2"), (200_001, "0.400002"), (500_000, "1.0"), (500_001, "2.000004")],
)
def test_a_tier_is_the_price_of_the_whole_call(input_tokens: int, usd: str) -> None:
    price = decode_list(PUBLISHED).at(NOW)["openai/tiers"]
    assert cost_of(price, Usage(input_tokens=input_tokens, output_tokens=0)) == Decimal(usd)
    answered = cost_of(price, Usage(input_tokens=input_tokens, output_tokens=1_000_000)) - Decimal(usd)
    assert answered == (Decimal(5) if input_tokens == 200_000 else Decimal("7.5"))


def test_a_dated_price_begins_at_midnight_utc() -> None:
    prices = decode_list(PUBLISHED)
    begins = datetime(2027, 1, 1, tzinfo=UTC)
    assert rate(prices, "google/dated", begins - timedelta(seconds=1)) == 1
    assert rate(prices, "google/dated", begins) == 2
    paris = timezone(timedelta(hours=1))
    assert rate(prices, "google/dated", datetime(2027, 1, 1, 0, 30, tzinfo=paris)) == 1
    assert rate(prices, "google/not-yet") == 3  # nothing holds yet: the first, as genai-prices does


@pytest.mark.parametrize(
    ("hour", "usd"), [(0, 4), (5, 4), (6, 8), (11, 8), (12, 6), (13, 8), (21, 8), (22, 4), (23, 4)]
)
def test_a_price_by_the_hour(hour: int, usd: int) -> None:
    assert rate(decode_list(PUBLISHED), "google/by-night", NOW.replace(hour=hour)) == usd


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[1]", b'[{"id":"openai","models":[{"id":"x","prices":{"input_mtok":"a"}}]}]']
)
def test_another_form_is_refused_whole(data: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_list(data)


@pytest.mark.parametrize("prices", [decode_list(PUBLISHED), carried()], ids=["sample", "carried"])
def test_what_is_written_reads_the_same(prices: PriceList) -> None:
    again = decode_list(encode_list(prices))
    for at in (NOW, NOW + timedelta(days=400)):
        assert again.at(at) == prices.at(at)


def test_a_newer_list_keeps_what_it_does_not_name() -> None:
    older = decode_list(PUBLISHED)
    newer = decode_list(b'[{"id":"openai","models":[{"id":"flat","prices":{"input_mtok":0.2,"output_mtok":0.6}}]}]')
    assert rate(newer.over(older), "openai/flat") == Decimal("0.2")
    assert rate(newer.over(older), "google/dated") == 1


def test_the_carried_list_costs_what_the_library_says() -> None:
    n_checked = 0
    for ref, price in carried().at(NOW).items():
        if listed_as(ref) != ref:
            continue  # the library itself finds no model by this id
        provider, _, model = ref.partition("/")
        for spent, cached, said in ((1_000, 0, 100), (150_000, 400, 10), (300_000, 1_000, 500)):
            used = LibraryUsage(input_tokens=spent, cache_read_tokens=cached, output_tokens=said)
            theirs = calc_price(used, model, provider_id=provider, genai_request_timestamp=NOW).total_price
            ours = cost_of(price, Usage(input_tokens=spent, cached_tokens=cached, output_tokens=said))
            assert abs(theirs - ours) < Decimal("1e-12"), ref
            n_checked += 1
    assert n_checked > 300


def test_the_carried_list_is_believed() -> None:
    assert check_refresh({}, carried().at(NOW)) == ()
    assert check_refresh({}, carried().at(NOW + timedelta(days=365))) == ()


@pytest.mark.parametrize(
    ("ref", "listed"),
    [
        ("openai/gpt-4o-mini", "openai/gpt-4o-mini"),
        ("openai/gpt-4o-2024-11-20", "openai/gpt-4o"),
        ("azure/gpt-4o-mini", "openai/gpt-4o-mini"),
        ("google/gemini-2.5-flash-lite", "google/gemini-2.5-flash-lite"),
        ("mistral/mistral-small-2603", "mistral/mistral-small-2603"),
        ("openai/nobody-made-this", None),
        ("anthropic/claude-3-5-haiku", None),
        ("vllm/mistralai/Mistral-7B-Instruct-v0.3", None),
        ("no-slash", None),
    ],
)
def test_a_reference_is_found_by_the_names_that_providers_take(ref: str, listed: str | None) -> None:
    assert listed_as(ref) == listed


def test_our_name_of_a_provider_is_the_lists() -> None:
    assert canonical("gemini/gemini-2.5-flash-lite") == "google/gemini-2.5-flash-lite"
    assert canonical("openai/gpt-4o") == "openai/gpt-4o"
    assert canonical("vllm/a/b") == "vllm/a/b"
