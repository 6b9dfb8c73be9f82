"""`dallosh prices`: what models cost, whose price it is, since when, and setting one's own."""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import click
import msgspec

from agents.cli.instant import Since
from agents.cli.price_text import HEAD, change_cells, price_cells, price_text
from agents.cli.table import print_table
from agents.model_status import full_batch
from agents.printable import escaped, printable
from streams.core.order import Load
from streams.core.pricing import Price, Usage, check_price, cost_of, moved
from streams.core.prompt import OUT_TOKENS_PER_ITEM
from streams.core.tokens import UNKNOWN_RATIO
from streams.logging import configure
from streams.providers.price_file import REF, Above, PriceRow, price_in, read_rows, row_of, set_row
from streams.providers.price_history import read_history
from streams.providers.price_list import canonical
from streams.providers.prices import PriceBook, open_prices
from streams.providers.profiles import load_models
from streams.settings import Settings, load_settings


class Usd(click.ParamType):
    """Converts to an exact amount of USD."""

    name = "USD"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Returns the amount; a usage error says what is accepted."""
        try:
            amount = Decimal(str(value))
        except ArithmeticError:
            self.fail(f"{value!r} is no amount: expected a number such as 0.15", param, ctx)
        if wrong := check_price(Price(input_usd_per_mtok=amount, output_usd_per_mtok=Decimal(0))):
            self.fail(wrong.removeprefix("input is "), param, ctx)
        return amount


USD: Final = Usd()


@click.group()
def prices() -> None:
    """Show, set, fetch and trace the prices of models, in USD per million tokens. Exit 0 ok, 1 failed, 2 usage."""


@prices.command()
@click.argument("models", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a model, a summary last.")
def show(models: tuple[str, ...], as_json: bool) -> None:
    """Show the price of MODELS (provider/model), by default of all that are known or priced by your file."""
    settings = _settings()
    book, load = open_prices(settings, also=models, keeps_history=False), full_batch(settings)
    rows = [_shown(settings, book, load, ref) for ref in (models or book.refs())]
    unknown = [row["model"] for row in rows if row["price"] is None]
    summary = {
        "models": len(rows), "unknown": unknown, "version": book.table().version, "tweets_per_call": load.n_tweets,
        "file": str(book.own_path),
    }  # fmt: skip
    if as_json:
        _print_json([*rows, summary])
        return
    print_table(HEAD, map(price_cells, rows))
    click.echo(f"version {book.table().version}; costs at {load.n_tweets} mean tweets a call, no cache", err=True)


@prices.command("set")
@click.argument("model")
@click.option("--input", "spent", type=USD, help="Of a million input tokens; left out: as it is.")
@click.option("--output", "said", type=USD, help="Of a million output tokens; left out: as it is.")
@click.option("--cached", type=USD, help="Of a million cached input tokens; left out: as it is.")
@click.option("--tier-tokens", type=click.IntRange(1), help="Above so many input tokens the whole call costs more:")
@click.option("--input-above", type=USD, help="Input above the tier.")
@click.option("--output-above", type=USD, help="Output above the tier.")
@click.option("--note", help="Why, kept beside the price: a contract, its end.")
@click.option("--remove", is_flag=True, help="Take your price away; the published one counts again.")
@click.option("--force", is_flag=True, help="Also a price that moves by more than a factor of 3.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def set_price(ctx: click.Context, /, model: str, remove: bool, force: bool, as_json: bool, **given: Any) -> None:
    """Set your own price of MODEL, e.g. openai/gpt-4o-mini or vllm/NAME; running workers take it within seconds.

    It stands for the whole price: a tier of the published one counts only when you give it here.
    """
    settings, ref = _settings(), canonical(model)
    if not REF.fullmatch(ref):
        raise click.BadParameter(f"{ref[:100]!r}: expected provider/model, as dallosh prices show names them")
    if remove and any(value is not None for value in given.values()):
        raise click.UsageError("--remove goes with neither a price nor a note")
    book = open_prices(settings, also=(ref,))
    old = book.table().price(ref)
    row = None if remove else _row(old, read_rows(book.own_path).get(ref), **given)
    if row is not None and old is not None and not force and (words := moved(old, price_in(row))):
        click.echo(f"dallosh: {printable(ref)}: {words}: more than a factor of 3. Is it per million tokens? "
                   "Then add --force", err=True)  # fmt: skip
        ctx.exit(1)
    book.own_path.parent.mkdir(parents=True, exist_ok=True)
    changed = set_row(book.own_path, ref, row)
    book.reload_if_changed()
    if as_json:
        now = book.table().price(ref)
        _print_json([{
            "model": ref, "changed": changed, "price": row_of(now) if now else None, "source": book.source(ref),
            "version": book.table().version, "file": str(book.own_path),
        }])  # fmt: skip
    done = "removed from" if remove else "written to"
    click.echo(f"{printable(ref)} {done} {book.own_path}" if changed else "nothing to change", err=True)


@prices.command()
@click.option("--force", is_flag=True, help="Believe moves by more than a factor of 3, and losses, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a change, a summary last.")
@click.pass_context
def refresh(ctx: click.Context, force: bool, as_json: bool) -> None:
    """Fetch the published list once, now; exit 1 with the reasons when it is not believed.

    Running workers of the same data directory take it within seconds, also with DALLOSH_PRICES_REFRESH off.
    """
    book = open_prices(_settings())
    before = {ref: book.table().price(ref) for ref in book.refs()}
    reasons = asyncio.run(book.refresh(force=force))
    changes = [
        (ref, _written(old), _written(new)) for ref, old in before.items() if (new := book.table().price(ref)) != old
    ]
    summary = {"refreshed": not reasons, "changed": len(changes), "reasons": reasons, "version": book.table().version}
    if as_json:
        _print_json([*({"model": ref, "old": old, "new": new} for ref, old, new in changes), summary])
    else:
        print_table((), [(ref, f"{price_text(old)} -> {price_text(new)}") for ref, old, new in changes])
    for reason in reasons:
        click.echo(f"refused: {printable(reason)}", err=True)
    if reasons:
        click.echo("The old prices count. Look, then: dallosh prices refresh --force", err=True)
    else:
        click.echo(f"{len(changes)} prices in use changed; version {book.table().version}", err=True)
    ctx.exit(1 if reasons else 0)


@prices.command()
@click.argument("model", required=False)
@click.option("--since", type=Since(), help="Only changes since: 30m, 24h, 7d or an ISO instant.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a change, a summary last.")
def history(model: str | None, since: datetime | None, as_json: bool) -> None:
    """Tell which price held from when on, oldest first, with the version that spend events carry."""
    book = open_prices(_settings(), keeps_history=False)
    changes = [
        change
        for change in read_history(book.history_path)
        if (since is None or change.at >= since) and (model is None or canonical(model) == change.ref)
    ]
    if as_json:
        _print_json([*changes, {"changes": len(changes), "version": book.table().version}])
        return
    print_table((), map(change_cells, changes))
    click.echo(f"{len(changes)} changes; version in force {book.table().version}", err=True)


def _settings() -> Settings:
    settings = load_settings()
    configure(settings.model_copy(update={"log_level": "warning"}))  # a worker's log tells of prices, here it is output
    return settings


def _row(
    old: Price | None, own: PriceRow | None, *, spent: Decimal | None, said: Decimal | None, cached: Decimal | None,
    tier_tokens: int | None, input_above: Decimal | None, output_above: Decimal | None, note: str | None,
) -> PriceRow:  # fmt: skip
    """Completes what was given by the price in force; a tier and a note by the operator's own price alone."""
    known = row_of(old) if old is not None else None
    if known is None and (spent is None or said is None):
        raise click.UsageError("its price is unknown: give --input and --output")
    tier = (tier_tokens, input_above, output_above)
    if any(value is not None for value in tier) and None in tier:
        raise click.UsageError("--tier-tokens, --input-above and --output-above go together")
    above = own.above if own else None
    if input_above is not None and output_above is not None:
        above = Above(input=input_above, output=output_above)
    base = known or PriceRow(input=Decimal(0), output=Decimal(0))
    return PriceRow(
        input=base.input if spent is None else spent,
        output=base.output if said is None else said,
        cached=base.cached if cached is None else cached,
        tier_tokens=tier_tokens or (own.tier_tokens if own else None),
        above=above,
        note=(own.note if own else "") if note is None else note,
    )


