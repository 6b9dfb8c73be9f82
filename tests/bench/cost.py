"""`make bench-cost`: what a million tweets cost, one a call, 500 a call as JSON objects, and as our batches go.

The same tweets go three ways to each configured model with a known price, without cached tokens and without contexts;
beside that stands what our own code takes of a tweet. No model is called. Ends with exit code 1 where a stated target
is missed.
"""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from schemas.taxonomy import DataPolicy
from streams.core.capacity import Capacity, capacity
from streams.core.pricing import Price, PriceTable
from streams.core.profiles import Profile
from streams.core.prompt import SYSTEM
from streams.core.tokens import TokenCounter
from streams.errors import DalloshError
from streams.logging import configure
from streams.providers.deployments import plan
from streams.providers.prices import open_prices
from streams.providers.profiles import load_models
from streams.providers.ranks import o200k_counter
from streams.settings import Settings, load_settings
from tests.bench.baseline import FIXED_ROWS
from tests.bench.bill import Bill, Sheet, bill, missed
from tests.bench.corpus import Corpus, load_corpus
from tests.bench.forms import compact_one_per_call, fill_of, fixed, ours
from tests.bench.overhead import Overhead, measure_overhead
from tests.bench.sdk_time import measure_sdks

NO_KEY = "benchmark"


def configured(settings: Settings) -> list[Profile]:
    """Returns the profiles of the models that level 1 would call with every key set, each model once."""
    planned = plan(settings, load_models(settings.models_file), datetime.now(UTC).date()).ready
    return list({one.target.model: one.target.profile for one in planned}.values())


def priced(profiles: Sequence[Profile], table: PriceTable) -> list[tuple[Profile, Price]]:
    """Returns the models whose price is known."""
    found = ((profile, table.price(profile.price_ref)) for profile in profiles)
    return [(profile, price) for profile, price in found if price is not None]


def sheets(corpus: Corpus, models: Sequence[tuple[Profile, Price]], settings: Settings) -> list[Sheet]:
    """Counts the calls of each way once, and prices them for each model."""
    count = o200k_counter()
    pairs = tuple(zip(corpus.tweets, corpus.labels, strict=True))
    one, rows, compact = fixed(pairs, 1, count), fixed(pairs, FIXED_ROWS, count), compact_one_per_call(pairs, count)
    made = []
    for profile, price in models:
        batches, filled = ours(pairs, room(profile, price, count, settings), count, DataPolicy.PUBLIC)
        made.append(
            Sheet(
                model=profile.model,
                one_per_call=bill(one, profile, price),
                fixed_500=bill(rows, profile, price),
                ours=bill(batches, profile, price),
                compact_one_per_call=bill(compact, profile, price),
                fill=fill_of(filled),
            )
        )
    return made


def room(profile: Profile, price: Price, count: TokenCounter, settings: Settings) -> Capacity:
    """Returns what a batch for this model may hold, the settings' own bounds included."""
    bounds = Capacity(max_tokens=settings.max_batch_tokens, max_tweets=settings.max_batch_tweets)
    return capacity(profile, prompt_tokens=count(SYSTEM), price=price).at_most(bounds)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines; the last one is the summary.")
@click.option("--tweets", type=click.Path(path_type=Path), help="A file of tweets; else the variable TWEETS.")
def main(as_json: bool, tweets: Path | None) -> None:
    """Prices the same tweets three ways, and measures our own code."""
    configure(load_settings(log_level="error"))
    try:
        corpus = load_corpus(tweets)
    except DalloshError as error:
        raise click.ClickException(str(error)) from None
    settings = load_settings(gemini_api_key=NO_KEY, mistral_api_key=NO_KEY, openai_api_key=NO_KEY)
    table = known_prices(settings)
    profiles = configured(settings)
    models = priced(profiles, table)
    click.echo(f"{corpus}; prices {table.version}; no model is called", err=True)
    for profile in profiles:
        if table.price(profile.price_ref) is None:
            click.echo(f"{profile.model}: left out, its price is unknown", err=True)
    made = sheets(corpus, models, settings)
    for sheet in made:
        report(sheet, as_json=as_json)
    overhead = measure_overhead(corpus.tweets)
    click.echo(str(overhead), err=True)
    for sdk in measure_sdks(corpus.tweets):
        click.echo(str(sdk), err=True)
        if as_json:
            click.echo(json.dumps({"sdk": sdk.sdk, "cpu_us_per_call": sdk.cpu_us, "wall_us_per_call": sdk.wall_us}))
    finish(made, overhead, as_json=as_json)


def known_prices(settings: Settings) -> PriceTable:
    """Returns the prices in force: the carried ones under the operator's own."""
    return open_prices(settings, keeps_history=False).table()


def report(sheet: Sheet, *, as_json: bool) -> None:
    """Prints the four rows of a model."""
    ratios = f"ours is {sheet.of_one_per_call:.3f} of one per call and {sheet.of_fixed:.3f} of fixed rows"
    fill = "none closed by tokens" if sheet.fill is None else f"{sheet.fill:.4f}"
    click.echo(f"{sheet.model}: {ratios}; batches filled to {fill}", err=True)
    rows = {
        "one per call": sheet.one_per_call,
        "fixed 500": sheet.fixed_500,
        "ours": sheet.ours,
        "(one per call, our form)": sheet.compact_one_per_call,
    }
    for name, one in rows.items():
        click.echo(_row(name, one), err=True)
        if as_json:
            click.echo(json.dumps({"model": sheet.model, "way": name, **_figures(one)}))


def finish(made: Sequence[Sheet], overhead: Overhead, *, as_json: bool) -> None:
    """Prints the summary and ends with 1 where a target is missed."""
    said = missed(made, overhead.cpu_us)
    for line in said:
        click.echo(f"MISSED: {line}", err=True)
    if as_json:
        models = {sheet.model: sheet.summary() for sheet in made}
        click.echo(json.dumps({"models": models, "overhead_us": round(overhead.cpu_us, 1)}))
    sys.exit(1 if said else 0)


def _row(name: str, one: Bill) -> str:
    of_a_million = (one.n_calls, one.input_tokens, one.output_tokens)
    calls, n_in, n_out = (one.per_million(n) for n in of_a_million)
    return (
        f"  {name:<25} {one.n_calls:>6,} calls here; of a million tweets: {calls:>9,} calls {n_in:>12,} tokens in "
        f"{n_out:>11,} out {one.usd_per_million:>9.2f} USD"
    )


def _figures(one: Bill) -> dict[str, float]:
    return {
        "calls": one.n_calls,
        "calls_per_million": one.per_million(one.n_calls),
        "input_tokens_per_million": one.per_million(one.input_tokens),
        "output_tokens_per_million": one.per_million(one.output_tokens),
        "usd_per_million": round(float(one.usd_per_million), 4),
    }


if __name__ == "__main__":
    main()
