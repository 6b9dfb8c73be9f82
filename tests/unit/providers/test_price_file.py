"""The file of own prices: read with clear errors, written without losing what people wrote."""

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.errors import SettingsError
from streams.providers.price_file import Above, PriceRow, price_in, read_rows, row_of, set_row

RATES = st.decimals(min_value=0, max_value=1_000, places=6)
REFS = st.sampled_from(["openai/gpt-4o", "vllm/mistralai/Mistral-7B", "google/gemini-2.5-flash-lite", "local/a.b"])
NOTES = st.text(max_size=20)
FLAT = st.builds(PriceRow, input=RATES, output=RATES, cached=st.none() | RATES, note=NOTES)
TIERED = st.builds(
    PriceRow,
    input=RATES,
    output=RATES,
    tier_tokens=st.integers(min_value=1, max_value=1_000_000),
    above=st.builds(Above, input=RATES, output=RATES, cached=st.none() | RATES),
)
ROWS = FLAT | TIERED

WRITTEN = """\
# Prices of contract C-17, in force since June.
["openai/gpt-4o-mini"] # the small one
input = 0.12
output = 0.48
# checked with the invoice of May

['google/gemini-2.5-flash-lite']
input = 0.1
output = 1
tier_tokens = 200_000
above = { input = 0.2, output = 2.5 }
note = "list price"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "prices.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_file_is_read_exactly(tmp_path: Path) -> None:
    rows = read_rows(written(tmp_path, WRITTEN))
    assert rows["openai/gpt-4o-mini"] == PriceRow(input=Decimal("0.12"), output=Decimal("0.48"))
    flash = price_in(rows["google/gemini-2.5-flash-lite"])
    assert flash.output_usd_per_mtok == 1
    assert flash.tier_tokens == 200_000
    assert flash.above is not None
    assert flash.above.output_usd_per_mtok == Decimal("2.5")
    assert row_of(flash, "list price") == rows["google/gemini-2.5-flash-lite"]


def test_no_file_holds_no_price(tmp_path: Path) -> None:
    assert read_rows(tmp_path / "none.toml") == {}


def test_our_name_of_a_provider_prices_the_same_model(tmp_path: Path) -> None:
    rows = read_rows(written(tmp_path, '["gemini/gemini-2.5-flash-lite"]\ninput = 1\noutput = 1'))
    assert list(rows) == ["google/gemini-2.5-flash-lite"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('["openai/m"\n', "is no TOML"),
        ('["openai/m"]\ninput = 1', 'prices.toml: ["openai/m"]: it missing required field output'),
        ('["openai/m"]\ninput = 1\noutput = "1,5"', '["openai/m"]: key output: '),
        ('["openai/m"]\ninput = 1\noutput = 1\ncahced = 1', "it contains unknown field cahced"),
        ('["openai/m"]\ninput = -1\noutput = 1', '["openai/m"]: input is -1, expected 0, or 0.000001 to 10,000'),
        ('["openai/m"]\ninput = nan\noutput = 1', "input is NaN"),
        ('["openai/m"]\ninput = 1\noutput = inf', "output is Infinity"),
        ('["openai/m"]\ninput = 1\noutput = 1\ntier_tokens = 5', "tier_tokens and the price above it go together"),
        ('["openai/m"]\ninput = 1\noutput = 1\ntier_tokens = 5\nabove = {input = 1}', "key above: "),
        ('"openai/m" = 0.15', "openai/m: expected a table"),
        ("[gpt-4o]\ninput = 1\noutput = 1", '["gpt-4o"] is no model: expected provider/model'),
        ('["gemini/m"]\ninput=1\noutput=1\n["google/m"]\ninput=1\noutput=1', "two tables price google/m"),
    ],
)
def test_a_wrong_file_is_told_by_file_table_and_key(tmp_path: Path, text: str, words: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        read_rows(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert "docs/howto/costs.md" in str(caught.value)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="no UTF-8 text"):
        read_rows(path)


def test_writing_one_price_keeps_the_others_and_the_comments(tmp_path: Path) -> None:
    path = written(tmp_path, WRITTEN)
    row = PriceRow(input=Decimal("0.15"), output=Decimal("0.60"), cached=Decimal("0.075"))
    assert set_row(path, "openai/gpt-4o-mini", row)
    text = path.read_text("utf-8")
    assert "contract C-17" in text
    assert "invoice of May" in text
    assert 'note = "list price"' in text
    assert text.count("gpt-4o-mini") == 1
    assert read_rows(path) == read_rows(written(tmp_path, WRITTEN)) | {"openai/gpt-4o-mini": row}


def test_writing_the_same_price_again_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, WRITTEN)
    assert not set_row(path, "openai/gpt-4o-mini", PriceRow(input=Decimal("0.120"), output=Decimal("0.48")))
    assert path.read_text("utf-8") == WRITTEN


def test_removing_a_price_leaves_the_others(tmp_path: Path) -> None:
    path = written(tmp_path, WRITTEN)
    assert set_row(path, "google/gemini-2.5-flash-lite", None)
    assert list(read_rows(path)) == ["openai/gpt-4o-mini"]
    assert not set_row(path, "google/gemini-2.5-flash-lite", None)


@pytest.mark.parametrize(
    "text",
    [
        '"openai/m" = { input = 1, output = 2 }\n',
        '["openai/m"]\ninput = 1\noutput = 2\ntier_tokens = 9\n["openai/m".above]\ninput = 3\noutput = 4\n',
        '["openai/m"]\ninput = 1\noutput = 2\nnote = """\n["openai/other"]\n"""\n',
        '["openai/m"]\r\ninput = 1\r\noutput = 2\r\n',
        '["gemini/m"]\ninput = 1\noutput = 2',
    ],
)
@pytest.mark.parametrize("ref", ["openai/m", "google/m", "openai/other"])
def test_every_way_of_writing_a_table_can_be_replaced(tmp_path: Path, text: str, ref: str) -> None:
    path = written(tmp_path, text)
    before = read_rows(path)
    row = PriceRow(input=Decimal(7), output=Decimal(8))
    set_row(path, ref, row)
    assert read_rows(path) == before | {ref: row}
    set_row(path, ref, None)
    assert read_rows(path) == {known: one for known, one in before.items() if known != ref}


def test_a_damaged_file_is_not_written_over(tmp_path: Path) -> None:
    path = written(tmp_path, '["openai/m"]\ninput = ')
    with pytest.raises(SettingsError):
        set_row(path, "openai/m", PriceRow(input=Decimal(1), output=Decimal(1)))
    assert path.read_text("utf-8") == '["openai/m"]\ninput = '


@pytest.mark.parametrize("ref", ["gpt-4o", "openai/", "openai/a b", 'openai/"x', "openai/é", "OPENAI/x"])
def test_what_is_no_reference_is_not_written(tmp_path: Path, ref: str) -> None:
    with pytest.raises(SettingsError, match="expected provider/model"):
        set_row(tmp_path / "prices.toml", ref, PriceRow(input=Decimal(1), output=Decimal(1)))
    assert not (tmp_path / "prices.toml").exists()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(st.tuples(REFS, st.none() | ROWS), max_size=6))
def test_any_sequence_of_writes_reads_back(tmp_path: Path, steps: list[tuple[str, PriceRow | None]]) -> None:
    path = tmp_path / "prices.toml"
    path.unlink(missing_ok=True)
    expected: dict[str, PriceRow] = {}
    for ref, row in steps:
        set_row(path, ref, row)
        expected = {known: one for known, one in {**expected, ref: row}.items() if one is not None}
        assert read_rows(path) == expected
    if path.exists():
        assert set(tomllib.loads(path.read_text("utf-8"))) == set(expected)
