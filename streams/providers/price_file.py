"""The operator's own prices: a TOML file with one table a model, in USD per million tokens.

    ["openai/gpt-4o-mini"]
    input = 0.15
    output = 0.60
    cached = 0.075                               # left out: as dear as any other
    tier_tokens = 272_000                        # of one call; above it the whole call costs:
    above = { input = 0.30, output = 0.90 }
    note = "contract until 2027-06"

A table stands for the whole price: nothing of the published one is left beside it.
"""

import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import msgspec

from streams.core.pricing import Price, check_price
from streams.disk import locked, remedy_of, write_whole
from streams.errors import FatalError, SettingsError
from streams.providers.price_list import canonical

LOCK_TIMEOUT_S: Final = 10.0
REMEDY: Final = "Mend the file by hand; docs/howto/costs.md shows its form"

REF: Final = re.compile(r"[a-z][a-z0-9_-]{0,30}/[\w.@:/-]{1,120}", re.ASCII)
"""`provider/model`."""

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")
_HEADER: Final = re.compile(r"^[ \t]*\[")


class Above(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the whole call costs above the tier."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None


class PriceRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One price as people write it; the form of the file, of the history and of the commands' JSON."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    tier_tokens: int | None = None
    above: Above | None = None
    note: str = ""


def row_of(price: Price, note: str = "") -> PriceRow:
    """Writes a price as a row; of several tiers the first is kept."""
    above = None if price.above is None else Above(**_named(price.above))
    return PriceRow(**_named(price), tier_tokens=price.tier_tokens, above=above, note=note)


def price_in(row: PriceRow) -> Price:
    """Reads a row."""
    above = None if row.above is None else Price(**_unnamed(row.above))
    return Price(**_unnamed(row), tier_tokens=row.tier_tokens, above=above)


def read_rows(path: Path) -> dict[str, PriceRow]:
    """Reads the file by reference; a file that does not exist holds none.

    Raises:
        SettingsError: it cannot be read or is wrong; the message names file, table and key.
    """
    try:
        return _rows(path, path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise SettingsError(f"{path} cannot be read: {error.strerror}", remedy=remedy_of(error) or REMEDY) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path} is no UTF-8 text", remedy=REMEDY) from error


def set_row(path: Path, ref: str, row: PriceRow | None) -> bool:
    """Writes one price, or removes it, in one step; the file's other tables and comments stay. Says whether it changed.

    Raises:
        SettingsError: the file is wrong already, or the price is.
        FatalError: it cannot be written.
    """
    ref = canonical(ref)
    _require(path, ref, row)
    with locked(path.with_name(f".{path.name}.lock"), timeout_s=LOCK_TIMEOUT_S):
        rows = read_rows(path)
        if rows.get(ref) == row:
            return False
        wanted = {known: one for known, one in {**rows, ref: row}.items() if one is not None}
        text = path.read_text("utf-8") if path.exists() else ""
        edited = _edited(text, ref, row)
        if not _says(edited, wanted):  # written in a way of TOML's that the edit does not know
            edited = "".join(_table(one, wanted[one]) for one in sorted(wanted))
        write_whole(path, edited.encode())
        return True


def _rows(path: Path, text: str) -> dict[str, PriceRow]:
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is no TOML: {error}", remedy=REMEDY) from error
    rows: dict[str, PriceRow] = {}
    for ref, table in raw.items():
        row = _row(path, ref, table)
        _require(path, ref, row)
        if canonical(ref) in rows:
            raise SettingsError(f"{path}: two tables price {canonical(ref)}", remedy=REMEDY)
        rows[canonical(ref)] = row
    return rows


def _row(path: Path, ref: str, table: Any) -> PriceRow:
    if not isinstance(table, dict):
        raise SettingsError(f'{path}: {ref}: expected a table ["provider/model"]', remedy=REMEDY)
    try:
        return msgspec.convert(table, PriceRow)
    except msgspec.ValidationError as error:
        words, _, where = str(error).replace("`", "").partition(" - at $")
        key = f"key {where.lstrip('.')}: " if where else ""
        raise SettingsError(f'{path}: ["{ref}"]: {key}{words.replace("Object ", "it ")}', remedy=REMEDY) from error


def _require(path: Path, ref: str, row: PriceRow | None) -> None:
    """Refuses what is no reference and what is no price; `dallosh prices set` comes through here, too."""
    if not REF.fullmatch(ref):
        raise SettingsError(f'{path}: ["{ref[:100]}"] is no model: expected provider/model', remedy=REMEDY)
    wrong = row and check_price(price_in(row))
    if wrong:
        raise SettingsError(f'{path}: ["{ref}"]: {wrong}', remedy=REMEDY)


def _edited(text: str, ref: str, row: PriceRow | None) -> str:
    """Takes a table's lines out of the text and appends the new ones."""
    kept, dropping = [], False
    for line in _LINE.findall(text):
        if _HEADER.match(line):
            dropping = _names(line, ref)
        if not dropping or line.lstrip().startswith("#"):
            kept.append(line)
    rest = "".join(kept).rstrip("\n")
    return (rest + "\n\n" if rest else "") + (_table(ref, row) if row is not None else "")


def _names(line: str, ref: str) -> bool:
    """Whether a header is the table of this reference, or a part of it."""
    try:
        found = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return False
    return any(canonical(one) == ref for one in found)


def _says(text: str, wanted: Mapping[str, PriceRow]) -> bool:
    try:
        return _rows(Path(), text) == wanted
    except FatalError:
        return False


def _table(ref: str, row: PriceRow) -> str:
    lines = [f'["{ref}"]', *_rates(row)]
    if row.tier_tokens is not None and row.above is not None:
        lines += [f"tier_tokens = {row.tier_tokens}", f"above = {{ {', '.join(_rates(row.above))} }}"]
    if row.note:
        quoted = msgspec.json.encode(row.note).decode().replace("\x7f", "\\u007f")  # TOML wants DEL escaped, JSON not
        lines.append(f"note = {quoted}")
    return "\n".join(lines) + "\n\n"


def _rates(row: PriceRow | Above) -> list[str]:
    rates = [("input", row.input), ("output", row.output), ("cached", row.cached)]
    return [f"{name} = {rate:f}" for name, rate in rates if rate is not None]


def _named(price: Price) -> dict[str, Any]:
    return {
        "input": price.input_usd_per_mtok,
        "output": price.output_usd_per_mtok,
        "cached": price.cached_input_usd_per_mtok,
    }


def _unnamed(row: PriceRow | Above) -> dict[str, Any]:
    return {
        "input_usd_per_mtok": row.input,
        "output_usd_per_mtok": row.output,
        "cached_input_usd_per_mtok": row.cached,
    }