def _shown(settings: Settings, book: PriceBook, load: Load, ref: str) -> dict[str, Any]:
    price = book.table().price(ref)
    return {
        "model": ref,
        "price": _written(price),
        "source": book.source(ref),
        "usd_per_1000_tweets": None if price is None else _per_1000(price, load, _ratio(settings, ref)),
        "note": book.note(ref),
    }


def _ratio(settings: Settings, ref: str) -> float:
    profiles = load_models(settings.models_file).profiles.values()
    return next((profile.token_ratio for profile in profiles if profile.price_ref == canonical(ref)), UNKNOWN_RATIO)


def _per_1000(price: Price, load: Load, ratio: float) -> Decimal:
    """Returns what 1,000 tweets cost in full batches, each answered at the first call."""
    usage = Usage(
        input_tokens=round((load.prompt_tokens + load.tweet_tokens) * ratio),
        output_tokens=round(load.n_tweets * OUT_TOKENS_PER_ITEM * ratio),
    )
    return round(cost_of(price, usage) * 1_000 / load.n_tweets, 6)


def _written(price: Price | None) -> PriceRow | None:
    return None if price is None else row_of(price)


def _print_json(rows: Iterable[object]) -> None:
    for row in rows:
        click.echo(escaped(msgspec.json.encode(row)))
